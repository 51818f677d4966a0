"""What bridges report of themselves and of their devices, and what is wrong with them."""

from __future__ import annotations

from typing import Any

from gateway.contract.messages import BridgeState, DeviceState
from gateway.domain.actor import Actor
from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.store import devices, settings
from gateway.store.devices import Bridge, Device
from gateway.store.transaction import Tx

OF_PRINTERS = {
    "paper_out": "paper_out",
    "paper_low": "paper_low",
    "cover_open": "cover_open",
    "cutter_error": "cutter_error",
    "jam": "label_jam",
    "ribbon_out": "ribbon_out",
    "pause_pressed": "pause_pressed",
    "error": "printer_error",
    "unplugged": "printer_offline",
    "offline": "printer_offline",
    "no_answer": "printer_mute",
    "moved": "address_changed",
    "replaced": "printer_replaced",
}
OF_OTHERS = {
    "unplugged": "device_offline", "offline": "device_offline", "port_busy": "device_offline",
    "no_answer": "device_mute", "noisy_line": "device_mute", "unreadable": "device_mute", "overload": "device_mute",
    "version": "device_mute", "moved": "address_changed",
}  # fmt: skip
"""The condition that a reason is, of a printer and of any other device."""

ALL_OF_DEVICES = {*OF_PRINTERS.values(), *OF_OTHERS.values()}


def take_device_state(tx: Tx, now: Now, ids: Ids, actor: Actor, name: str, state: DeviceState) -> None:
    """A bridge says how a device is. Each reason is a condition while it lasts.

    Only its own bridge says how a device is. What the settings do not know leaves no trace: the broker keeps the last
    word of a printer that was removed, and gives it again at each connection. Before there are settings all are taken;
    `import_settings` forgets the others.
    """
    rules = settings.settings(tx)
    known = (rules.printer(name) or rules.device(name)) if rules is not None else None
    if rules is not None and (known is None or known.bridge != state.bridge):
        return
    former = devices.device(tx, name)
    since = former.at if former and (former.status, former.reasons) == (state.status, state.reasons) else now.iso
    said = Device(name, state.bridge, state.status, state.reasons, state.driver, state.model, state.firmware, since)
    _tell_address(tx, now, name, state)
    if said == former:
        return
    devices.set_device(tx, said)
    words = OF_OTHERS if rules is not None and rules.device(name) else OF_PRINTERS
    wrong = {words[reason] for reason in state.reasons if reason in words}
    if state.status == "offline" and not wrong:
        wrong = {words["offline"]}
    for code in ALL_OF_DEVICES - {"address_changed"}:
        if code in wrong:
            devices.raise_condition(tx, code, name, now.iso)
        else:
            devices.clear_condition(tx, code, name)


def _tell_address(tx: Tx, now: Now, name: str, state: DeviceState) -> None:
    """Where it is now, for as long as it is not where the settings say. While nobody reaches it, nobody knows."""
    known = next((c for c in devices.conditions_of(tx, name) if c.code == "address_changed"), None)
    if known is not None and ("moved" not in state.reasons or known.params != {"address": state.address}):
        devices.clear_condition(tx, "address_changed", name)
    if "moved" in state.reasons:
        devices.raise_condition(tx, "address_changed", name, now.iso, address=state.address)


def take_bridge_state(tx: Tx, now: Now, ids: Ids, actor: Actor, name: str, state: BridgeState) -> None:
    """A bridge came or went. What it said of its devices counts only while it is online.

    The last will of a bridge that was removed stays with the broker: it leaves no trace, as its devices do.
    """
    former = devices.bridge(tx, name)
    if former is None and not state.online and not _has_devices(tx, name):
        return
    if former is None or (former.online, former.revision, former.boot) != (state.online, state.revision, state.boot):
        boot = state.boot or (former.boot if former else "")
        devices.set_bridge(tx, Bridge(name, state.online, state.revision, boot, now.iso))
        tx.changed.add("devices")
    if state.online:
        devices.clear_condition(tx, "bridge_offline", name)
        _tell_misfits(tx, now, name, state)
        return
    devices.raise_condition(tx, "bridge_offline", name, now.iso)
    for device in devices.devices(tx):
        if device.bridge == name and device.status != "unknown":
            take_device_state(tx, now, ids, actor, device.name, DeviceState("unknown", name))


def _tell_misfits(tx: Tx, now: Now, name: str, state: BridgeState) -> None:
    """A device that its bridge cannot drive as the settings say never works: somebody must change them."""
    rules = settings.settings(tx)
    mine = [each for each in rules.everything() if each.bridge == name] if rules else []
    for device in mine:
        if words := state.errors.get(device.id):
            devices.raise_condition(tx, "device_misfit", device.id, now.iso, reason=words)
        else:
            devices.clear_condition(tx, "device_misfit", device.id)


def _has_devices(tx: Tx, bridge: str) -> bool:
    """Whether the settings know this bridge. Before there are settings every one may be meant."""
    rules = settings.settings(tx)
    return rules is None or bridge in rules.bridges()


def raise_condition(tx: Tx, now: Now, ids: Ids, actor: Actor, code: str, subject: str, **params: Any) -> None:
    """Says what is wrong, once; said again it keeps its time."""
    devices.raise_condition(tx, code, subject, now.iso, **params)


def clear_condition(tx: Tx, now: Now, ids: Ids, actor: Actor, code: str, subject: str) -> None:
    """What was wrong is well again."""
    devices.clear_condition(tx, code, subject)
