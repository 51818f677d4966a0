"""What devices tell: keys of a bump bar, call buttons, scans at the pass. A thing that happened once counts once."""

from __future__ import annotations

from gateway.contract.messages import DeviceEvent
from gateway.domain.actor import Actor
from gateway.domain.errors import Refused
from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.domain.settings import Device
from gateway.operations import crossing_off, kitchen, paper_decisions
from gateway.store import devices, jobs, journal, keys, settings, tickets
from gateway.store.transaction import Tx

OLD_MS = 3000
"""A key that was pressed so long ago was meant for a picture that nobody sees any more: it does nothing."""

UNDO_S = 600
"""How long a bump bar can take back what it bumped last."""

SCOPE = "device_events"


def take_device_event(tx: Tx, now: Now, ids: Ids, actor: Actor, name: str, event: DeviceEvent) -> str:
    """Carries out what a device's event asks for, once; the word for what it did, "" for nothing.

    Raises `Refused` where it could not be done, such as a bump of a ticket that somebody else has just bumped.
    """
    rules = settings.settings(tx)
    device = rules.device(name) if rules else None
    if device is None or not _is_new(tx, name, event.key):
        return ""
    who = Actor("device", name, device.station)
    match event.kind, event.facts:
        case "key", {"key": int(key), "down": True} if device.station and event.age_ms <= OLD_MS:
            return _press(tx, now, ids, who, device, device.does(key), f"{name}:{event.key}")
        case "call", {"button": int(button)} if table := device.calls.get(str(button)):
            devices.raise_condition(tx, "table_calls", table, now.iso, table=table)
            return "call"
        case "scan", {"text": str(text)} if device.at_pass and event.age_ms <= OLD_MS:
            said = crossing_off.scan_slip(tx, now, ids, who, text, name, f"{name}:{event.key}")
            return f"scan_{said['kind']}"
    return ""


def _is_new(tx: Tx, name: str, key: str) -> bool:
    whole = f"{name}:{key}"
    if keys.find(tx, SCOPE, whole):
        return False
    keys.remember(tx, SCOPE, whole, b"", journal.last_slot(tx))
    return True


def _press(tx: Tx, now: Now, ids: Ids, who: Actor, device: Device, does: str, key: str) -> str:
    station = device.station
    if does.startswith("bump_"):
        shown = tickets.at_station(tx, station, int(does.removeprefix("bump_")))
        if shown is None:
            return ""
        # The first press says that the allergies are known, as the button does that stands in bump's place on a screen.
        order, _ = kitchen.find(tx, shown.id, station)
        asks = order.allergies and shown.allergy_at is None and shown.proof != "paper" and shown.state != "CANCELLED"
        action = "allergy" if asks else "bump"
        kitchen.act_on_ticket(tx, now, ids, who, shown.id, action, device.id, key, shown.version, station)
        return does if action == "bump" else action
    if does == "undo":
        bumped = tickets.last_cleared_by(tx, station, kitchen.hand_of(who, device.id), now.ago(UNDO_S))
        if bumped is None:
            return ""
        kitchen.act_on_ticket(tx, now, ids, who, bumped.id, "recall", device.id, key, bumped.version, station)
    elif does in ("print_old", "cancel_old"):
        old = next((job for job in jobs.stale(tx) if job.station == station), None)
        if old is None:
            return ""
        paper_decisions.decide(tx, now, ids, who, old.id, does.removesuffix("_old"), key)
    return does


def answer_call(tx: Tx, now: Now, ids: Ids, actor: Actor, table: str) -> None:
    """Somebody has gone to the table. Raises `Refused("unknown_table")`."""
    if table not in settings.tables(tx):
        raise Refused("unknown_table")
    devices.clear_condition(tx, "table_calls", table)
