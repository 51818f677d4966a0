"""What people are told of a printer: one word and its reasons."""

from __future__ import annotations

from firmware_bridge.drivers.driver import Condition
from firmware_bridge.drivers.escpos_printer import EscposPrinter
from firmware_bridge.drivers.tspl_printer import TsplPrinter

CAUSES = ("cover_open", "paper_out", "cutter_error", "error")
"""What a person must mend; each is a field of PrinterStatus and a reason code."""


def condition_of(printer: EscposPrinter) -> Condition | None:
    """None while the printer is being asked: what was told before stands."""
    if printer.stuck and printer.blocked is None:
        return "offline", ["offline"]
    if printer.silent:
        return "unknown", ["no_answer"]
    if not printer.known:
        return None
    status = printer.status
    low = ["paper_low"] if status.paper_low and not status.paper_out else []
    if status.blocked is None:
        return ("degraded", low) if low else ("online", [])
    causes = [cause for cause in CAUSES if getattr(status, cause)]
    return ("blocked", causes + low) if causes else ("offline", ["offline", *low])


def condition_of_labels(printer: TsplPrinter) -> Condition | None:
    """None while the printer is being asked. One that is known to say nothing counts as well while its line takes
    bytes."""
    if printer.stuck and printer.blocked is None:
        return "offline", ["offline"]
    if not printer.answers:
        return "online", []
    if printer.silent:
        return "unknown", ["no_answer"]
    if not printer.known:
        return None
    return ("blocked", [printer.blocked]) if printer.blocked else ("online", [])
