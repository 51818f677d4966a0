"""The part of an order that one station makes."""

from __future__ import annotations

import msgspec

STATES = ("QUEUED", "SHOWN", "STARTED", "READY", "SERVED", "CANCELLED")

MOVES = {
    ("QUEUED", "show"): "SHOWN",
    ("SHOWN", "start"): "STARTED",
    ("SHOWN", "bump"): "READY",
    ("STARTED", "bump"): "READY",
    ("READY", "serve"): "SERVED",
    ("READY", "undo"): "SHOWN",
    ("READY", "recall"): "SHOWN",
    ("STARTED", "undo"): "SHOWN",
    # Without an expo page a bump serves at once, and a cook must still be able to take it back.
    ("SERVED", "undo"): "SHOWN",
    ("SERVED", "recall"): "SHOWN",
    # Crossed off at the pass by mistake: the plate still stands there, and no cook has anything to do.
    ("SERVED", "unserve"): "READY",
    ("QUEUED", "cancel"): "CANCELLED",
    ("SHOWN", "cancel"): "CANCELLED",
    ("STARTED", "cancel"): "CANCELLED",
    ("READY", "cancel"): "CANCELLED",
}

ACTIONS = ("start", "bump", "recall", "undo", "serve", "acknowledge", "allergy")
"""What a person does to a ticket, over HTTP or MQTT. `rendered` is what a screen says."""

ENDINGS = ("bump", "pass", "early", "scan", "close", "paper", "visit", "day", "settings", "off")
"""bump: by the cook, in a store without an expo page. pass: at the expo page; early: there, before all of its order was
ready. scan: by its slips' codes. close: its order was closed, for it was handed over. paper: its slip was proven and
nobody would end it later. visit: its table was closed. day: nobody had ended it when its business day was over.
settings: its station is no more, or the store works without an expo page from now on. off: nothing of it was wanted any
more, and no cook had seen it."""

START_KIND = frozenset({"start"})
READY_KIND = frozenset({"bump", "serve", "recall", "undo"})
KNOWN_KIND = frozenset({"acknowledge", "allergy"})
"""Two kinds of change, and one that changes nothing but what is known, of changes or of allergies. An action is stale
when its version is older than the last change of its own kind: a bump that an old tablet kept cannot undo a recall, and
a start cannot undo a bump."""


class Ticket(msgspec.Struct):
    """`version` counts every change. `shown_version` is the last one proven before a cook.

    `hold`: "held" while it waits to be called, "fired" once it was; "" where nobody held it. `course` is what it is
    called by. `later`: it was made after its order.

    `doubt` is "" or why the guest is told that the kitchen has not confirmed: `late` (nearly a minute without proof)
    or `mute` (printed by a printer that cannot confirm).

    `ended` says what ended it: one of `ENDINGS`, "" while it is open. Where no hand said when the dishes were done
    (`close`, `paper`, `visit`, `day`, `settings`) `ready_at` may be None, and then it counts in no cook time.

    `allergy_at` and `allergy_by`: when and who of its cooks knew of the guests' allergies; paper asks nobody.
    """

    id: str
    station: str
    state: str
    proof: str
    fired_at: str
    fired_boot: str
    fired_mono: float
    updated_at: str
    updated_by: str
    fired_grade: str = "guess"
    version: int = 1
    shown_version: int = 0
    start_version: int = 0
    ready_version: int = 0
    doubt: str = ""
    slip_number: int = 0
    hold: str = ""
    course: str = ""
    later: bool = False
    shown_at: str | None = None
    shown_by: str | None = None
    started_at: str | None = None
    ready_at: str | None = None
    served_at: str | None = None
    cleared_at: str | None = None
    ended: str = ""
    allergy_at: str | None = None
    allergy_by: str = ""

    @property
    def is_held(self) -> bool:
        """No cook shall see it yet."""
        return self.hold == "held"

    @property
    def is_by_paper(self) -> bool:
        """Its slip is proven, and no screen of its station will say that it is ready."""
        return self.proof == "paper" and self.state in ("SHOWN", "STARTED")

    def know_allergies(self, at: str, by: str) -> None:
        """Who goes on with a ticket has read its box; the first hand is kept. Paper asks nobody."""
        if self.allergy_at is None and self.proof != "paper" and self.state != "CANCELLED":
            self.allergy_at, self.allergy_by = at, by

    def is_stale(self, action: str, version: int) -> bool:
        if action in KNOWN_KIND:
            return False
        newest = self.ready_version
        if action in START_KIND:
            newest = max(newest, self.start_version)
        return version < newest
