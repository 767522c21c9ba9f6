"""Every address of the site."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("leaderboard.urls")),
    path("", include("sharedtasks.urls")),
    path("", include("submissions.urls")),
    path("account/", include("accounts.urls")),
    path("admin/", admin.site.urls),
]
