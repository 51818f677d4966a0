"""What a probe found out about a printer, as it crosses from the bridge to the store and into reports.

Nothing here is a guess: what neither the printer nor a source says is `unknown`, and silence is never a status.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from gateway.contract.findings_words import ADVICE, CAPABILITIES, KNOWN, LETTERS, NOTES, STATES, TITLES

Ability = Literal["works", "does_not", "unknown"]
Known = Literal["probed", "documented", "unverified"]
"""How: this very printer answered, a source says so of its model, or nobody knows."""


class Capability(msgspec.Struct, omit_defaults=True):
    """`note` is a code of NOTES: what else is to be known of it."""

    state: Ability = "unknown"
    known: Known = "unverified"
    note: str = ""

    @property
    def word(self) -> str:
        """A code of STATES: only what was answered, or stands in a source, is called a fact."""
        supposed = {"works": "should", "does_not": "should_not"} if self.known == "unverified" else {}
        return supposed.get(self.state, self.state)


class Disagreement(msgspec.Struct):
    """The store's settings say what this printer does not do."""

    setting: str
    says: str
    capability: str


class Findings(msgspec.Struct, omit_defaults=True):
    """`printed`: the printer answered behind the probe's slip, so it is on paper. `ended` says why it was not, as a
    code such as `paper_out` or `no_answer`. `said` is what it calls itself, which proves nothing: printers
    borrow other makers' names. `profile` is the known model whose papers were held beside it.

    `advice` are settings that fit, by their names. `letters` stand on the printed slip, each before something that only
    a person can judge. `exchange`: milliseconds since the beginning, `>` to the printer or `<` from it, bytes in hex.
    """

    printed: bool
    capabilities: dict[str, Capability]
    ended: str = ""
    profile: str = ""
    said: dict[str, str] = {}
    advice: dict[str, str] = {}
    disagrees: list[Disagreement] = []
    letters: str = ""
    exchange: list[tuple[int, str, str]] = []


def lines(found: Findings, language: Literal["zh", "en"], *, letters: bool = True) -> list[str]:
    """The findings for people, a line each; with the questions about the printed slip where `letters`."""
    at = 0 if language == "zh" else 1
    colon, comma = ("：", "，") if language == "zh" else (": ", ", ")
    printed = "printed" if found.printed else found.ended or "not_printed"
    told = [TITLES[printed][at]]
    names = [found.said[name] for name in ("maker", "model", "firmware") if name in found.said]
    if names:
        told.append(TITLES["said"][at] + colon + comma.join(names))
    for name, one in found.capabilities.items():
        note = comma + NOTES[one.note][at] if one.note in NOTES else ""
        told.append(f"{CAPABILITIES[name][at]}{colon}{STATES[one.word][at]}{comma}{KNOWN[one.known][at]}{note}")
    told += [ADVICE[name][at].format(value) for name, value in found.advice.items() if name in ADVICE]
    for wrong in found.disagrees:
        documented = found.capabilities[wrong.capability].known == "documented"
        words = TITLES["disagrees_documented" if documented else "disagrees"][at]
        told.append(words.format(wrong.setting, wrong.says, CAPABILITIES[wrong.capability][at]))
    return told + ([f"{letter}{colon}{LETTERS[letter][at]}" for letter in found.letters] if letters else [])
