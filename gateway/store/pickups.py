"""Numbers that a guest may fetch, for the boards that hang at the bridges."""

from __future__ import annotations

import msgspec

from gateway.domain.now import Now
from gateway.store.transaction import Reader

READY_S = 300.0
"""Without an expo page nobody serves: a number stands on the board for five minutes after its last bump, or until its
order is closed, as on `/board` (expo-model.js)."""


class _Body(msgspec.Struct):
    pickup_no: str = ""


# Made before there are threads: see gateway/web/api/route.py.
_body_of = msgspec.json.Decoder(_Body).decode


_OPEN = "cleared_at IS NULL AND state != 'CANCELLED' AND hold != 'held'"
_ORDER = "SELECT number, type, body FROM orders WHERE n = ?"


def ready(rows: Reader, expo: bool, now: Now) -> tuple[list[str], float | None]:
    """The numbers that stand ready, those first that were ordered first, and the seconds until the next one goes by
    itself. What is eaten here has none, unless it was given one."""
    whole = rows.all(
        f"SELECT order_n, min(state = 'READY') FROM tickets INDEXED BY tickets_open WHERE {_OPEN} GROUP BY order_n"
    )
    found = {order_n for order_n, all_ready in whole if all_ready}
    left = None
    if not expo:
        over = rows.all(
            # The last 500 tickets are more than five minutes of any kitchen.
            """SELECT t.order_n, max(t.served_at) FROM (SELECT * FROM tickets ORDER BY n DESC LIMIT 500) t
             JOIN orders o ON o.n = t.order_n
             WHERE t.ended = 'bump' AND t.served_at > ? AND o.status != 'CLOSED' GROUP BY t.order_n""",
            now.ago(READY_S),
        )
        cooking = {order_n for order_n, _ in whole}
        fresh = {order_n: at for order_n, at in over if order_n not in cooking}
        found |= set(fresh)
        left = min((READY_S - now.seconds_after(at) for at in fresh.values()), default=None)
    named = (rows.one(_ORDER, n) for n in sorted(found))
    return [name for row in named if row is not None and (name := _name(*row))], left


def _name(number: str, kind: str, body: str) -> str:
    """What its guest waits for; "" for what is carried to a table."""
    given = _body_of(body).pickup_no
    return given or ("" if kind == "dine_in" else number)
