"""The platform's settings, urls and a bare view: one query, as many bytes as were asked for."""

from __future__ import annotations

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.bare_urls"
