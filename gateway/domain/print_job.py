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
    # The WAITING between may have been lost: a bridge says WITHDRAWN only when no byte has left.
    ("QUEUED", "cancel"): "CANCELLED",
    ("SENDING", "cancel"): "CANCELLED",
    ("WAITING", "cancel"): "CANCELLED",
    ("QUEUED", "divert"): "DIVERTED",
    ("SENDING", "divert"): "DIVERTED",
    ("WAITING", "divert"): "DIVERTED",
    ("QUEUED", "stale"): "STALE",
    ("SENDING", "stale"): "STALE",
    ("WAITING", "stale"): "STALE",
    ("STALE", "cancel"): "CANCELLED",
    ("UNKNOWN", "came_out"): "PRINTED",
    ("UNCONFIRMED", "came_out"): "PRINTED",
}

STATION_COPY = "station_copy"
"""Kind of a further copy of a ticket's paper, which somebody else than its cook wants: it proves nothing."""

NOTICE = "notice"
"""Kind of the paper of one change of a ticket; its part is the notice's number."""

COOKED_BY = ("kitchen", "dish", "portion")
"""Kinds of a ticket's own paper: all of it, one of its dishes, one portion of a dish."""

DEEDS = ("drawer", "buzzer")
"""Kinds that are no papers: what a printer does besides printing. They begin within seconds or never."""

CALLS_NOBODY = ("test", "stale", "day", *DEEDS)
"""Kinds that nobody is asked about when they do not come out, and that do not grow old: whoever wanted a test slip
stands at the printer, and what a list of old slips or the proof of a day says stands on the screen too. A drawer has a
word of its own."""

INTENTS = ("", "cancel", "divert", "stale")
"""Why a paper is wanted back, and so the move that its withdrawal is. A bridge answers WITHDRAWN only while no byte has
left; a paper that was never handed to a bridge needs no withdrawal."""

RESULT_MOVES = {
    "SENDING": "sending",
    "WAITING": "waiting",
    "PRINTED": "printed",
    "UNCONFIRMED": "unconfirmed",
    "UNKNOWN": "unknown",
    "WITHDRAWN": "cancel",
}
"""What a bridge may answer, as a move. WITHDRAWN is the move that was intended, where one was."""


class PrintJob(msgspec.Struct):
    """`id` is the key that the bridge knows it by, for ever. `copy` 1 is the first; every later one is a REPRINT.

    What stands on the paper is made when the job is sent: from its ticket, or from its order, which a paper for guests
    or the pass has alone; a paper that has neither brings its whole `slip` as JSON. `number` is the running slip number
    of a ticket's station, else 0. `part`: which of the ticket's dishes or portions it is, from 1; 0: the whole ticket.

    `replaces` is the job that this one prints again; `diverted_from` is one of which no byte ever left, whose place
    this one took. `intent` is why it is wanted back (`INTENTS`), and `target` the printer that gets it then.
    `asked_by` is who wanted it after its dishes were fired, such as a copy: it is not old before it has waited for long
    itself. `settled` names who answered for it. `order_number` is what people call its order, known once it was read.
    `boot` and `mono` are the moment of the last change; of what is no paper the moment at which it was asked for.
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
    intent: str = ""
    target: str = ""
    diverted_from: str | None = None
    settled: str | None = None
    asked_by: str = ""
    part: int = 0
    slip: str | None = None
    order_number: str = ""


def is_stale(job: PrintJob, waited_s: float, limit_min: int) -> bool:
    """Whether a paper has waited so long that a person must say whether it is still wanted; `limit_min` 0:
    never."""
    return bool(limit_min) and job.kind not in CALLS_NOBODY and waited_s >= limit_min * 60
