from __future__ import annotations

from django.urls import path

from nodes.pages import views

urlpatterns = [
    path("status", views.status, name="status"),
    path("entries/<int:pk>/runs", views.entry_runs, name="entry-runs"),
    path("runs/<int:pk>/log", views.run_log, name="run-log"),
]
