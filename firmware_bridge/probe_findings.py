"""What a probe's answers mean. Pure. What a printer did not say stays unknown: silence is no status, noise no answer.

A question that is answered only when its turn comes (GS r, GS ( H) and is not answered says something of the printer
only if a later one was: else nobody knows whether any of them was ever reached.
"""

from __future__ import annotations

from collections.abc import Mapping

from firmware_bridge.escpos_status import Answer, AutoStatus, FenceAnswer, FenceEcho, RealTimeAnswer, Stray
from firmware_bridge.printer_probe import IDENTITY, PrinterProbe, Step
from firmware_bridge.probe_slip import LETTERS
from firmware_bridge.profiles import merged, profile_for
from gateway.contract.findings import Capability, Disagreement, Findings

LONGEST_NAME = 64
"""Characters of a maker's or a model's name; longer ones are noise."""


def findings(probe: PrinterProbe, settings: Mapping[str, str], columns: int, profile: str = "") -> Findings:
    """`settings` are those of the store that a finding can contradict (`fence`, `qr`); `profile` is a key of PROFILES
    where somebody knows what printer this is."""
    noisy = _noise(probe)
    said = {} if noisy else _identity(probe)
    found = {
        "dle_eot": _status(probe), "asb": _auto(probe), "gs_r": _nameless(probe, noisy), "gs_h": _named(probe),
        "gs_h_order": _order(probe), "identity": Capability("works" if said else "unknown"),
        "cutter": _cutter(probe),
    }  # fmt: skip
    key = profile or profile_for(said.get("model", ""), columns)
    whole = merged(key, found, certain=bool(profile))
    for name in ("qr", "raster", "gbk", "big5", "cp437", "cp858"):
        if probe.began_to_print and whole[name].note == "":
            whole[name].note = "see_slip"
    printed = is_printed(probe, found)
    return Findings(
        printed=printed,
        ended="" if printed else _why(probe),
        profile=key,
        said=said,
        capabilities=whole,
        advice=_advice(found),
        disagrees=_disagrees(settings, whole),
        letters=LETTERS if probe.began_to_print else "",
        exchange=probe.exchange,
    )


def is_printed(probe: PrinterProbe, found: Mapping[str, Capability]) -> bool:
    """Something that this printer answers in its turn was answered behind the slip."""
    named = found["gs_h"].state == "works" and probe.echoed("slip", 3)
    return named or (found["gs_r"].state == "works" and probe.answered_gs_r("slip"))


def _why(probe: PrinterProbe) -> str:
    status = probe.status("after")
    if probe.refused or (status is not None and status.blocked is not None):
        return probe.refused or str(status.blocked if status is not None else "")
    if not probe.whole or not probe.began_to_print:
        return "not_sent"
    return "not_printed" if any(step.heard for step in probe.steps) else "no_answer"


def _noise(probe: PrinterProbe) -> bool:
    """Among the answers to status questions and fences was something that is none."""
    asked = [step for step in probe.steps if not step.name.startswith("id_") and step.name != "listen"]
    strange = any(step.too_much or any(isinstance(one, Stray) for one in step.answers) for step in asked)
    return strange or _status(probe).note == "noise"


def _status(probe: PrinterProbe) -> Capability:
    asked = [step for step in probe.steps if step.name.startswith(("first_", "second_"))]
    heard = sum(isinstance(one, RealTimeAnswer) for step in asked for one in step.answers)
    if not any(step.heard for step in asked):
        return Capability()
    if probe.status("second") is None:
        return Capability(note="noise")
    return Capability("works") if heard == len(asked) else Capability(note="late")


def _auto(probe: PrinterProbe) -> Capability:
    step = probe.at("asb")
    only = step.answers if step is not None and not step.too_much else []
    if len(only) == 1 and isinstance(only[0], AutoStatus):
        return Capability("works")
    if only:
        return Capability(note="noise")
    return Capability("does_not" if _answered_later(probe) else "unknown")


def _nameless(probe: PrinterProbe, noisy: bool) -> Capability:
    step = probe.at("gs_r")
    if step is None or noisy:
        return Capability(note="noise" if noisy else "")
    if any(isinstance(one, FenceEcho) for one in step.answers):
        return Capability(note="foreign")
    if probe.answered_gs_r("gs_r"):
        return Capability("works")
    if step.heard or not probe.echoed("gs_h", 0):
        return Capability()
    late = any(isinstance(one, FenceAnswer) for one in _answers(probe, "gs_h"))
    return Capability(note="late") if late else Capability("does_not")


def _named(probe: PrinterProbe) -> Capability:
    step = probe.at("gs_h")
    if step is None:
        return Capability()
    if probe.echoed("gs_h", 0):
        return Capability("works")
    if any(isinstance(one, FenceEcho) for one in step.answers):
        return Capability(note="foreign")
    if step.heard:
        return Capability(note="noise")
    if FenceEcho(probe.marks[0]) in _answers(probe, "slip"):
        return Capability(note="late")
    later = probe.answered_gs_r("gs_r") and probe.answered_gs_r("slip")
    return Capability("does_not" if later else "unknown")


def _order(probe: PrinterProbe) -> Capability:
    if probe.echoed("gs_h_order", 1, 2):
        return Capability("works")
    return Capability("does_not", note="newest_only") if probe.echoed("gs_h_order", 2) else Capability()


def _cutter(probe: PrinterProbe) -> Capability:
    status = probe.status("after")
    jammed = status is not None and status.cutter_error
    return Capability(note="jammed" if jammed else "see_slip" if probe.began_to_print else "")


def _answers(probe: PrinterProbe, name: str) -> list[Answer]:
    step = probe.at(name)
    return step.answers if step is not None else []


def _answered_later(probe: PrinterProbe) -> bool:
    return probe.echoed("gs_h", 0) or probe.answered_gs_r("gs_r")


def _identity(probe: PrinterProbe) -> dict[str, str]:
    said: dict[str, str] = {}
    for number, name in IDENTITY.items():
        step = probe.at(f"id_{number}")
        text = _byte(step) if number == 1 else _text(step)
        if text:
            said[name] = text
    return said


def _text(step: Step | None) -> str:
    """`5F text 00` and nothing beside it; "" where that is not what came."""
    heard = bytes(step.heard) if step is not None else b""
    if not heard.startswith(b"_") or not heard.endswith(b"\x00") or len(heard) > LONGEST_NAME + 2:
        return ""
    name = heard[1:-1]
    return name.decode("ascii") if all(0x20 <= byte < 0x7F for byte in name) else ""


def _byte(step: Step | None) -> str:
    return step.heard.hex() if step is not None and len(step.heard) == 1 else ""


def _advice(found: Mapping[str, Capability]) -> dict[str, str]:
    """Only what was answered: where nothing was, nothing is known to fit better. QR codes and widths are for eyes."""
    fence = next((fence for fence in ("gs_h", "gs_r") if found[fence].state == "works"), "")
    return {"fence": fence} if fence else {}


def _is_not(one: Capability) -> bool:
    """It does not, and that is no guess."""
    return one.state == "does_not" and one.known != "unverified"


def _disagrees(settings: Mapping[str, str], whole: Mapping[str, Capability]) -> list[Disagreement]:
    wanted = {("fence", "gs_h"): "gs_h", ("fence", "gs_r"): "gs_r", ("qr", "native"): "qr"}
    return [
        Disagreement(setting, says, capability)
        for (setting, says), capability in wanted.items()
        if settings.get(setting) == says and _is_not(whole[capability])
    ]
