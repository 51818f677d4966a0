"""Where a row is: a UUIDv7's time part is the row's number, so that no index has to be kept from ids to rows.

`gateway/ids.py` never gives the same time part twice, also across restarts and clocks that go back; a foreign id may
still share one, so whoever looks a row up compares the whole id.
"""

from __future__ import annotations

import re
from functools import lru_cache

from gateway.store.transaction import Reader

_UUID7 = re.compile(r"^([0-9a-f]{8})-([0-9a-f]{4})-7([0-9a-f]{3})-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")

NO_ROW = -1


@lru_cache(maxsize=4096)
def row_of(any_id: str) -> int:
    """48 bits of milliseconds and the 12 that count within one, as one integer; `NO_ROW` for what is no UUIDv7."""
    found = _UUID7.match(any_id)
    return int(found[1] + found[2] + found[3], 16) if found else NO_ROW


def newest_tick(rows: Reader) -> int:
    """The time part of the newest id that any row was found by: where the next life's ids go on."""
    tables = ("orders", "tickets", "jobs", "checks", "inquiries")
    return max(int(rows.value(f"SELECT coalesce(max(n), 0) FROM {name}")) for name in tables)
