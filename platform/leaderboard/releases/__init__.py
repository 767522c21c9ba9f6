"""Releases: a phase's boards as they are published, as numbered documents that never change."""
