"""What the journal has told of one ticket until now."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class KnownTicket:
    """A ticket as the journal has told it. `contents`: every list of dishes that it ever showed a cook."""

    tag: str
    station: str
    day: str
    contents: list[list[str]] = field(default_factory=list)
    version: int = 0
    state: str = "QUEUED"
    hold: str = ""
    proven: bool = False
    was_cleared: bool = False
    ready_changes: int = 0
    """The version of its last bump, recall, undo, serve or refire."""
