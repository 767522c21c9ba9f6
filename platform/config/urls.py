"""Every address of the site."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from accounts.object_pages import object_page
from config import well_known

# The admin's own form knows neither a second factor nor a limit to attempts.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign, no-untyped-call]

admin.site.site_title = admin.site.site_header = "Terminarium: back room"
admin.site.index_title = "For operators"

handler403 = "accounts.second_factor.forbidden"
handler500 = "config.errors.our_side_failed"
handler429 = "accounts.http.too_many_requests"  # allauth asks for it by this name

urlpatterns = [
    path("robots.txt", well_known.robots, name="robots-txt"),
    path("favicon.ico", well_known.favicon, name="favicon"),
    path(".well-known/security.txt", well_known.security, name="security-txt"),
    path("", include("leaderboard.urls")),
    path("", include("sharedtasks.urls")),
    path("", include("submissions.pages.urls")),
    path("", include("nodes.pages.urls")),
    path("", include("accounts.urls")),
    path("", include("organise.urls")),
    path("", include("nodes.protocol.urls")),
    # Before the panel's own view of this address, which is open to all staff.
    path("admin/r/<path:content_type_id>/<path:object_id>/", object_page, name="object-page"),
    path("admin/", admin.site.urls),
]
