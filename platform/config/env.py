"""The platform's settings from the environment: `env.text("STATE_DIR", "/var")`."""

from __future__ import annotations

import os

from django.core.exceptions import ImproperlyConfigured

from evaluator.environment import Environment

_environment = Environment(os.environ, ImproperlyConfigured)

text = _environment.text
boolean = _environment.boolean
integer = _environment.integer
seconds = _environment.seconds
choice = _environment.choice
words = _environment.words
secret = _environment.secret
