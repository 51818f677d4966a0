"""What the pass is told when a slip is scanned, in both languages: on the expo page, in its voice, on a pole display.
Pure."""

from __future__ import annotations

from typing import Any

from gateway.domain.texts import TextMap, pick

LANGUAGES = ("zh-Hans", "en")

KINDS = ("served", "part", "again", "closed", "unknown", "not_out", "cancelled", "order")
"""served: its last slip. part: other slips of its ticket are still missing. again: it was crossed off before. closed:
its table or its day ended before anybody crossed it off. order: the paper of a whole order, which crosses nothing off.
unknown: no slip has this code. not_out: today's slip with this code is still to be printed, so this is one of another
day."""

CELLS = 20
"""Of a line on a pole display. A letter of a display without Chinese is one of them, all else is counted as two."""

Missing = list[dict[str, Any]]
"""What the order still waits for: `{"station", "name", "quantity"}`."""

_WORDS = {
    "served": ("{place}：{station}已上", "{place}: {station} served"),
    "part": (
        "{place}：{station}划了一张，还差 {slips} 张小票",
        "{place}: one slip of {station} off, {slips} more to scan",
    ),
    "again": ("{place}：{station} {at} 已经划过", "{place}: {station} was already served at {at}"),
    "closed": ("{place}：{station} {at} 已经结束", "{place}: {station} was closed at {at}"),
    "not_out": (
        "这不是今天的小票：{code} 还没打出来",
        "This slip is not of today: {code} has not been printed yet",
    ),
    "cancelled": ("{place}：{station}已取消，不要上", "{place}: {station} was cancelled, do not serve it"),
    "order": ("{place}", "{place}"),
    "unknown": (
        "没有这张小票：{code}。请看小票再扫一次",
        "No slip has the code {code}. Look at the slip and scan again",
    ),
}
_STILL = ("还差{what}", "still missing: {what}")
_ALL = ("齐了", "all served")
_POLE = {
    "served": ("{place} {station}", "{place} {station}"),
    "part": ("{place} 还差{slips}张", "{place} +{slips} slips"),
    "again": ("{place} {at}已划", "{place} AGAIN {at}"),
    "closed": ("{place} {at}已结束", "{place} CLOSED {at}"),
    "not_out": ("不是今天的小票", "NOT TODAY'S SLIP"),
    "cancelled": ("{place} 已取消", "{place} CANCELLED"),
    "order": ("{place}", "{place}"),
    "unknown": ("没有这张小票", "UNKNOWN SLIP"),
}


def words_of(
    kind: str, code: str, place: TextMap, station: TextMap, missing: Missing, slips: int, at: str
) -> tuple[TextMap, dict[str, list[str]]]:
    """(what is said, the two lines of a pole display). `at` is the store's local time, `HH:MM`."""
    said: TextMap = {}
    pole: dict[str, list[str]] = {}
    for index, language in enumerate(LANGUAGES):
        fill = {
            "place": pick(place, language), "station": pick(station, language), "code": code, "slips": slips, "at": at,
        }  # fmt: skip
        gap = ("", " ")[index]
        what = ("、", ", ")[index].join(f"{pick(m['name'], language)} {m['quantity']}" for m in missing)
        rest = _STILL[index].format(what=gap + what) if missing else _ALL[index]
        if kind in ("unknown", "not_out"):
            said[language] = _WORDS[kind][index].format(**fill)
            pole[language] = [_POLE[kind][index], code]
            continue
        said[language] = _WORDS[kind][index].format(**fill) + ("，", "; ")[index] + rest.replace(":  ", ": ")
        lower = _short_of(("差 ", "- ")[index], missing, language, ("、", ", ")[index]) if missing else _ALL[index]
        pole[language] = [_upper(_POLE[kind][index], fill), lower]
    return said, pole


def cells(text: str) -> int:
    return sum(1 if letter.isascii() else 2 for letter in text)


def _cut(text: str, most: int) -> str:
    while cells(text) > most:
        text = text[:-1]
    return text


def _upper(form: str, fill: dict[str, Any]) -> str:
    """Of a line that is too long the place gives way: behind it stands what happened. A station is cut where it is
    read anyhow."""
    over = cells(form.format(**fill)) - CELLS
    if over > 0 and "{station}" not in form:
        fill = fill | {"place": _cut(fill["place"], cells(fill["place"]) - over)}
    return form.format(**fill)


def _short_of(head: str, missing: Missing, language: str, between: str) -> str:
    """As many stations as fit, whole, and how many dishes there are behind them: half a name would be read as all that
    is missing."""
    names = [(pick(one["name"], language), one["quantity"]) for one in missing]
    for kept in range(len(names), 0, -1):
        rest = sum(quantity for _, quantity in names[kept:])
        named = between.join(f"{name} {quantity}" for name, quantity in names[:kept])
        line = head + named + (f" +{rest}" if rest else "")
        if cells(line) <= CELLS:
            return line
    (name, quantity), rest = names[0], sum(quantity for _, quantity in names[1:])
    tail = f" {quantity}" + (f" +{rest}" if rest else "")
    return head + _cut(name, CELLS - cells(head + tail)) + tail
