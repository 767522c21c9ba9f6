from __future__ import annotations

from django.urls import path

from organise.views import exports, home, nodes, overview, release

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
    path("organise/<slug:task>/release", release.release, name="organise-release"),
    path(
        "organise/<slug:task>/release/publish",
        release.publish_release,
        name="organise-publish-release",
    ),
    path("organise/<slug:task>/release/end", release.end_release, name="organise-end-release"),
    path("organise/<slug:task>/exports", exports.exports, name="organise-exports"),
    path("organise/<slug:task>/requeue", overview.requeue, name="organise-requeue"),
]
