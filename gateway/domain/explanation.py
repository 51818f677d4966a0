"""Why an order stands where it stands. Pure: from how everything is now to causes, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from gateway.domain import causes
from gateway.domain.cause_words import clause, filled, name_of, paper_name, towards
from gateway.domain.hands import actor_words, hand_words
from gateway.domain.notice import WORDS as CHANGES
from gateway.domain.now import Now, parse_iso
from gateway.domain.order import Order
from gateway.domain.print_job import COOKED_BY, DEEDS, NOTICE, OPEN, PrintJob
from gateway.domain.settings import Settings
from gateway.domain.texts import TextMap
from gateway.domain.ticket import Ticket

SCREEN_S = 8.0
"""A screen has drawn a ticket, or a change of it, within this; else it is told. As housekeeping waits for a slip."""

CALL_S = 9.5
"""Where a slip counts as much as a screen, the slip has this long; then housekeeping calls somebody."""

BRIDGE_S = 10.0
"""A bridge says something about the next paper of a printer that is well within milliseconds, and the gateway asks it
anew every five seconds: after two such turns the paper is somewhere else."""


class Wrong(msgspec.Struct, frozen=True):
    """A condition that stands."""

    code: str
    subject: str
    since: str
    params: dict[str, Any] = {}


class Facts(msgspec.Struct, frozen=True):
    """All that the decision needs. `papers` are the order's jobs, of each ticket oldest first. `wrong` is what is wrong
    now, with whatever. `codes`: what stands on each paper and a scanner reads, by its job: A031-0041, A031-0041-2,
    A031-2 of a label, else the order's number. `ahead`: how many jobs an open one has before it at its printer.
    `in_cloud`: whether the cloud has the order as it is; `refused`: why it will not take one of its records."""

    order: Order
    papers: list[PrintJob]
    rules: Settings
    now: Now
    wrong: list[Wrong] = []
    codes: dict[str, str] = {}
    ahead: dict[str, int] = {}
    in_cloud: bool = True
    refused: str = ""

    def standing(self, code: str, subject: str) -> Wrong | None:
        return next((one for one in self.wrong if (one.code, one.subject) == (code, subject)), None)

    def first(self, codes: Iterable[str], subject: str) -> Wrong | None:
        """The first of `codes` that stands."""
        return next((found for code in codes if (found := self.standing(code, subject))), None)


class Cause(msgspec.Struct):
    """One reason. `rank` is one of `causes.RANKS`; `since` "" where nobody knows. `job` is the paper it is about."""

    code: str
    rank: str
    since: str
    station: str
    printer: str
    slip: str
    job: str
    words: TextMap

    @property
    def place(self) -> tuple[int, int]:
        return causes.RANKS.index(self.rank), causes.ORDER[self.code]


def explain_ticket(facts: Facts, ticket: Ticket) -> list[Cause]:
    """Never empty; the first is the headline."""
    if ticket.state in ("SERVED", "CANCELLED"):
        code = "served" if ticket.state == "SERVED" else "cancelled"
        since = ticket.served_at or ticket.cleared_at or ticket.updated_at
        return [_cause(facts, code, ticket, since=since, by=ticket.updated_by)]
    if ticket.is_held:
        return [_cause(facts, "on_hold", ticket, since=ticket.fired_at)]
    papers = [job for job in facts.papers if job.ticket == ticket.id and job.kind in COOKED_BY]
    found = [cause for job in papers if (cause := _of_paper(facts, ticket, job, papers))]
    found += [_cause(facts, "slip_missing", ticket, job) for job in papers if facts.standing("slip_missing", job.id)]
    found += _of_screens(facts, ticket, papers)
    found += _of_changes(facts, ticket)
    if ticket.state != "QUEUED":
        found.append(_with_the_cook(facts, ticket, papers))
    elif not found:
        found.append(_cause(facts, "on_its_way", ticket, since=ticket.fired_at))
    return sorted(found, key=lambda cause: cause.place)


def explain_order(facts: Facts) -> list[Cause]:
    """What concerns the whole order: its state, its further papers, the cloud. May be empty."""
    code = {"AWAITING_RELEASE": "awaiting_release", "AWAITING_PAYMENT": "awaiting_payment", "EXPIRED": "expired"}.get(
        facts.order.status
    )
    found = [_cause(facts, code, None, since=facts.order.updated_at)] if code else []
    for job in facts.papers:
        if not job.ticket and job.kind not in DEEDS and (cause := _of_paper(facts, None, job, [job])):
            found.append(cause)
    for one in facts.wrong:
        if one.code == "ledger_difference":
            place, dishes = one.params.get("station", ""), one.params.get("dishes", "")
            found.append(_cause(facts, one.code, None, since=one.since, station=place, dishes=dishes))
    if facts.refused:
        found.append(_cause(facts, "cloud_refused", None, reason=facts.refused))
    away = facts.first(causes.UPLINK_TROUBLES, "cloud")
    if not facts.in_cloud and away:
        found.append(_cause(facts, away.code, None, since=away.since))
    return sorted(found, key=lambda cause: cause.place)


def is_well(found: Iterable[Cause]) -> bool:
    """Whether nothing stands in the way."""
    return all(cause.rank in causes.WELL for cause in found)


# --- papers ---


def _of_paper(facts: Facts, ticket: Ticket | None, job: PrintJob, papers: list[PrintJob]) -> Cause | None:
    """What keeps this paper; None where it is out, answered for, or another came in its place."""
    unproven = ticket is not None and ticket.state == "QUEUED"
    if job.state in OPEN:
        return _of_open_paper(facts, ticket, job)
    if job.state == "UNKNOWN" and job.settled is None:
        code = "slip_gap" if facts.standing("slip_gap", job.id) else "slip_unknown"
        return _cause(facts, code, ticket, job, since=job.updated_at)
    if job.state == "STALE":
        late = facts.standing("slip_stale_unanswered", job.id)
        return _cause(facts, "slip_stale_unanswered" if late else "slip_stale", ticket, job, since=job.updated_at)
    last = not any(other.part == job.part for other in papers[papers.index(job) + 1 :])
    if unproven and last and job.state == "UNCONFIRMED":
        return _cause(facts, "slip_unproven", ticket, job, since=job.updated_at)
    if unproven and last and job.state == "CANCELLED":
        return _cause(facts, "slip_cancelled", ticket, job, since=job.updated_at, by=job.settled or "")
    return None


def _of_open_paper(facts: Facts, ticket: Ticket | None, job: PrintJob) -> Cause:
    trouble = trouble_of(facts, job.printer, begun=job.state == "SENDING")
    if trouble:
        return _cause(facts, trouble.code, ticket, job, since=trouble.since, **_of_trouble(trouble))
    if job.state == "WAITING" and job.reason:
        code = causes.WAITING_FOR.get(job.reason, "printer_waits")
        return _cause(facts, code, ticket, job, since=job.updated_at, reason=job.reason, n=facts.ahead.get(job.id, 0))
    if job.state == "SENDING":
        return _cause(facts, "printing", ticket, job, since=job.updated_at)
    if silent := facts.standing("slip_silent", job.id):
        return _cause(facts, "slip_silent", ticket, job, since=silent.since)
    if job.intent:
        return _cause(facts, "taking_back", ticket, job, since=job.updated_at, other=job.target)
    if ahead := facts.ahead.get(job.id, 0):
        return _cause(facts, "in_line", ticket, job, since=job.updated_at, n=ahead)
    code = "on_its_way" if ticket else "paper_on_its_way"
    overdue = facts.now.since(job.boot, job.mono) >= BRIDGE_S
    return _cause(facts, "bridge_silent" if overdue else code, ticket, job, since=job.updated_at)


def _of_trouble(trouble: Wrong) -> dict[str, str]:
    return {name: str(value) for name, value in trouble.params.items() if name in ("by", "reason")}


def trouble_of(facts: Facts, printer: str, begun: bool = False) -> Wrong | None:
    """What keeps papers from this printer: what is nearest to the box first, as nobody hears what lies behind it. What
    has `begun` ends although people have paused the printer."""
    if broker := facts.standing("broker_down", "broker"):
        return broker
    known = facts.rules.printer(printer)
    bridge = facts.standing("bridge_offline", known.bridge) if known else None
    return bridge or facts.first((c for c in causes.PRINTER_TROUBLES if not (begun and c == "printer_paused")), printer)


# --- screens, and the cook ---


def _of_screens(facts: Facts, ticket: Ticket, papers: list[PrintJob]) -> list[Cause]:
    if ticket.proof == "paper":
        return []
    if ticket.state == "QUEUED":
        patience = SCREEN_S if ticket.proof == "screen" else CALL_S
        late = facts.now.could_be_seen(ticket.fired_boot, ticket.fired_mono) >= patience
        held = all(line.state == "ON_HOLD" for line in facts.order.lines_of(ticket.id))
        return [_cause(facts, "no_screen", ticket, since=ticket.fired_at)] if late and not held else []
    if ticket.state == "READY" or ticket.shown_version >= ticket.version:
        return []
    if (ticket.shown_by or "").startswith("slip"):
        # Where a proven slip counts as much as a screen nobody misses the screen.
        came_out = _printed(papers)
        return [_cause(facts, "screen_silent", ticket, came_out)] if ticket.proof == "screen" else []
    waited = (facts.now.utc - parse_iso(ticket.updated_at)).total_seconds()
    late = ticket.state == "SHOWN" and waited >= SCREEN_S
    return [_cause(facts, "change_unseen", ticket, since=ticket.updated_at)] if late else []


def _of_changes(facts: Facts, ticket: Ticket) -> list[Cause]:
    """Of its changes that nobody has seen: what keeps their slips, and those for which somebody was called."""
    found = []
    for notice in facts.order.notices_of(ticket.id):
        if notice.shown_at is not None or notice.acked_at is not None:
            continue
        slips = [job for job in facts.papers if (job.kind, job.ticket, job.part) == (NOTICE, ticket.id, notice.number)]
        found += [cause for job in slips if (cause := _of_paper(facts, ticket, job, slips))]
        found += [_cause(facts, "slip_missing", ticket, job) for job in slips if facts.standing("slip_missing", job.id)]
        if facts.standing("notice_unseen", notice.id):
            found.append(_cause(facts, "notice_unseen", ticket, since=notice.at, what=CHANGES[notice.kind]))
    return found


def _with_the_cook(facts: Facts, ticket: Ticket, papers: list[PrintJob]) -> Cause:
    if ticket.state == "READY":
        return _cause(facts, "ready", ticket, since=ticket.ready_at or ticket.updated_at)
    if ticket.state == "STARTED":
        return _cause(facts, "started", ticket, since=ticket.started_at or ticket.updated_at, by=ticket.updated_by)
    came_out = _printed(papers)
    if came_out is None or not (ticket.shown_by or "").startswith("slip"):
        return _cause(facts, "on_screen", ticket, since=ticket.shown_at or ticket.updated_at)
    if ticket.proof == "screen":
        return _cause(facts, "screen_down", ticket, came_out, since=came_out.updated_at)
    station = facts.rules.station(ticket.station)
    if station is not None and came_out.diverted_from and came_out.printer != station.printer:
        return _cause(facts, "on_paper_elsewhere", ticket, came_out, since=came_out.updated_at, other=station.printer)
    return _cause(facts, "on_paper", ticket, came_out, since=came_out.updated_at)


def _printed(papers: list[PrintJob]) -> PrintJob | None:
    """The newest paper of the ticket that is proven."""
    return next((job for job in reversed(papers) if job.state == "PRINTED"), None)


# --- words ---


def _cause(
    facts: Facts, code: str, ticket: Ticket | None, job: PrintJob | None = None, since: str = "", other: str = "",
    by: str = "", station: str = "", **more: Any,
) -> Cause:  # fmt: skip
    kind = causes.KINDS[code]
    proven = ticket is None or ticket.state != "QUEUED"
    rank = "soon" if kind.rank == "now" and job is not None and proven else kind.rank
    since = since or (job.updated_at if job else "")
    station = ticket.station if ticket else (job.station if job else station)
    paper = paper_name(job, facts.order) if job else {}
    words = {}
    for tag, text in kind.words.items():
        named = name_of(facts.rules, other, tag)
        hand = hand_words(actor_words(by, tag) if by.startswith("staff ") else by, tag)
        told = {name: value[tag] if isinstance(value, dict) else value for name, value in more.items()}
        fields = {**told, "by": hand, "paper": paper.get(tag, ""), "station": name_of(facts.rules, station, tag)}
        fields |= {"printer": name_of(facts.rules, job.printer, tag) if job else "", "other": named}
        fields |= {"since": clause(facts.rules, since, "since", tag), "at": clause(facts.rules, since, "at", tag)}
        words[tag] = filled(text, fields | {"other_clause": towards(named, tag)}, tag)
    return Cause(
        code, rank, since, station, job.printer if job else "", facts.codes.get(job.id, "") if job else "",
        job.id if job else "", words,
    )  # fmt: skip
