"""What the uplink has learnt: how far the cloud has come, what it refuses, whether it answers."""

from __future__ import annotations

from gateway.domain.actor import Actor
from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.store import devices, journal
from gateway.store.transaction import Tx

CONDITION_OF_REASON = {
    "captive_portal": "uplink_portal",
    "cloud_error": "uplink_cloud_error",
    "unauthorized": "uplink_unauthorized",
    "untrusted": "uplink_untrusted",
}
"""Each asks for another advice; every other reason is the internet being away."""

POISON = "poison"
"""Begins the reason of a letter whose slot the cloud has kept; it is never sent as dead."""

ALL_CONDITIONS = ("uplink_offline", *CONDITION_OF_REASON.values())


def advance(
    tx: Tx, now: Now, ids: Ids, actor: Actor, epoch_count: int, applied_upto: int, poison: dict[int, str]
) -> None:
    """The cloud's application has everything up to here. Poison keeps its slot there; here a person may look."""
    journal.advance(tx, epoch_count, applied_upto)
    for seq, reason in poison.items():
        _bury(tx, now, (epoch_count << journal.EPOCH_SHIFT) | seq, f"{POISON}: {reason}")


def bury(tx: Tx, now: Now, ids: Ids, actor: Actor, slot: int, reason: str) -> None:
    """The cloud refused this one event for ever: it becomes a dead letter, and its slot goes on as one."""
    _bury(tx, now, slot, reason)


def _bury(tx: Tx, now: Now, slot: int, reason: str) -> None:
    entry = journal.at(tx, slot)
    if entry is None:
        return
    journal.bury(tx, slot, now.iso, reason, entry.data.decode())
    devices.raise_condition(tx, "dead_letter", str(entry.seq), now.iso, about=entry.subject, reason=reason)


def uplink_changed(tx: Tx, now: Now, ids: Ids, actor: Actor, online: bool, reason: str | None) -> None:
    """The cloud has come or gone: one condition says why, each with its own advice."""
    wanted = None if online else CONDITION_OF_REASON.get(reason or "", "uplink_offline")
    for code in ALL_CONDITIONS:
        if code == wanted:
            devices.raise_condition(tx, code, "cloud", now.iso)
        else:
            devices.clear_condition(tx, code, "cloud")
    tx.changed.add("uplink")
