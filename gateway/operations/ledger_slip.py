"""The proof of a day on paper, and kept: on a tap, and by itself where the settings name a printer for it."""

from __future__ import annotations

from typing import Any

import msgspec

from gateway.contract.slips import SlipFigure, SlipSection
from gateway.domain.actor import Actor
from gateway.domain.errors import Refused
from gateway.domain.ids import Ids
from gateway.domain.ledger import CLASSES
from gateway.domain.now import Now
from gateway.domain.print_job import PrintJob
from gateway.domain.settings import Printer, Settings
from gateway.domain.texts import TextMap, pick
from gateway.operations import ledger, papers
from gateway.operations.own_jobs import own_job
from gateway.store import jobs, keys, settings
from gateway.store import ledger as kept
from gateway.store.ids import row_of
from gateway.store.transaction import Tx

SCOPE = "ledger"

Json = dict[str, Any]

WORDS: dict[str, TextMap] = {
    "balanced": {"zh-Hans": "厨房对账：对得上", "en": "Kitchen ledger: it balances"},
    "different": {"zh-Hans": "厨房对账：差 {n} 份", "en": "Kitchen ledger: {n} dishes unaccounted for"},
    "open": {"zh-Hans": "营业日还没结束", "en": "The business day is not over"},
    "accepted": {"zh-Hans": "接单", "en": "accepted"},
    "difference": {"zh-Hans": "差", "en": "unaccounted for"},
    "differences": {"zh-Hans": "没有着落的菜", "en": "Dishes unaccounted for"},
    "gaps": {"zh-Hans": "没出的小票", "en": "Slips that did not come out"},
    "nothing": {"zh-Hans": "没有接单", "en": "Nothing was ordered"},
    "table": {"zh-Hans": "{n} 桌", "en": "table {n}"},
}


def print_proof(tx: Tx, now: Now, ids: Ids, actor: Actor, printer: str, key: str, day: str = "") -> PrintJob:
    """Prints the ledger of a day, without one of the day that is open. The same key: the same paper.

    Raises `Refused`: unknown_printer, unknown_day, invalid (a printer of labels), idempotency_key_reused.
    """
    rules = settings.the_settings(tx)
    known = rules.printer(printer)
    if known is None:
        raise Refused("unknown_printer")
    print_ = keys.fingerprint(f"{printer}:{day}".encode())
    former = keys.slot_of(tx, SCOPE, key, print_)
    if former is not None:
        return jobs.at(tx, former)
    papers.check_target(rules, printer, {"day"})
    job = _paper(now, ids, actor, known, rules, ledger.proof(tx, now, day))
    jobs.insert(tx, job)
    keys.remember(tx, SCOPE, key, print_, row_of(job.id))
    tx.changed.add("jobs")
    return job


def end_day(tx: Tx, now: Now, ids: Ids, actor: Actor, day: str, proof: str) -> None:
    """Keeps the proof of a day that is over, and prints it where the settings say so: once."""
    if kept.kept(tx, day) is not None:
        return
    kept.keep(tx, day, now.iso, proof)
    rules = settings.the_settings(tx)
    printer = rules.printer(rules.ledger.print_at)
    if printer is not None:
        jobs.insert(tx, _paper(now, ids, actor, printer, rules, msgspec.json.decode(proof)))
        tx.changed.add("jobs")


def _paper(now: Now, ids: Ids, actor: Actor, printer: Printer, rules: Settings, proof: Json) -> PrintJob:
    language = printer.language
    return own_job(
        now, ids, "day", printer, rules, asked_by=str(actor), store=pick(rules.name, language),
        sections=sections(proof, language),
    )  # fmt: skip


def sections(proof: Json, language: str) -> list[SlipSection]:
    """The proof as it stands on paper: the verdict, each shift and station, and what is missing."""

    def said(word: str, **more: Any) -> str:
        return pick(WORDS[word], language).format(**more)

    every = [figures for shift in proof["shifts"] for figures in shift["stations"]]
    missing = sum(figures["difference"] for figures in every)
    verdict = said("balanced") if proof["balanced"] else said("different", n=missing)
    head = [SlipFigure(proof["day"])] + ([SlipFigure(said("open"))] if proof["open"] else [])
    found = [SlipSection(verdict, head + ([] if every else [SlipFigure(said("nothing"))]))]
    for shift in proof["shifts"]:
        for figures in shift["stations"]:
            titles = (pick(shift["name"], language), pick(figures["name"], language))
            found.append(SlipSection(" · ".join(text for text in titles if text), _figures(figures, language)))
    names = {figures["station"]: pick(figures["name"], language) for figures in every}
    if proof["differences"]:
        rows = [_missing(one, names, language) for one in proof["differences"]]
        found.append(SlipSection(said("differences"), rows))
    if proof["gaps"]:
        rows = [
            SlipFigure(" ".join(text for text in (pick(one["name"], language), one["slip"], one["number"]) if text))
            for one in proof["gaps"]
        ]
        found.append(SlipSection(said("gaps"), rows))
    return found


def _figures(figures: Json, language: str) -> list[SlipFigure]:
    """The classes that hold something, and below them what they are together."""
    found = [SlipFigure(pick(words, language), count=figures[kind]) for kind, words in CLASSES.items() if figures[kind]]
    if figures["difference"]:
        found.append(SlipFigure(pick(WORDS["difference"], language), count=figures["difference"], strong=True))
    return [*found, SlipFigure("= " + pick(WORDS["accepted"], language), count=figures["accepted"], strong=True)]


def _missing(one: Json, names: dict[str, str], language: str) -> SlipFigure:
    table = pick(WORDS["table"], language).format(n=one["table"]) if one["table"] else ""
    parts = (one["number"], table, names.get(one["station"], ""), pick(one["dishes"], language))
    return SlipFigure(" ".join(part for part in parts if part))
