"""A slip printer: its slips, drawer and buzzer, over the conversation in `escpos_printer.py`."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from firmware_bridge.charset import ENCODINGS
from firmware_bridge.drivers.condition import condition_of
from firmware_bridge.drivers.driver import Condition, Probe, Surroundings
from firmware_bridge.drivers.escpos_printer import EscposPrinter
from firmware_bridge.drivers.paper_driver import PaperDriver, Speaker
from firmware_bridge.drivers.probe_turn import ProbeTurn
from firmware_bridge.drivers.sending import Outcome
from firmware_bridge.escpos import Body, encode, raster_room
from firmware_bridge.layout import layout
from firmware_bridge.page import FEWEST_COLUMNS, MOST_COLUMNS
from firmware_bridge.print_jobs import HEARD_S, Job
from firmware_bridge.pulses import BUZZERS, DRAWERS, pulse
from gateway.contract.messages import DeviceDesired

MARK_BITS = 20
"""Four figures or letters make 1.7 million marks."""


class SlipPrinterDriver(PaperDriver[EscposPrinter]):
    """A slip printer that speaks ESC/POS; a probe has its turn between two slips."""

    options: ClassVar = {
        "qr": ("native", "drawn"),
        "drawer": ("none", *DRAWERS),
        "buzzer": ("none", *BUZZERS),
    }
    texts: ClassVar = frozenset({"model"})

    def __init__(self, given: Surroundings) -> None:
        super().__init__(given)
        self._probe = ProbeTurn(given, self.option("qr"))

    @staticmethod
    def problems(desired: DeviceDesired) -> list[str]:
        problems = []
        if desired.encoding not in ENCODINGS:
            problems.append(f"encoding {desired.encoding} is not supported yet; use {' or '.join(ENCODINGS)}")
        if not FEWEST_COLUMNS <= desired.columns <= MOST_COLUMNS:
            problems.append(f"columns {desired.columns} is not between {FEWEST_COLUMNS} and {MOST_COLUMNS}")
        return problems

    def condition(self) -> Condition | None:
        return condition_of(self._printer)

    # --- its papers ---

    def converse(self, *, unsettled: bool) -> EscposPrinter:
        return EscposPrinter(
            self.desired.baud, self.desired.fence, self.given.random(MARK_BITS), unsettled=unsettled
        )  # fmt: skip

    def encode(self, job: Job) -> Body:
        columns, encoding = self.desired.columns, self.desired.encoding
        room = raster_room(self.desired.port, self.desired.baud)
        lines = layout(job.slip, columns, encoding, job.copy)
        return encode(lines, columns, encoding, self.given.bar_codes, room, native_qr=self.option("qr") == "native")

    def deed(self, job: Job) -> Body | None:
        return pulse(job.slip.kind, self.desired.options)

    def may_begin(self, job: Job, now: float) -> bool:
        return self._printer.ready(now) and (not job.is_deed or self._asked_for(job, now))

    def _asked_for(self, job: Job, now: float) -> bool:
        """A printer without paper keeps a pulse and opens the drawer when somebody puts a roll in. So a drawer begins
        only when the printer said after it was wanted that it can."""
        if now < job.taken_at + HEARD_S:
            return False
        if not self._printer.asked_since(job.taken_at):
            self._printer.ask_now(now)
            return False
        return True

    def begin(self, job: Job, body: Body, now: float) -> None:
        clean_first = self._jobs.clean_first and not job.is_deed
        self._printer.begin(body, now, clean_first=clean_first, paper=not job.is_deed)

    def proof(self, outcome: Outcome) -> dict[str, Any]:
        return {"fence": self.desired.fence, "answer": outcome.answer}

    # --- the probe's turn ---

    @property
    def speaker(self) -> Speaker:
        return self._probe.talk or self._printer

    def probe(self, probe: Probe) -> None:
        if self._retired:
            probe.refuse("restarted")
        else:
            self._probe.want(probe)

    def step(self, now: float) -> float:
        if self._probe.under_way:
            wish = self._probe.step(now)
            if self._probe.under_way:
                return min(wish, self._jobs.look(now))
            self._begin_anew()
            self._printer.connected(now)
        return min(super().step(now), self._probe.wait_by)

    def _advance(self, now: float) -> Literal["", "changed", "over"]:
        if not self._probe.wanted:
            return super()._advance(now)
        waits = self._probe.waits(self._printer, now, connected=self._connected)
        return "changed" if waits else "over"

    def _begin_anew(self) -> None:
        """After a probe: no answer to it, however late, proves a slip, and what it may have left is cut off."""
        self._jobs.look_at_paper()
        self._printer = self.converse(unsettled=True)

    def disconnected(self, now: float, reason: str) -> None:
        if self._probe.under_way:
            self._probe.give_up("offline")
            self._begin_anew()
        super().disconnected(now, reason)

    @property
    def idle(self) -> bool:
        return super().idle and not self._probe.under_way

    def close(self) -> None:
        self._probe.give_up("restarted")
        super().close()
