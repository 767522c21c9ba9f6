from __future__ import annotations

from django.urls import path

from nodes.protocol import downloads, views

urlpatterns = [
    path("nodes/v1/me", views.me, name="node-me"),
    path("nodes/v1/claim", views.claim_run, name="node-claim"),
    path("nodes/v1/goodbye", views.goodbye, name="node-goodbye"),
    path("nodes/v1/trial", views.take_trial, name="node-trial"),
    path("nodes/v1/runs/<int:pk>/image", downloads.image, name="node-image"),
    path("nodes/v1/runs/<int:pk>/heartbeat", views.heartbeat, name="node-heartbeat"),
    path("nodes/v1/runs/<int:pk>/log", views.put_log, name="node-log"),
    path("nodes/v1/runs/<int:pk>/hypotheses", views.put_hypotheses, name="node-hypotheses"),
    path("nodes/v1/runs/<int:pk>/finish", views.finish, name="node-finish"),
]
