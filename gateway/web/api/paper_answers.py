"""What is answered about printers and papers. As types, like those of gateway/web/api/order_answers.py."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from gateway.contract.messages import DeviceStatus
from gateway.domain import print_job
from gateway.domain.texts import TextMap
from gateway.web.api.order_answers import Time, one_of

JobState = Annotated[str, one_of(*print_job.STATES)]


class PausedBy(msgspec.Struct):
    at: Time
    by: str


class Probed(msgspec.Struct):
    """The newest probe of a printer that was answered: `GET /api/v1/inquiries/{inquiry}` has what came of it."""

    inquiry: str
    at: Time


class LabelSize(msgspec.Struct):
    """In mm; `gap_mm` is what lies between two labels."""

    width_mm: int
    height_mm: int
    gap_mm: int


class Printer(msgspec.Struct):
    """`fence` is how it proves a slip: by a mark of its own (gs_h), by an answer (gs_r), by what a label printer says
    of itself (status), or not at all (none). `label`: what a label printer prints on; its `columns` say nothing.

    `serves`: the stations whose slips it gets; `stands_in_for`: those whose slips it gets while another cannot print.
    """

    name: str
    title: TextMap
    bridge: str
    port: str
    columns: int
    label: LabelSize | None
    language: str
    encoding: str
    fence: Literal["gs_h", "gs_r", "status", "none"]
    drawer: Literal["none", "pin2", "pin5"]
    buzzer: Literal["none", "clone", "epson", "drawer_socket"]
    status: DeviceStatus
    reasons: list[str]
    model: str
    firmware: str
    since: Time | None
    waiting: int
    paused: PausedBy | None
    serves: list[str]
    stands_in_for: list[str]
    probed: Probed | None


class Printers(msgspec.Struct):
    printers: list[Printer]


class Job(msgspec.Struct):
    """One paper, or a `kind` that is none: `drawer`, `buzzer`.

    `copy` 1 is the first; every later one is marked as a reprint of the job that it `replaces`.

    `part`: which dish, portion or label of its order it is, from 1; 0 where the paper is not one of several.
    `diverted_from`: a job of which nothing was printed, whose place this one took. `intent`: why it is wanted back.
    """

    id: str
    key: str
    order_id: str
    order_number: str
    ticket_id: str
    kind: str
    printer: str
    station: str
    number: str
    part: int
    state: JobState
    reason: str
    evidence: dict[str, Any]
    attempts: int
    copy: int
    replaces: str | None
    diverted_from: str | None
    intent: Literal["", "cancel", "divert", "stale"]
    settled: str | None
    created_at: Time
    updated_at: Time


class PrinterDone(msgspec.Struct):
    """`papers`: of how many waiting papers it was. `job`: the test slip, drawer or buzzer that was asked for, as it
    is by now; ask again with the same key to learn its end."""

    printer: str
    papers: int
    job: Job | None


class PaperSpan(msgspec.Struct):
    text: str
    wide: bool
    tall: bool
    bold: bool
    inverse: bool


class PaperText(msgspec.Struct, tag_field="kind", tag="text"):
    spans: list[PaperSpan]


class PaperGap(msgspec.Struct, tag_field="kind", tag="gap"):
    """White paper; 8 dots a millimetre."""

    dots: int


class PaperRule(msgspec.Struct, tag_field="kind", tag="rule"):
    """A dashed line over the whole width."""


class PaperBarCode(msgspec.Struct, tag_field="kind", tag="bar_code"):
    text: str


class PaperQrCode(msgspec.Struct, tag_field="kind", tag="qr"):
    text: str


class Paper(msgspec.Struct):
    """A paper of `columns` half-width characters, line by line, as its printer would print it now. Of a label also its
    size; one on which dish and allergies do not fit has no lines, as its printer refuses it."""

    columns: int
    label: LabelSize | None
    lines: list[PaperText | PaperGap | PaperRule | PaperBarCode | PaperQrCode]


class Jobs(msgspec.Struct):
    jobs: list[Job]
