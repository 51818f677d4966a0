"""Where an operation takes its new ids from."""

from __future__ import annotations

from collections.abc import Iterator

Ids = Iterator[str]
"""Endless UUIDv7, each later than the one before; seeded in the simulation."""
