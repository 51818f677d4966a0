"""What a bridge is asked to find out: which devices are there, what one of them can do."""

from __future__ import annotations

import msgspec

MOVES = {
    ("ASKED", "found"): "ANSWERED",
    ("ASKED", "probed"): "ANSWERED",
    ("ASKED", "tested"): "ANSWERED",
    ("ASKED", "refused"): "REFUSED",
    ("ASKED", "give_up"): "UNANSWERED",
}

PATIENCE_S = {"discover": 40.0, "scan": 40.0, "probe": 60.0, "test": 30.0}
"""Until an inquiry is given up: a look around takes 5 s, with a scan up to 15; a probe 15, behind a slip of 20; a test
10."""


class Inquiry(msgspec.Struct):
    """`id` is its key with the bridge. `device` is empty where it is about no device of the settings. `answer` is JSON,
    empty before there is one. `boot` and `mono` are the moment in which it was asked."""

    id: str
    bridge: str
    op: str
    device: str
    state: str
    asked_by: str
    asked_at: str
    boot: str
    mono: float
    answer: str = ""
