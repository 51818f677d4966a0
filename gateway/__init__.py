"""Tablepass: the in-store gateway. `docs/architecture.md` is the map of this house."""

__version__ = "0.1.0"
