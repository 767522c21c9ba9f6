from __future__ import annotations

from django.urls import path

from sharedtasks import file_views, views

urlpatterns = [
    path("tasks/<slug:slug>/", views.shared_task, name="shared-task"),
    path("tasks/<slug:slug>/rules", views.rules, name="task-rules"),
    path("tasks/<slug:slug>/data", views.data, name="task-data"),
    path("tasks/<slug:slug>/metrics", views.metrics, name="task-metrics"),
    path("tasks/<slug:slug>/how-to-submit", views.how_to_submit, name="task-how-to-submit"),
    path(
        "tasks/<slug:task>/<slug:phase>/data.zip",
        file_views.download_phase_zip,
        name="phase-archive",
    ),
    path(
        "tasks/<slug:task>/<slug:phase>/data/<str:test_set>/<str:kind>",
        file_views.download_file,
        name="download",
    ),
    path("evaluator/<str:name>", file_views.download_wheel, name="evaluator-wheel"),
]
