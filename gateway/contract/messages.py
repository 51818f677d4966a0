"""JSON payloads on the local broker. Unknown fields are ignored, so that a newer peer is understood.

State names are those of docs/architecture.md, in upper case; device states are lower case.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from gateway.contract.slips import Slip

MAX_PAYLOAD = 64 * 1024
"""Bytes. An order's document is 48 KiB at the most (gateway/domain/order.py), and a ticket or a slip is a part of it; a
larger payload is a fault or an attack."""

_ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+$"
"""What can end a line or turn the reading direction stands on no screen and no paper."""

ScreenName = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=_ONE_LINE)]
ActionKey = Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern=_ONE_LINE)]
Version = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""Up to what JSON's readers agree on; SQLite has ten bits more."""
LineIds = Annotated[list[Annotated[str, msgspec.Meta(max_length=8)]], msgspec.Meta(max_length=60)]
"""Lines of a ticket that are bumped or undone by themselves; empty: the ticket. No order has more lines."""

JobState = Literal["SENDING", "WAITING", "PRINTED", "UNCONFIRMED", "UNKNOWN", "WITHDRAWN"]
FINAL_RESULTS: frozenset[str] = frozenset({"PRINTED", "UNCONFIRMED", "UNKNOWN", "WITHDRAWN"})

DeviceStatus = Literal["online", "degraded", "blocked", "offline", "unknown"]


class PrintCommand(msgspec.Struct, omit_defaults=True):
    """Gateway to bridge, `printers/{printer}/jobs`.

    The same `key` is the same slip for ever: the bridge answers a key it knows from its memory, never
    with bytes. `attempt` counts the publications and comes back in the answer.

    `within_s`: it begins within so many seconds after the bridge has first taken it, or ends as WITHDRAWN. 0: no limit.
    """

    op: Literal["print", "withdraw"]
    key: str
    attempt: int
    slip: Slip | None = None
    copy: int = 1
    within_s: float = 0


class PrintResult(msgspec.Struct, omit_defaults=True):
    """Bridge to gateway, `printers/{printer}/results`.

    `WITHDRAWN` only if no byte left. `UNKNOWN`: bytes may have left and nothing proves the paper.
    `reason` is a code such as `paper_out`, `cover_open`, `offline`, `no_answer`, `unplugged`, `restarted`; of what
    could not begin in its time also `too_late`, of a drawer or buzzer that the printer has not `not_there`.
    `evidence` says what proves the state, such as `{"fence": "gs_r", "answer": "00", "bytes": 512}`; of a network line
    that died also how many bytes that had left were `unacknowledged`.
    """

    key: str
    attempt: int
    state: JobState
    reason: str = ""
    evidence: dict[str, Any] = msgspec.field(default_factory=dict)


class DeviceState(msgspec.Struct, omit_defaults=True):
    """Bridge, retained, `devices/{device}/state`. It counts only while its bridge is online.

    `reasons` are codes: `paper_low`, `paper_out`, `cover_open`, `cutter_error`, `no_answer`, `unplugged`; of label
    printers also `jam`, `ribbon_out`, `pause_pressed`, `error`; `moved`: a network device that is reached at `address`
    (HOST:PORT), which is not what the settings say; `replaced`: a printer in whose place another device answers now,
    until a test slip has come out of it.
    """

    status: DeviceStatus
    bridge: str
    driver: str = ""
    model: str = ""
    firmware: str = ""
    address: str = ""
    reasons: list[str] = msgspec.field(default_factory=list)
    since: str = ""


class DeviceDesired(msgspec.Struct, omit_defaults=True):
    """One device as the store wants it. `port` is a path by its stable name, `socket://HOST:PORT` or `usb:PATH`.

    `columns` counts half-width characters on a line. `fence` is how this printer proves its paper. `options` are
    settings that only one kind of device has, or its line (`flow`), by name; docs/devices.md lists them.
    """

    name: str
    driver: str
    port: str
    baud: int = 19200
    columns: int = 48
    fence: Literal["gs_h", "gs_r", "none"] = "gs_r"
    encoding: Literal["gbk", "big5", "cp437", "cp858"] = "gbk"
    options: dict[str, str] = msgspec.field(default_factory=dict)


class DeviceEvent(msgspec.Struct, omit_defaults=True):
    """Bridge to gateway, `devices/{device}/events`: a key, a scan, a weight, a call.

    `key` is the same for the same event for ever; brought twice it counts once. `age_ms`: how long ago it happened,
    for a device that kept it while its cable was out.
    """

    key: str
    kind: str
    facts: dict[str, Any] = msgspec.field(default_factory=dict)
    age_ms: int = 0


class DeviceCommand(msgspec.Struct, omit_defaults=True):
    """Gateway to bridge, `devices/{device}/do`: a lamp, a text, a buzz, a page.

    `key` names an action that must not happen twice; a state such as a lamp's needs none, its last value wins.
    """

    op: str
    args: dict[str, Any] = msgspec.field(default_factory=dict)
    key: str = ""


class BridgeCommand(msgspec.Struct, omit_defaults=True):
    """Gateway to bridge, `bridges/{bridge}/do`: look for devices, find out what one of them can do, or test it.

    The same `key` is the same inquiry for ever; `attempt` counts its publications. `device` is a name of the desired
    configuration, empty where it is about none of them.
    """

    op: Literal["discover", "probe", "test"]
    key: str
    attempt: int = 1
    device: str = ""
    args: dict[str, Any] = msgspec.field(default_factory=dict)


class BridgeEvent(msgspec.Struct, omit_defaults=True):
    """Bridge to gateway, `bridges/{bridge}/events`: the one answer to a command, under its key.

    `refused` says in `facts.reason` why there is no other: `unknown_device`, `not_possible`, `busy`, `restarted`.
    """

    key: str
    kind: Literal["found", "probed", "tested", "refused"]
    facts: dict[str, Any] = msgspec.field(default_factory=dict)


class BridgeDesired(msgspec.Struct, omit_defaults=True):
    """Gateway to bridge, retained: the bridge's whole device configuration."""

    revision: int
    devices: list[DeviceDesired] = msgspec.field(default_factory=list)


class BridgeState(msgspec.Struct, omit_defaults=True):
    """Bridge, retained, with `online: false` as its last will."""

    online: bool
    revision: int = 0
    boot: str = ""
    version: str = ""
    errors: dict[str, str] = msgspec.field(default_factory=dict)
    found: list[str] = msgspec.field(default_factory=list)


class GatewayState(msgspec.Struct, omit_defaults=True):
    """Gateway, retained, `state`; `offline` as its last will."""

    status: Literal["online", "offline"]
    version: str = ""
    boot: str = ""


class TicketDo(msgspec.Struct, omit_defaults=True):
    """Display to gateway, `stations/{station}/tickets/{ticket}/do`; also the body of the HTTP call."""

    action: Literal["start", "bump", "recall", "undo", "serve", "acknowledge", "allergy", "rush", "rendered"]
    screen: ScreenName
    key: ActionKey
    version: Version
    lines: LineIds = []
