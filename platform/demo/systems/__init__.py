"""The uploads of the demo's teams: files made from its test sets by means that pages describe.

Nothing here translates. Controls that are made from the reference say so, and are unconstrained.
Every call returns the same bytes.
"""

from __future__ import annotations

from demo.systems.assembly import DemoSystem, demo_systems
from demo.systems.material import LANGUAGE_PAIRS, NOTERM_PAIRS, demo_test_set
from demo.systems.teams import DemoTeam, demo_teams

__all__ = [
    "LANGUAGE_PAIRS",
    "NOTERM_PAIRS",
    "DemoSystem",
    "DemoTeam",
    "demo_systems",
    "demo_teams",
    "demo_test_set",
]
