"""What is answered about bridges and devices. As types, like those of gateway/web/api/order_answers.py."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from gateway.contract.messages import DeviceStatus
from gateway.domain import inquiry
from gateway.web.api.order_answers import Time, one_of

InquiryState = Annotated[str, one_of("ASKED", *dict.fromkeys(inquiry.MOVES.values()))]


class Device(msgspec.Struct):
    """Whatever hangs at a bridge. `waiting`: papers that wait behind it."""

    name: str
    bridge: str
    status: DeviceStatus
    reasons: list[str]
    driver: str
    model: str
    firmware: str
    since: Time
    waiting: int


class Devices(msgspec.Struct):
    devices: list[Device]


class Bridge(msgspec.Struct):
    """`revision`: of the settings that it drives its devices by."""

    name: str
    online: bool
    revision: int
    since: Time


class Bridges(msgspec.Struct):
    bridges: list[Bridge]


class Inquiry(msgspec.Struct):
    """What a bridge was asked to find out. `answer` is null before it has one, and when nothing came in time
    (UNANSWERED); of a REFUSED one its `reason` says why. docs/mqtt.md says what stands in the others."""

    id: str
    bridge: str
    op: str
    device: str
    state: InquiryState
    asked_by: str
    asked_at: Time
    answer: dict[str, Any] | None
