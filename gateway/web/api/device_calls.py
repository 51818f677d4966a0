"""What staff may ask of devices and of the bridges that they hang at."""

from __future__ import annotations

import msgspec
from flask import Response

from gateway.contract.messages import ActionKey
from gateway.domain.errors import Refused
from gateway.operations import inquiries
from gateway.store import devices
from gateway.store import inquiries as inquiry_rows
from gateway.web import access, bodies, views
from gateway.web.house import house

BRIDGE_ACTIONS = ("discover",)
SETTING_UP = ("kitchen", "waiter", "cashier", "owner")
"""Whoever stands beside the printer."""

SCANNING = ("owner",)
"""And a manager, who may do everything: whose network it is."""


class Asking(msgspec.Struct, forbid_unknown_fields=True):
    """`key` tells one inquiry from the next."""

    key: ActionKey


class Looking(msgspec.Struct, forbid_unknown_fields=True):
    """`key` tells one look from the next. `scan`: try port 9100 of every address in the store's own networks too, for
    managers and owners only."""

    key: ActionKey
    scan: bool = False


def list_devices() -> Response:
    """Printers too: whatever hangs at a bridge."""
    access.staff()
    with house().store.read() as rows:
        return bodies.json({"devices": views.device_list(rows)})


def act_on_bridge(bridge: str, action: str) -> Response:
    who = access.need(*SETTING_UP)
    if action not in BRIDGE_ACTIONS:
        raise Refused("not_found")
    asked = bodies.decode(bodies.read_body(), Looking)
    if asked.scan:  # it knocks at every machine of the network
        access.need(*SCANNING)
    done = house().do(inquiries.discover, who.actor, bridge, asked.key, asked.scan)
    return bodies.json(views.inquiry_document(done))


def list_bridges() -> Response:
    access.staff()
    with house().store.read() as rows:
        return bodies.json({"bridges": [views.bridge_document(one) for one in devices.bridges(rows)]})


def probe_printer(printer: str) -> Response:
    who = access.need(*SETTING_UP)
    asked = bodies.decode(bodies.read_body(), Asking)
    return bodies.json(views.inquiry_document(house().do(inquiries.probe, who.actor, printer, asked.key)))


def test_device(device: str) -> Response:
    who = access.need(*SETTING_UP)
    asked = bodies.decode(bodies.read_body(), Asking)
    return bodies.json(views.inquiry_document(house().do(inquiries.test, who.actor, device, asked.key)))


def inquiry(inquiry_id: str) -> Response:
    access.staff()
    with house().store.read() as rows:
        found = inquiry_rows.get(rows, inquiry_id)
    if found is None:
        raise Refused("unknown_inquiry")
    return bodies.json(views.inquiry_document(found))
