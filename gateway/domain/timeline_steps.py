"""The steps of an order: what happened, when, by whom, in words. Pure: events and papers in, steps out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from gateway.domain.cause_words import filled, name_of, paper_name
from gateway.domain.explanation import Facts
from gateway.domain.hands import actor_words, hand_words
from gateway.domain.print_job import COOKED_BY, DEEDS, PrintJob
from gateway.domain.texts import TextMap, pick

Json = dict[str, Any]


class Step(msgspec.Struct):
    """`who` is as the journal keeps it, such as `staff cook`; `evidence` what a bridge said of a paper."""

    at: str
    what: str
    words: TextMap
    who: str = ""
    station: str = ""
    slip: str = ""
    printer: str = ""
    evidence: Json = {}


class Happened(msgspec.Struct, frozen=True):
    """One event of the journal about this order. `tickets` are those concerned, as they were right after it; `dishes`
    those of their lines that are meant, where it says so."""

    at: str
    what: str
    by: str
    tickets: list[Json]
    dishes: TextMap = {}


WORDS: dict[str, tuple[str, str]] = {
    "placed": ("{who}下单", "{who} ordered"),
    "ticket_shown": ("{station}的屏幕显示了（{hand}）", "drawn on the screen of {station} ({hand})"),
    "ticket_on_paper": ("{station}手里有单了：{hand}", "{station} has it on paper: {hand}"),
    "ticket_started": ("{station}开始做（{hand}）", "{station} began to cook ({hand})"),
    "ticket_bumped": ("{station}出餐（{hand}）", "{station} bumped it ({hand})"),
    "ticket_recalled": ("{station}召回（{hand}）", "{station} recalled it ({hand})"),
    "ticket_undone": ("{station}撤销（{hand}）", "{station} took it back ({hand})"),
    "ticket_acknowledged": ("{station}知道了改动（{hand}）", "{station} knows of the change ({hand})"),
    "ticket_allergy_known": ("{station}知道了过敏（{hand}）", "{station} knows of the allergy ({hand})"),
    "line_done": ("{station}做好了{dishes}（{hand}）", "{station} has done {dishes} ({hand})"),
    "line_undone": ("{station}说{dishes}还没做好（{hand}）", "{station} took back that {dishes} was done ({hand})"),
    "line_cancelled": ("{who}取消了{station}的菜", "{who} cancelled at {station}"),
    "line_returned": ("{who}退了{station}的菜", "{who} returned what {station} made"),
    "line_refired": ("{who}要{station}重做", "{who} asked {station} to cook again"),
    "line_changed": ("{who}改了{station}一道菜的备注", "{who} changed the note of a dish of {station}"),
    "line_rushed": ("{who}催{station}", "{who} hurried {station}"),
    "line_held": ("{who}让{station}先别做（等叫）", "{who} put it on hold at {station}"),
    "line_fired": ("{who}叫{station}起菜", "{who} fired it at {station}"),
    "moved": ("{who}换了桌", "{who} moved the party to another table"),
    "merged": ("{who}并了桌", "{who} joined it with another table"),
    "ticket_served": ("{station}的菜上了（{hand}）", "what {station} made was served ({hand})"),
    "ticket_unserved": ("{station}的菜退回传菜口（{hand}）", "what {station} made is back at the pass ({hand})"),
    "closed": ("{who}结束了这张单", "{who} closed the order"),
    "ticket_doubted": (
        "{station}还没有确认，已告诉客人店员会去看",
        "{station} has not confirmed: the guest is told that staff is checking",
    ),
    "apology": ("为这桌记了一次致歉，已报给云端", "one apology to these guests was noted, and goes to the cloud"),
    "called": ("已叫人去{station}口头报单", "someone was called to tell {station} in person"),
    "screen_down": (
        "{station}的屏幕没反应：{paper}交给{printer}",
        "the screen of {station} did not draw it: {paper} made for {printer}",
    ),
    "slip_made": ("{paper}交给{printer}", "{paper} made for {printer}"),
    "slip_again": ("{paper}交给{printer}，由{who}要求", "{paper} made for {printer}, asked for by {who}"),
    "slip_sending": ("{printer}正在打{paper}", "{printer} is printing {paper}"),
    "slip_waiting": ("{paper}在等{printer}（{reason}）", "{paper} waits for {printer} ({reason})"),
    "slip_printed": ("{printer}打出了{paper}，已核实", "{printer} printed {paper}, proven"),
    "slip_came_out": ("{who}说{paper}出来了", "{who} said that {paper} came out"),
    "slip_unconfirmed": ("{printer}打了{paper}，无法核实", "{printer} printed {paper}, which cannot be proven"),
    "slip_unknown": ("不确定{paper}在{printer}出了没有", "not sure that {paper} came out at {printer}"),
    "slip_stale": ("{paper}放久了，没有打，等人决定", "{paper} waited too long, a person is asked"),
    "slip_diverted": ("{paper}从{printer}改去{other}", "{paper} was diverted from {printer} to {other}"),
    "slip_cancelled": ("{paper}取消了（{who}）", "{paper} was cancelled ({who})"),
}  # fmt: skip
"""A kind of event that is not here still says itself."""

REASONS: dict[str, tuple[str, str]] = {
    "paper_out": ("没纸", "no paper"), "cover_open": ("盖子开着", "lid open"),
    "cutter_error": ("切刀卡住", "cutter stuck"), "jam": ("标签纸卡住", "labels jammed"),
    "ribbon_out": ("碳带用完", "no ribbon"),
    "pause_pressed": ("按了暂停键", "its pause button was pressed"), "error": ("有故障", "a fault"),
    "unplugged": ("线没接", "cable out"), "offline": ("连不上", "not reached"), "no_answer": ("不回话", "no answer"),
    "busy": ("正忙", "busy"),
}  # fmt: skip

_MAKING = {"placed": 0, "slip_made": 1, "screen_down": 1}
"""What comes first of all that happened in one moment."""

_JOB_STEPS = {
    "SENDING": "slip_sending", "WAITING": "slip_waiting", "PRINTED": "slip_printed", "UNCONFIRMED": "slip_unconfirmed",
    "UNKNOWN": "slip_unknown", "STALE": "slip_stale", "DIVERTED": "slip_diverted", "CANCELLED": "slip_cancelled",
}  # fmt: skip


def steps(facts: Facts, happened: Sequence[Happened], evidence: Mapping[str, Json]) -> list[Step]:
    """In the order in which they happened. `evidence`: of each paper, by job."""
    found = [step for one in happened for step in _of_event(facts, one)]
    if not happened:
        found += _of_rows(facts)
    papers = [job for job in facts.papers if job.kind not in DEEDS]
    for job in papers:
        found += _of_paper(facts, job, papers, evidence.get(job.id, {}))
    for ticket in facts.order.tickets:
        if called := facts.standing("ticket_unseen", ticket.id):
            found.append(_step(facts, "called", called.since, station=ticket.station))
    return sorted(found, key=lambda step: (step.at, _MAKING.get(step.what, len(_MAKING))))


def _of_event(facts: Facts, one: Happened) -> list[Step]:
    if one.what == "placed":
        return [_step(facts, "placed", one.at, who=one.by)]
    found = []
    for ticket in one.tickets:
        what, hand = one.what, str(ticket.get("updated_by", "")) or one.by
        if what == "ticket_shown" and hand.startswith("slip "):
            what = "ticket_on_paper"
        station = str(ticket.get("station", ""))
        found.append(_step(facts, what, one.at, who=one.by, station=station, hand=hand, dishes=one.dishes))
    return found or [_step(facts, one.what, one.at, who=one.by)]


def _of_rows(facts: Facts) -> list[Step]:
    """The journal no longer has the order: what its rows still know."""
    order = facts.order
    found = [_step(facts, "placed", order.placed_at, who="guest")]
    for ticket in order.tickets:
        moments = (
            ("ticket_shown", ticket.shown_at), ("ticket_started", ticket.started_at),
            ("ticket_bumped", ticket.ready_at),
        )  # fmt: skip
        found += [
            _step(facts, what, at, station=ticket.station, hand=ticket.updated_by) for what, at in moments if at
        ]
    return found


def _of_paper(facts: Facts, job: PrintJob, papers: Sequence[PrintJob], evidence: Json) -> list[Step]:
    """Its making and the last thing that is known of it: a job keeps no more. One that took another's place was made
    when that one was diverted, which says so."""
    found = []
    if not job.diverted_from:
        found.append(_of_job(facts, _making(facts, job), job.created_at, job, job.asked_by))
    what = _JOB_STEPS.get(job.state, "")
    if not what:
        return found
    if job.state == "PRINTED" and job.settled:
        what = "slip_came_out"
    taker = next((one.printer for one in papers if one.diverted_from == job.id), job.target)
    by = job.settled or ""
    found.append(_of_job(facts, what, job.updated_at, job, by, other=taker, evidence=evidence))
    return found


def _making(facts: Facts, job: PrintJob) -> str:
    if job.replaces:
        return "slip_again"
    own = job.kind in COOKED_BY and facts.order.ticket(job.ticket).proof == "screen"
    return "screen_down" if own else "slip_made"


def _of_job(facts: Facts, what: str, at: str, job: PrintJob, who: str, other: str = "", evidence: Json = {}) -> Step:  # noqa: B006
    step = _step(facts, what, at, who, job.station, job=job, other=other)
    step.slip, step.printer, step.evidence = facts.codes.get(job.id, ""), job.printer, evidence
    return step


def _step(
    facts: Facts, what: str, at: str, who: str = "", station: str = "", hand: str = "", job: PrintJob | None = None,
    other: str = "", dishes: TextMap = {},  # noqa: B006
) -> Step:  # fmt: skip
    texts = WORDS.get(what, (what.replace("_", " "),) * 2)
    words = {}
    for text, tag in zip(texts, ("zh-Hans", "en"), strict=True):
        fields = {"who": actor_words(who, tag), "hand": hand_words(hand, tag)}
        fields |= {"station": name_of(facts.rules, station, tag), "other": name_of(facts.rules, other, tag)}
        fields["dishes"] = pick(dishes, tag) if dishes else ""
        if job:
            zh, en = REASONS.get(job.reason, (job.reason,) * 2)
            fields["paper"] = paper_name(job, facts.order)[tag]
            fields["printer"] = name_of(facts.rules, job.printer, tag)
            fields["reason"] = en if tag == "en" else zh
        words[tag] = filled(text, fields, tag)
    return Step(at, what, words, who, station)


def concerned(order: Json, ticket_ids: Sequence[str]) -> list[Json]:
    """The tickets of an order's document that a change was about."""
    return [ticket for ticket in order.get("tickets", []) if ticket["id"] in ticket_ids]


def meant(order: Json, line_ids: Sequence[str]) -> TextMap:
    """The dishes of an order's document that a change was about; empty where it was about whole tickets."""
    lines = [line for line in order.get("lines", []) if line["id"] in line_ids]
    texts = {tag: [f"{line['quantity']}× {pick(line['name'], tag)}" for line in lines] for tag in ("zh-Hans", "en")}
    return {"zh-Hans": "、".join(texts["zh-Hans"]), "en": ", ".join(texts["en"])} if lines else {}
