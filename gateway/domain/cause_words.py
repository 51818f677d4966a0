"""The words around a cause: names, times, papers. Pure."""

from __future__ import annotations

import re
from typing import Any

from gateway.domain import causes
from gateway.domain.documents import slip_number
from gateway.domain.now import parse_iso
from gateway.domain.order import Order
from gateway.domain.print_job import COOKED_BY, PrintJob
from gateway.domain.settings import Settings
from gateway.domain.texts import TextMap


def name_of(rules: Settings, known: str, tag: str) -> str:
    """What people call a station, a printer or a device; its id where the settings have no name."""
    found = rules.station(known) or rules.printer(known) or rules.device(known)
    return (found.name.get(tag) if found else "") or known


def clause(rules: Settings, at: str, word: str, tag: str) -> str:
    """" since 12:31", " at 12:31" on the store's clock; "" where nobody knows."""
    if not at:
        return ""
    local = parse_iso(at).astimezone(rules.zone()).strftime("%H:%M")
    return f" {word} {local}" if tag == "en" else local + (" 起" if word == "since" else "")


_MARKS = "，。：；（）“”"
_NO_GAP = re.compile(f"(?<=[\u4e00-\u9fff]) +(?=[\u4e00-\u9fff])| +(?=[{_MARKS}])|(?<=[{_MARKS}]) +| +(?= )")
"""In Chinese a blank stands only between a character and a figure or a foreign letter."""


def filled(text: str, fields: dict[str, Any], tag: str) -> str:
    """The words with their blanks filled in."""
    if tag == "en":
        return text.format_map(causes.Blank(fields))
    spaced = {name: f" {value} " for name, value in fields.items()}
    return _NO_GAP.sub("", text.format_map(causes.Blank(spaced))).strip()


def towards(name: str, tag: str) -> str:
    """" and goes to Kitchen printer"; "" where it goes nowhere else."""
    if not name:
        return ""
    return f" and goes to {name}" if tag == "en" else f"，改去{name}"


_PAPERS: dict[str, tuple[str, str]] = {
    "guest_list": ("客单", "the guests' list"), "full_order": ("总单", "the pass slip"),
    "runner": ("传菜单", "the runner's slip"), "label": ("标签 {code}", "label {code}"),
    "station_copy": ("分单副本", "the copy of the kitchen slip"),
}  # fmt: skip


def paper_name(job: PrintJob, order: Order) -> TextMap:
    """What is printed, as people call it: "slip 0041"."""
    zh, en = _PAPERS.get(job.kind, ("小票 {code}", "slip {code}"))
    code = f"{order.number}-{job.part}" if job.kind == "label" else slip_number(job.number)
    again = job.copy > 1 and job.kind in COOKED_BY
    return {
        "zh-Hans": zh.format(code=code) + ("（补打）" if again else ""),
        "en": en.format(code=code) + (" (REPRINT)" if again else ""),
    }
