"""The life of one paper: queued, on its way, proven, or a person is asked."""

from __future__ import annotations

import msgspec

STATES = (
    "QUEUED", "SENDING", "WAITING", "PRINTED", "UNCONFIRMED", "UNKNOWN", "STALE", "DIVERTED", "CANCELLED",
)  # fmt: skip

OPEN = ("QUEUED", "SENDING", "WAITING")
"""The gateway still owes this paper: it is published again until a final result is committed."""

MOVES = {
    ("QUEUED", "sending"): "SENDING",
    ("QUEUED", "waiting"): "WAITING",
    ("QUEUED", "printed"): "PRINTED",
    ("QUEUED", "unconfirmed"): "UNCONFIRMED",
    ("QUEUED", "unknown"): "UNKNOWN",
    ("SENDING", "sending"): "SENDING",
    ("SENDING", "printed"): "PRINTED",
    ("SENDING", "unconfirmed"): "UNCONFIRMED",
    ("SENDING", "unknown"): "UNKNOWN",
    ("SENDING", "waiting"): "WAITING",
    ("WAITING", "waiting"): "WAITING",
    ("WAITING", "sending"): "SENDING",
    ("WAITING", "unknown"): "UNKNOWN",
    # The bridge's answers between may be lost with a broker: the final one says all that they said.
    ("WAITING", "printed"): "PRINTED",
    ("WAITING", "unconfirmed"): "UNCONFIRMED",
    ("QUEUED", "withdrawn"): "CANCELLED",
    # The WAITING between may have been lost: a bridge says WITHDRAWN only when no byte has left.
    ("SENDING", "withdrawn"): "CANCELLED",
    ("WAITING", "withdrawn"): "CANCELLED",
    ("UNKNOWN", "came_out"): "PRINTED",
}
"""A withdrawal by diversion or staleness comes with those features; today only a person cancels."""

RESULT_MOVES = {
    "SENDING": "sending",
    "WAITING": "waiting",
    "PRINTED": "printed",
    "UNCONFIRMED": "unconfirmed",
    "UNKNOWN": "unknown",
    "WITHDRAWN": "withdrawn",
}
"""What a bridge may answer, as a move."""


class PrintJob(msgspec.Struct):
    """`id` is the key that the bridge knows it by, for ever. `copy` 1 is the first; every later one is a REPRINT.

    What stands on the paper is made from the ticket when the job is sent; `number` is the station's running slip
    number. `replaces` is the job that this one prints again. `withdraw` is set while a person wants it back;
    `settled` names who answered for an UNKNOWN one. `boot` and `mono` are the moment of the last change.
    """

    id: str
    kind: str
    printer: str
    station: str
    ticket: str
    order_id: str
    copy: int
    state: str
    number: int
    created_at: str
    updated_at: str
    boot: str
    mono: float
    reason: str = ""
    evidence: str = "{}"
    attempts: int = 0
    replaces: str | None = None
    withdraw: bool = False
    settled: str | None = None
