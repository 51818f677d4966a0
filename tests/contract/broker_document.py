"""The AsyncAPI 3 document of the local broker, made from gateway/contract/topics.py and the payloads' types.

`python tests/contract/broker_document.py > docs/asyncapi.yaml` writes it anew.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from gateway import __version__
from gateway.contract.messages import (
    MAX_PAYLOAD,
    BridgeCommand,
    BridgeDesired,
    BridgeEvent,
    BridgeState,
    DeviceCommand,
    DeviceEvent,
    DeviceState,
    GatewayState,
    PrintCommand,
    PrintResult,
    TicketDo,
)
from gateway.contract.topics import Topics
from gateway.domain.order import StaffCart

TICKET = {
    "type": "object",
    "description": "The whole ticket as it is now; docs/http.md, Ticket, is the same document.",
    "required": ["id", "station", "state", "version", "shown_version", "order", "lines", "cleared_at"],
    "properties": {
        "id": {"type": "string"},
        "station": {"type": "string"},
        "state": {"enum": ["QUEUED", "SHOWN", "STARTED", "READY", "SERVED", "CANCELLED"]},
        "version": {"type": "integer"},
        "shown_version": {"type": "integer"},
        "order": {"type": "object"},
        "lines": {"type": "array", "items": {"type": "object"}},
        "cleared_at": {"type": ["string", "null"]},
    },
}
RESULT = {
    "type": "object",
    "description": "The body that the HTTP call answers with, and `replayed`; a refusal has `code` instead of `id`.",
    "required": ["status"],
    "properties": {
        "status": {"type": ["string", "integer"], "description": "The order's, or of a refusal that of HTTP"},
        "id": {"type": "string"},
        "number": {"type": "string"},
        "total": {"type": "integer"},
        "currency": {"type": "string"},
        "check": {"type": "string"},
        "replayed": {"type": "boolean"},
        "code": {"type": "string"},
    },
}
GATEWAY, BRIDGE, DISPLAY, PROGRAM = "gateway", "bridge", "display", "program"

CHANNELS: list[tuple[str, str, bool, str, str, Any]] = [
    (
        "state",
        GATEWAY,
        True,
        "everybody",
        "Online or offline, version and boot; `offline` is its last will",
        GatewayState,
    ),
    ("ticket", GATEWAY, True, "displays", "A ticket as it is; an empty payload removes it", TICKET),
    ("ticket_do", DISPLAY, False, "gateway", "What a person did, or that a version was drawn", TicketDo),
    ("bridge_desired", GATEWAY, True, "bridge", "The bridge's whole device configuration", BridgeDesired),
    (
        "bridge_state",
        BRIDGE,
        True,
        "gateway",
        "Online, the revision it works by, what is wrong; has a last will",
        BridgeState,
    ),
    ("bridge_do", GATEWAY, False, "bridge", "Look for devices, find out what one can do", BridgeCommand),
    ("bridge_events", BRIDGE, False, "gateway", "The answers to these", BridgeEvent),
    ("printer_jobs", GATEWAY, False, "bridge", "One paper to print, or to take back", PrintCommand),
    ("printer_results", BRIDGE, False, "gateway", "How far a paper is, and what proves it", PrintResult),
    ("device_state", BRIDGE, True, "everybody", "How a device is; counts only while its bridge is online", DeviceState),
    ("device_events", BRIDGE, False, "gateway", "Keys, scans, weights, calls", DeviceEvent),
    ("device_do", GATEWAY, False, "bridge", "Lamps, text, buzz, page", DeviceCommand),
    ("orders", PROGRAM, False, "gateway", "An order from an integrator's system; `key` is needed", StaffCart),
    ("order_result", GATEWAY, False, "program", "The answer to it", RESULT),
]
"""(method of Topics, sender, retained, receiver, words, payload)."""

_PARAMETERS = {
    "ticket": ("station", "ticket_id"), "ticket_do": ("station", "ticket_id"), "bridge_desired": ("bridge",),
    "bridge_state": ("bridge",), "bridge_do": ("bridge",), "bridge_events": ("bridge",), "printer_jobs": ("printer",),
    "printer_results": ("printer",), "device_state": ("device",), "device_events": ("device",),
    "device_do": ("device",),
    "order_result": ("key",),
}  # fmt: skip


def address(method: str) -> str:
    """The topic with its parameters in braces, from the code that builds it."""
    return str(getattr(Topics("{store}"), method)(*(f"{{{name}}}" for name in _PARAMETERS.get(method, ()))))


def document() -> dict[str, Any]:
    types = [kind for *_, kind in CHANNELS if not isinstance(kind, dict)]
    _, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    channels, operations = {}, {}
    for method, sender, retained, receiver, words, kind in CHANNELS:
        payload = kind if isinstance(kind, dict) else {"$ref": f"#/components/schemas/{kind.__name__}"}
        names = ("store", *_PARAMETERS.get(method, ()))
        channels[method] = {
            "address": address(method),
            "description": f"{sender.capitalize()} to {receiver}. {words}.",
            "parameters": {name: {"description": _NAMES[name]} for name in names},
            "messages": {method: {"payload": payload, "bindings": {"mqtt": {"bindingVersion": "0.2.0"}}}},
        }
        operations[f"{sender}_sends_{method}"] = {
            "action": "send" if sender == GATEWAY else "receive",
            "channel": {"$ref": f"#/channels/{method}"},
            "bindings": {"mqtt": {"qos": 1, "retain": retained, "bindingVersion": "0.2.0"}},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tablepass on the local broker",
            "version": __version__,
            "description": f"JSON, MQTT 3.1.1, QoS 1, at most {MAX_PAYLOAD} bytes. docs/mqtt.md tells it in prose.",
        },
        "defaultContentType": "application/json",
        "servers": {"store": {"host": "127.0.0.1:1883", "protocol": "mqtt", "security": [{"type": "userPassword"}]}},
        "channels": channels,
        "operations": operations,
        "components": {"schemas": schemas},
    }


_NAMES = {
    "store": "The store's id in the boot file",
    "station": "A station of the settings",
    "ticket_id": "UUIDv7",
    "bridge": "A bridge named by the printers of the settings",
    "printer": "A printer of the settings",
    "device": "A device; a printer is one",
    "key": "The order's idempotency key; printable, without + # /",
}


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def text() -> str:
    return yaml.dump(document(), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)


if __name__ == "__main__":
    sys.stdout.write(text())
