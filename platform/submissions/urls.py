from __future__ import annotations

from django.urls import path

from submissions import views

urlpatterns = [
    path("tasks/<slug:task>/<slug:phase>/submit", views.submit, name="submit"),
    path("submissions/", views.submissions, name="submissions"),
    path("submissions/<int:pk>/", views.submission, name="submission"),
    path(
        "submissions/<int:pk>/files/<int:position>", views.submission_file, name="submission-file"
    ),
    path("entries/<int:pk>/", views.entry, name="entry"),
]
