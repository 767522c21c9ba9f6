from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People and teams"  # "Accounts" is the library's section in the admin

    def ready(self) -> None:
        from accounts import system_checks  # noqa: F401  its checks are registered by importing it
