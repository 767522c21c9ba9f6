"""Django's admin panel, with the site that records: settings install it in Django's place."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class RecordedAdminConfig(AdminConfig):
    default_site = "audit.admin_site.RecordedSite"
