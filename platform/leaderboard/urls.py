from __future__ import annotations

from django.urls import path

from leaderboard import exports, phase_outputs, views
from leaderboard.releases import views as releases

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
    path(
        "boards/<slug:task>/<slug:phase>/<str:test_set>/board.tex",
        exports.board_as_latex,
        name="board-latex",
    ),
    path(
        "tasks/<slug:task>/<slug:phase>/outputs.zip",
        phase_outputs.download_phase_outputs,
        name="phase-outputs",
    ),
    path(
        "tasks/<slug:task>/<slug:phase>/releases/<int:number>",
        releases.release,
        name="release",
    ),
    path(
        "tasks/<slug:task>/<slug:phase>/releases/<int:number>/release.json",
        releases.release_as_json,
        name="release-json",
    ),
    path(
        "tasks/<slug:task>/<slug:phase>/releases/<int:number>/release.bib",
        releases.release_as_bibtex,
        name="release-bibtex",
    ),
]
