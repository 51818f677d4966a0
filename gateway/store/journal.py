"""The journal: append-only events, one stream in strict order. The cloud is a cursor over it, and so is a screen.

A slot is `epoch count * 2^40 + seq`: one integer orders all events of all epochs, and is the table's own key.
Data is compressed: an order's document of 2.5 KiB becomes half a KiB, one page of the card instead of five.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import msgspec

from gateway.domain.now import Now
from gateway.store import box
from gateway.store.transaction import Reader, Row, Tx

EPOCH_SHIFT = 40
SEQ_MASK = (1 << EPOCH_SHIFT) - 1

CLOUD = "cloud"


DICTIONARY = (
    b'"zh-Hans":"","en":""},"price":0,"removal":false}],"state":"SHOWN","STARTED","READY","SERVED","CANCELLED",'
    b'"doubt":"late","served_at":null,"cleared_at":null,"started_at":null,"ready_at":null,"shown_at":null,'
    b'"source":"","external_id":"","pickup_no":"","due_at":"","prepaid":null,"takeaway","delivery","CNY",'
    b'{"order":{"id":"01","number":"A0","status":"PLACED","type":"dine_in","table":"","covers":0,"kitchen":"waiting",'
    b'"kitchen":"confirmed","kitchen":"started","kitchen":"ready","kitchen":"served","placed_at":"2026-","updated_at":'
    b'"2026-","version":1,"addition":false,"by":"","note":"","allergies":["peanut"],"source":"","external_id":"",'
    b'"pickup_no":"","due_at":"","prepaid":null,"menu_revision":1,"lines":[{"id":"1","item":"","name":{"zh-Hans":"",'
    b'"en":""},"kitchen_name":{},"quantity":1,"variant":null,"variant":{"id":"","name":{"zh-Hans":"","en":""},"price":'
    b'"removal":false},"modifiers":[{"id":"mild","name":{"zh-Hans":"","en":""},"price":0,"removal":false}],'
    b'"modifiers":[],"note":"","state":"FIRED","state":"DONE","unit_price":00,"amount":00,"station":"wok","ticket":"01'
    b'","kitchen":"waiting","started_at":null,"ready_at":null,"served_at":null},{"id":"2","item":"'
    b'"}],"tickets":[{"id":"01","station":"","state":"QUEUED","version":1,"shown_version":0,"proof":"both","doubt":"",'
    b'"fired_at":"2026-","shown_at":null,"started_at":null,"ready_at":null,"served_at":null,"cleared_at":null,'
    b'"updated_at":"2026-","updated_by":"","slip":{"number":"00"}}],"total":00,"currency":"CNY","check":"01"},'
    b'"change":{"kind":"placed","by":"guest ","device":"","tickets":["01"]}}'
)
"""What every order's document says anyway; zlib then keeps only what differs. Part of the file's format: a release
that changes a letter of it could not read the journal of the one before."""


def pack(data: bytes) -> bytes:
    squeeze = zlib.compressobj(3, wbits=13, memLevel=6, zdict=DICTIONARY)
    return squeeze.compress(data) + squeeze.flush()


def unpack(packed: bytes) -> bytes:
    spread = zlib.decompressobj(zdict=DICTIONARY)
    return spread.decompress(packed) + spread.flush()


@dataclass(frozen=True, slots=True)
class Entry:
    slot: int
    id: str
    type: str
    subject: str
    ver: int
    at: str
    clockq: str
    bizday: str
    data: bytes
    """JSON."""

    @property
    def seq(self) -> int:
        return self.slot & SEQ_MASK


@dataclass(frozen=True, slots=True)
class Cursor:
    epoch_count: int
    epoch: str
    applied_upto: int

    @property
    def slot(self) -> int:
        return (self.epoch_count << EPOCH_SHIFT) | self.applied_upto


def append(
    tx: Tx, now: Now, event_id: str, kind: str, subject: str, ver: int, bizday: str, data: dict[str, Any]
) -> int:
    """Appends one event to this epoch and returns its slot. `kind` is such as `order.placed`."""
    base = box.the(tx).epoch_count << EPOCH_SHIFT
    packed = pack(msgspec.json.encode(data))
    slot: int = tx.value(
        "INSERT INTO journal VALUES (max((SELECT coalesce(max(slot), 0) FROM journal), ?) + 1, ?, ?, ?, ?, ?, ?, ?, ?)"
        " RETURNING slot",
        base, event_id, f"tablepass.{kind}.v1", subject, ver, now.iso, now.grade, bizday, packed,
    )  # fmt: skip
    tx.changed.add("journal")
    return slot


_ENTRY = "SELECT slot, id, type, subject, ver, at, clockq, bizday, data FROM journal"


def _entry(row: Row) -> Entry:
    slot, event_id, kind, subject, ver, at, clockq, bizday, packed = row
    return Entry(slot, event_id, kind, subject, ver, at, clockq, bizday, unpack(packed))


def after(rows: Reader, slot: int, limit: int, upto: int | None = None) -> list[Entry]:
    """Entries behind this slot, in order; with `upto` none beyond it."""
    last = upto if upto is not None else (1 << 62)
    found = rows.all(f"{_ENTRY} WHERE slot > ? AND slot <= ? ORDER BY slot LIMIT ?", slot, last, limit)
    return [_entry(row) for row in found]


def at(rows: Reader, slot: int) -> Entry | None:
    row = rows.one(f"{_ENTRY} WHERE slot = ?", slot)
    return _entry(row) if row else None


def last_slot(rows: Reader) -> int:
    """0 for an empty journal."""
    return int(rows.value("SELECT coalesce(max(slot), 0) FROM journal"))


def first_slot(rows: Reader) -> int:
    return int(rows.value("SELECT coalesce(min(slot), 0) FROM journal"))


def oldest_at(rows: Reader, slot: int) -> str | None:
    """The time of the first entry behind this slot."""
    found: str | None = rows.value("SELECT at FROM journal WHERE slot > ? ORDER BY slot LIMIT 1", slot)
    return found


def cursors(rows: Reader) -> list[Cursor]:
    """The cloud's cursor of every epoch, oldest epoch first."""
    found = rows.all("SELECT epoch_count, epoch, applied_upto FROM cursors WHERE name = ? ORDER BY epoch_count", CLOUD)
    return [Cursor(*row) for row in found]


