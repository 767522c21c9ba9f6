from __future__ import annotations

from django.apps import AppConfig


class NodesConfig(AppConfig):
    name = "nodes"

    def ready(self) -> None:
        from nodes import system_checks  # noqa: F401 - registers them
        from nodes.waking.idle_nodes import wake_for  # needs the models, which are there by now
        from submissions import work

        work.when_waiting(wake_for)
