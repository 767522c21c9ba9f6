"""Images in registries: references, and copies that are checked on the way.

Needs `requests`, which the extras `run` and `node` bring.
"""

from __future__ import annotations

from evaluator.container.references import (
    MAX_REFERENCE_CHARACTERS,
    Reference,
    is_host,
    parse_reference,
)
from evaluator.container.registries.fetching import (
    Registries,
    fetch_image,
    require_allowed,
    trust_named_registry,
)
from evaluator.container.registries.guarded_http import NetworkError

__all__ = [
    "MAX_REFERENCE_CHARACTERS",
    "NetworkError",
    "Reference",
    "Registries",
    "fetch_image",
    "is_host",
    "parse_reference",
    "require_allowed",
    "trust_named_registry",
]