def begin_epoch(tx: Tx, epoch_count: int, epoch: str) -> None:
    tx.run("INSERT INTO cursors VALUES (?, ?, ?, 0)", CLOUD, epoch_count, epoch)


def advance(tx: Tx, epoch_count: int, applied_upto: int) -> None:
    """Never backwards: a late answer of an earlier batch changes nothing."""
    tx.run(
        "UPDATE cursors SET applied_upto = ? WHERE name = ? AND epoch_count = ? AND applied_upto < ?",
        applied_upto, CLOUD, epoch_count, applied_upto,
    )  # fmt: skip
    tx.changed.add("uplink")


def bury(tx: Tx, slot: int, at: str, reason: str, event: str) -> None:
    tx.run("INSERT OR IGNORE INTO dead_letters VALUES (?, ?, ?, ?)", slot, at, reason, event)
    tx.changed.add("uplink")


def dead(rows: Reader) -> list[Row]:
    """(slot, at, reason) of every dead letter; there are few, and each is a fault to look into."""
    return rows.all("SELECT slot, at, reason FROM dead_letters ORDER BY slot LIMIT 1000")


def dead_between(rows: Reader, first: int, last: int) -> dict[int, str]:
    return dict(rows.all("SELECT slot, reason FROM dead_letters WHERE slot BETWEEN ? AND ?", first, last))


def dead_count(rows: Reader) -> int:
    return int(rows.value("SELECT count(*) FROM dead_letters"))


def oldest_behind(rows: Reader) -> Cursor:
    """The cursor of the oldest epoch that still has something to send, else the current one."""
    known = cursors(rows)
    for cursor in known[:-1]:
        if after(rows, cursor.slot, 1, end_of(cursor.epoch_count)):
            return cursor
    return known[-1]


def end_of(epoch_count: int) -> int:
    """The last slot that an epoch could have."""
    return ((epoch_count + 1) << EPOCH_SHIFT) - 1


LOOKED_THROUGH = 20_000
"""Slots behind an order's first in which its others are looked for: an evening's worth is a tenth of it."""

AT_ONCE = 500
"""Some five minutes of a full house, and mostly all of an order's life that has happened yet."""


def of_subject(rows: Reader, subject: str, first_id: str, upto_ver: int) -> list[Entry]:
    """The events of one subject, oldest first, up to this version of it. No index is kept for people who look: event
    ids sort by the time they were made in, so the first slot behind `first_id` (an id of the same moment) is found by
    halving, and from there the few events of its life are not far."""
    low, high = first_slot(rows), last_slot(rows)
    while low < high:
        middle = (low + high) // 2
        made = rows.one("SELECT slot, id FROM journal WHERE slot >= ? ORDER BY slot LIMIT 1", middle)
        if made is None or made[1] >= first_id:
            high = middle
        else:
            low = int(made[0]) + 1
    found: list[Entry] = []
    for _ in range(0, LOOKED_THROUGH, AT_ONCE):
        part = rows.all("SELECT slot, subject FROM journal WHERE slot >= ? ORDER BY slot LIMIT ?", low, AT_ONCE)
        found += [entry for slot, of in part if of == subject and (entry := at(rows, slot)) is not None]
        if not part or (found and found[-1].ver >= upto_ver):
            break
        low = part[-1][0] + 1
    return found


KEEP_ALWAYS = 20_000
"""The newest slots stay whatever the wall clock says, and with them the keys that point at them: a clock that jumps
ahead by years must not make a phone's second try a second order. Two weeks of a busy store, some 12 MB."""


def prune(tx: Tx, before: str, ahead: str, limit: int) -> int:
    """Deletes the first delivered entries, at most `limit`, that are older than `before`; never the newest, as the
    sequence is counted from them. It stops at one that is younger, so that no gap is torn where the clock was set back:
    a key's event is there as long as a later one is. A time beyond `ahead` is no time: it stops nothing.
    """
    if not cursors(tx):
        return 0
    upto = min(oldest_behind(tx).slot, last_slot(tx) - KEEP_ALWAYS)
    first = tx.all("SELECT slot, at FROM journal WHERE slot < ? ORDER BY slot LIMIT ?", upto, limit)
    old = list(takewhile(lambda row: not before <= row[1] <= ahead, first))
    return tx.run("DELETE FROM journal WHERE slot <= ?", old[-1][0]) if old else 0
