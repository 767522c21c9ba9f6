from __future__ import annotations

from django.urls import path

from leaderboard import exports, views

urlpatterns = [
    path("", views.home, name="home"),
    path("boards/<slug:task>/<slug:phase>/<str:test_set>", views.board, name="board"),
    path(
        "boards/<slug:task>/<slug:phase>/<str:test_set>/board.json",
        exports.board_as_json,
        name="board-json",
    ),
    path(
        "boards/<slug:task>/<slug:phase>/<str:test_set>/board.csv",
        exports.board_as_csv,
        name="board-csv",
    ),
]
