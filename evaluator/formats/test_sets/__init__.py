"""Test sets: sources, references and their terms, in SGML, XML, tables, JSON lines or text."""

from __future__ import annotations

from evaluator.formats.test_sets.gold_rows import find_track
from evaluator.formats.test_sets.reading import read_test_set

__all__ = ["find_track", "read_test_set"]
