"""Checks the settings of registries at the start."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security, deploy=True)
def registries_have_tls(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse the setting that is for tests only."""
    if not settings.IMAGE_REGISTRIES_ON_LOOPBACK:
        return []
    return [
        Error(
            "Images are fetched from this machine itself, without TLS.",
            hint="Remove IMAGE_REGISTRIES_ON_LOOPBACK, which is for tests (docs/operators.md).",
            id="images.E001",
        )
    ]
