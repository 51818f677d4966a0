"""A probe's turn at a printer: it waits for the slip on its way, the slips behind it wait for the probe. No I/O."""

from __future__ import annotations

import msgspec

from firmware_bridge.drivers.driver import Probe, Surroundings
from firmware_bridge.drivers.escpos_printer import EscposPrinter
from firmware_bridge.journal import Entry
from firmware_bridge.printer_probe import PrinterProbe, random_marks
from firmware_bridge.probe_findings import findings
from firmware_bridge.probe_slip import probe_slip
from firmware_bridge.profiles import PROFILES
from gateway.contract.messages import JobState

WAIT_S = 25.0
"""For the slip on its way, which takes 20 s at the most, or for a printer to say how it is; the gateway gives a probe
up after 60 s."""


class ProbeTurn:
    """`want` may be called at any time; `waits` and `step` by the printer's driver. While `under_way` the line is the
    probe's. The journal knows a probe as a slip without an asker: whatever becomes of the bridge, the next slip begins
    with a clean paper and waits until no answer of the probe can be taken for its own."""

    def __init__(self, given: Surroundings, native_qr: str) -> None:
        self._given = given
        self._native_qr = native_qr
        self._asked: Probe | None = None
        self._wait_by: float | None = None
        self._key = ""
        self.talk: PrinterProbe | None = None

    def want(self, probe: Probe) -> None:
        if self._asked is not None:
            probe.refuse("busy")
        else:
            self._asked, self._wait_by = probe, None

    @property
    def wanted(self) -> bool:
        """No further slip may begin: a probe waits for its turn."""
        return self._asked is not None and self.talk is None

    @property
    def under_way(self) -> bool:
        return self.talk is not None

    @property
    def wait_by(self) -> float:
        """When it is refused if its turn has not come."""
        return self._wait_by if self.wanted and self._wait_by is not None else float("inf")

    def waits(self, printer: EscposPrinter, now: float, *, connected: bool) -> bool:
        """Start where the printer allows it, or refuse; whether it still waits for its turn."""
        if self._wait_by is None:
            self._wait_by = now + WAIT_S
        if not connected or (printer.stuck and printer.sending is None):
            self._refuse("offline")
        elif printer.sending is None and printer.blocked is not None:
            self._refuse(printer.blocked)
        elif printer.sending is None and not printer.outgoing() and (printer.known or printer.silent):
            self._start(now)
        elif now >= self._wait_by:
            self._refuse("busy" if printer.sending is not None else "offline")
        return self.wanted

    def step(self, now: float) -> float:
        """The conversation; once it has ended nothing is under way any more."""
        if self.talk is None:
            return float("inf")
        wish = self.talk.step(now)
        if self.talk.ended:
            self._end(self.talk)
            return now
        return wish

    def give_up(self, reason: str) -> None:
        """The line or the driver goes away."""
        if self.talk is not None:
            self._record("UNKNOWN", self.talk)
            self.talk = None
        if self._asked is not None:
            self._refuse(reason)

    def _start(self, now: float) -> None:
        desired = self._given.desired
        slip = probe_slip(desired.columns, self._given.bar_codes)
        self._key = f"probe-{self._given.random(64):016x}"
        # As "send started" of a slip: on the disk before the first byte leaves.
        self._given.journal.record(Entry(self._key, desired.name, "SENDING", "probe", {"bytes": len(slip.body)}))
        self.talk = PrinterProbe(desired.baud, slip, random_marks(self._given.random), now)

    def _end(self, talk: PrinterProbe) -> None:
        desired, asked = self._given.desired, self._asked
        model = desired.options.get("model", "")
        settings = {"fence": desired.fence, "qr": self._native_qr}
        found = findings(talk, settings, desired.columns, model if model in PROFILES else "")
        self._record("PRINTED" if found.printed else "UNKNOWN", talk)
        self.talk = None
        if talk.refused or not talk.exchange:
            self._refuse(talk.refused or "offline")
        elif asked is not None:
            self._asked = None
            asked.answer(msgspec.to_builtins(found))

    def _record(self, state: JobState, talk: PrinterProbe) -> None:
        left = sum(len(data) // 2 for _, way, data in talk.exchange if way == ">")
        if talk.harmless:
            self._given.journal.forget(self._key)
        else:
            self._given.journal.record(Entry(self._key, self._given.desired.name, state, "probe", {}, left))

    def _refuse(self, reason: str) -> None:
        asked, self._asked = self._asked, None
        if asked is not None:
            asked.refuse(reason)
