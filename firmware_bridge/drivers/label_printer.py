"""A label printer that speaks TSPL: its labels, one at a time, over the conversation in `tspl_printer.py`.

Commands, the status byte and what follows from it come from the project's device notes (TSC's TSPL manuals, Gprinter's
tables) and were tried on our own virtual label printer only: nothing here has met real hardware.
"""

from __future__ import annotations

from typing import Any, ClassVar

from firmware_bridge import tspl
from firmware_bridge.drivers.condition import condition_of_labels
from firmware_bridge.drivers.driver import Condition, Surroundings
from firmware_bridge.drivers.paper_driver import PaperDriver
from firmware_bridge.drivers.sending import Outcome
from firmware_bridge.drivers.tspl_printer import TsplPrinter
from firmware_bridge.escpos import Body, raster_room
from firmware_bridge.label import GAPS, HEIGHTS, WIDTHS, LabelSize
from firmware_bridge.layout import label
from firmware_bridge.print_jobs import Job
from gateway.contract.messages import DeviceDesired


def _first(usual: int, all_of: range) -> tuple[str, ...]:
    return (str(usual), *(str(each) for each in all_of if each != usual))


class LabelPrinterDriver(PaperDriver[TsplPrinter]):
    """A label printer; no drawer and no buzzer hangs on it."""

    options: ClassVar = {
        "width_mm": _first(40, WIDTHS), "height_mm": _first(30, HEIGHTS), "gap_mm": _first(2, GAPS),
    }  # fmt: skip

    def __init__(self, given: Surroundings) -> None:
        super().__init__(given)
        self._size = LabelSize(*(int(self.option(name)) for name in ("width_mm", "height_mm", "gap_mm")))

    @staticmethod
    def problems(desired: DeviceDesired) -> list[str]:
        if desired.encoding != tspl.ENCODING:
            return [f"encoding {desired.encoding} is not supported by label printers yet; use {tspl.ENCODING}"]
        return []

    def condition(self) -> Condition | None:
        return condition_of_labels(self._printer)

    def converse(self, *, unsettled: bool) -> TsplPrinter:
        return TsplPrinter(self.desired.baud, answers=self.desired.fence != "none", unsettled=unsettled)

    def encode(self, job: Job) -> Body:
        room = raster_room(self.desired.port, self.desired.baud)
        return tspl.encode(label(job.slip, self._size, tspl.ENCODING, job.copy), self._size, room)

    def begin(self, job: Job, body: Body, now: float) -> None:
        self._printer.begin(body, now)

    def proof(self, outcome: Outcome) -> dict[str, Any]:
        return {"status": outcome.answer}
