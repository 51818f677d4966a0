"""The cloud uplink: CloudEvents 1.0 in JSON batches, and the answer that the box believes.

A batch is `application/cloudevents-batch+json`, optionally gzip, at most `MAX_BATCH_EVENTS` events.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

MAX_BATCH_EVENTS = 100
"""Batch 100 to 250 is the knee of the measured drain curve; 100 keeps one retry cheap on a thin line."""

MAX_BATCH_BYTES = 128 * 1024
"""Raw bytes. The smallest message limit among the managed clouds that could stand behind the receiver."""

MEDIA_TYPE = "application/cloudevents-batch+json"
DEAD_TYPE = "tablepass.event.dead.v1"
"""Sent in the slot of an event that the cloud refuses for ever, so that the sequence has no gap."""

ClockGrade = Literal["ntp", "lan", "rtc", "holdover", "guess"]


class CloudEvent(msgspec.Struct):
    """One event. `(epoch, seq)` is gap-free from 1 for each box and epoch; `ver` is the subject's version."""

    id: str
    source: str
    type: str
    subject: str
    time: str
    storeid: str
    boxid: str
    epoch: str
    seq: int
    ver: int
    clockq: ClockGrade
    bizday: str
    data: dict[str, Any]
    specversion: str = msgspec.field(default="1.0")
    datacontenttype: str = msgspec.field(default="application/json")

    def __post_init__(self) -> None:
        if self.seq < 1:
            raise ValueError("seq counts from 1")


class PoisonSlot(msgspec.Struct):
    """A slot whose event the cloud keeps but cannot use, and why."""

    seq: int
    reason: str


class BatchAnswer(msgspec.Struct):
    """What the cloud's application says after its own commit. All four fields must be there: a captive
    portal's page, or a proxy's empty 200, is not an answer."""

    epoch: str
    applied_upto: int
    missing: list[int]
    poison: list[PoisonSlot]
