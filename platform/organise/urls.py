from __future__ import annotations

from django.urls import path

from organise.views import home, nodes, overview

urlpatterns = [
    path("organise/", home.home, name="organise"),
    # What belongs to no shared task. No page of a shared task called nodes ends like these.
    path("organise/nodes/<slug:name>/drain", nodes.drain, name="organise-drain"),
    path("organise/nodes/<slug:name>/undrain", nodes.undrain, name="organise-undrain"),
    path(
        "organise/images/<int:pk>/lift-quarantine",
        nodes.lift_quarantine,
        name="organise-lift-quarantine",
    ),
    # Of a shared task.
    path("organise/<slug:task>/", overview.overview, name="organise-task"),
    path("organise/<slug:task>/requeue", overview.requeue, name="organise-requeue"),
]
