"""What can go wrong between a slip and its paper, named by the reaction that it asks for."""

from __future__ import annotations


class BridgeError(Exception):
    """Anything the bridge itself found wrong."""


class ConfigError(BridgeError):
    """The boot file, or a device as the store wants it, cannot be used; a person must change it.

    `problems` holds every problem found, not the first one only.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class PortError(BridgeError):
    """The port cannot be used now; try again later.

    `reason` is the code that people are told: `unplugged` (no such port, cable or power gone) or
    `port_busy` (another program holds it). `unacknowledged` counts the bytes that left and that the other end never
    said to have; None where nobody can know, as on every serial line.
    """

    def __init__(self, reason: str, detail: str, unacknowledged: int | None = None) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.unacknowledged = unacknowledged


class UnprintableError(BridgeError):
    """This slip cannot become bytes for this printer; sending it again would not help."""


class JournalError(BridgeError):
    """The bridge's memory cannot be trusted or written: nothing may be sent any more."""
