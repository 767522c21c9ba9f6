from __future__ import annotations

from django.urls import path

from leaderboard import views

urlpatterns = [
    path("", views.home, name="home"),
    path("boards/<slug:task>/<slug:phase>/<str:test_set>", views.board, name="board"),
]
