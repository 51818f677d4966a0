"""What people want a bridge to find out, and what it answers."""

from __future__ import annotations

from math import ceil

import msgspec

from gateway.contract.messages import BridgeEvent
from gateway.domain import inquiry
from gateway.domain.actor import Actor
from gateway.domain.errors import Refused
from gateway.domain.ids import Ids
from gateway.domain.inquiry import Inquiry
from gateway.domain.now import Now
from gateway.domain.states import moved
from gateway.store import inquiries, keys, settings
from gateway.store.ids import row_of
from gateway.store.transaction import Tx

SCOPE = "inquiries"
PROBE_EVERY_S = 60.0
"""One printer's probes: each is a slip of 30 cm, and the next papers wait for it for up to 15 s."""


def discover(tx: Tx, now: Now, ids: Ids, actor: Actor, bridge: str, key: str, scan: bool = False) -> Inquiry:
    """A look around for devices; with `scan` also at every address of the store's own networks. The same key: the same
    look.

    Raises `Refused`: unknown_bridge, idempotency_key_reused.
    """
    if bridge not in settings.the_settings(tx).bridges():
        raise Refused("unknown_bridge")
    return _ask(tx, now, ids, actor, bridge, "scan" if scan else "discover", "", key)


def probe(tx: Tx, now: Now, ids: Ids, actor: Actor, printer: str, key: str) -> Inquiry:
    """What this printer can do; it prints a slip of its own for it. The same key: the same probe. One that was refused
    has printed nothing: the next one need not wait for it.

    Raises `Refused`: unknown_printer, idempotency_key_reused, too_many (within PROBE_EVERY_S of the last one).
    """
    known = settings.the_settings(tx).printer(printer)
    if known is None:
        raise Refused("unknown_printer")
    return _ask(tx, now, ids, actor, known.bridge, "probe", printer, key)


def test(tx: Tx, now: Now, ids: Ids, actor: Actor, device: str, key: str) -> Inquiry:
    """A harmless sign of life of a device that is no printer. The same key: the same test.

    Raises `Refused`: unknown_device, idempotency_key_reused.
    """
    known = settings.the_settings(tx).device(device)
    if known is None:
        raise Refused("unknown_device")
    return _ask(tx, now, ids, actor, known.bridge, "test", device, key)


def _ask(
    tx: Tx, now: Now, ids: Ids, actor: Actor, bridge: str, op: str, device: str, key: str
) -> Inquiry:
    print_ = keys.fingerprint(f"{op}:{bridge}:{device}".encode())
    found = keys.find(tx, SCOPE, key)
    if found:
        former = inquiries.at(tx, found[1])
        if found[0] != print_ or former is None:
            raise Refused("idempotency_key_reused")
        return former
    under_way = next(
        (one for one in inquiries.unanswered(tx) if (one.bridge, one.op, one.device) == (bridge, op, device)), None
    )
    if not under_way and op == "probe":
        _brake(tx, now, device)
    asked = under_way or Inquiry(
        id=next(ids), bridge=bridge, op=op, device=device, state="ASKED", asked_by=str(actor), asked_at=now.iso,
        boot=now.boot, mono=now.monotonic,
    )  # fmt: skip
    if not under_way:
        inquiries.insert(tx, asked)
    keys.remember(tx, SCOPE, key, print_, row_of(asked.id))
    return asked


def _brake(tx: Tx, now: Now, printer: str) -> None:
    last = inquiries.last_done(tx, "probe", printer)
    left = PROBE_EVERY_S - now.since(last.boot, last.mono) if last else 0
    if left > 0:
        raise Refused("too_many", retry_after_s=ceil(left))


def take_answer(tx: Tx, now: Now, ids: Ids, actor: Actor, bridge: str, event: BridgeEvent) -> None:
    """A bridge's answer. It answers once; what comes later, or for another bridge's inquiry, changes nothing."""
    asked = inquiries.get(tx, event.key)
    if asked is None or asked.bridge != bridge or asked.state != "ASKED":
        return
    asked.state = moved("inquiry", inquiry.MOVES, asked.state, event.kind)
    asked.answer = msgspec.json.encode(event.facts).decode()
    inquiries.update(tx, asked)


def give_up(tx: Tx, now: Now, ids: Ids, actor: Actor, inquiry_id: str) -> None:
    """Its bridge has not answered in time."""
    asked = inquiries.get(tx, inquiry_id)
    if asked is not None and asked.state == "ASKED":
        asked.state = moved("inquiry", inquiry.MOVES, asked.state, "give_up")
        inquiries.update(tx, asked)
