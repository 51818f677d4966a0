"""Orders with their lines. A line keeps what was chosen; names come from the menu revision it was sold from."""

from __future__ import annotations

from typing import Any

import msgspec

from gateway.domain.menu import Item, Menu
from gateway.domain.now import Now
from gateway.domain.order import Choice, Line, Order, Prepaid
from gateway.domain.print_job import PrintJob
from gateway.domain.texts import TextMap
from gateway.domain.ticket import Ticket
from gateway.store import notices, settings, tickets
from gateway.store.ids import row_of
from gateway.store.transaction import Reader, Row, Tx

LINES_PER_ORDER = 64
"""`lines.n` is `orders.n * 64 + line`: an order's lines lie side by side and need no index of their own. An order's
number has 53 bits, and 56 in the year 4000."""


class _Body(msgspec.Struct, omit_defaults=True):
    addition: bool = False
    by: str = ""
    note: str = ""
    allergies: list[str] = []
    pickup_no: str = ""
    due_at: str = ""
    prepaid: Prepaid | None = None


class _LineBody(msgspec.Struct, omit_defaults=True):
    """What cannot be looked up in the menu revision: choices by id, and the names of what it does not know."""

    variant: str | None = None
    modifiers: list[str] = []
    note: str = ""
    name: TextMap = {}
    given: list[Choice] = []
    course: str = ""


# Made before there are threads: see gateway/web/api/route.py.
_body_of = msgspec.json.Decoder(_Body).decode
_line_body_of = msgspec.json.Decoder(_LineBody).decode


_ORDER = """SELECT o.n, o.id, o.number, o.day, o.status, o.type, c.id, o.visit, o.dining_table, o.covers, o.total,
 o.menu_revision, o.placed_at, o.updated_at, o.version, o.source, o.external_id, o.body
 FROM orders o JOIN checks c ON c.n = o.check_n"""


def insert(tx: Tx, order: Order, menu: Menu, papers: list[PrintJob]) -> None:
    """Writes the order, its lines and tickets. `papers` are its first ones, which `jobs.insert_first` writes."""
    n = row_of(order.id)
    body = _Body(
        order.addition, order.by, order.note, order.allergies, order.pickup_no, order.due_at, order.prepaid
    )
    tx.run(
        "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        n, order.id, order.number, order.day, order.status, order.type, row_of(order.check), order.visit, order.table,
        order.covers, order.total, order.menu_revision, order.placed_at, order.updated_at, order.version,
        order.source, order.external_id or None, msgspec.json.encode(body).decode(),
    )  # fmt: skip
    tickets.insert(tx, n, order.tickets, {job.ticket: row_of(job.id) for job in papers if job.part <= 1})
    tx.insert_rows(
        "INSERT INTO lines VALUES",
        [
            (
                n * LINES_PER_ORDER + line.id, row_of(line.ticket), line.item, line.quantity, line.unit_price,
                line.state, msgspec.json.encode(_line_body(line, menu)).decode(), line.cancelled, line.returned,
                " ".join(line.former), line.marked_version, line.again,
            )
            for line in order.lines
        ],
    )  # fmt: skip


def _line_body(line: Line, menu: Menu) -> _LineBody:
    item = menu.items.get(line.item)
    known = {m.id for group in item.modifier_groups for m in group.modifiers} if item else set()
    return _LineBody(
        variant=line.variant.id if line.variant else None,
        modifiers=[m.id for m in line.modifiers if m.id in known],
        note=line.note,
        name=line.name if item is None or line.name != item.name else {},
        given=[m for m in line.modifiers if m.id not in known],
        course=line.course,
    )


def touch(tx: Tx, order: Order) -> None:
    """Writes what changes after an order has been placed."""
    tx.run(
        "UPDATE orders SET status = ?, version = ?, updated_at = ?, covers = ?, total = ? WHERE n = ?",
        order.status, order.version, order.updated_at, order.covers, order.total, row_of(order.id),
    )  # fmt: skip


def seat(tx: Tx, order: Order) -> None:
    """Writes whose table, visit and check it belongs to."""
    tx.run(
        "UPDATE orders SET dining_table = ?, visit = ?, check_n = ? WHERE n = ?",
        order.table, order.visit, row_of(order.check), row_of(order.id),
    )  # fmt: skip


def change_line(tx: Tx, order: Order, line: Line) -> None:
    """Writes what changes in a line's life."""
    tx.run(
        "UPDATE lines SET ticket = ?, state = ?, cancelled = ?, returned = ?, former = ?, marked_version = ?,"
        " again = ? WHERE n = ?",
        row_of(line.ticket), line.state, line.cancelled, line.returned, " ".join(line.former),
        line.marked_version, line.again, row_of(order.id) * LINES_PER_ORDER + line.id,
    )  # fmt: skip


def change_note(tx: Tx, order: Order, line: Line) -> None:
    """Writes what is said of a line. It stands with what was chosen."""
    tx.run(
        "UPDATE lines SET body = json_set(body, '$.note', ?) WHERE n = ?",
        line.note, row_of(order.id) * LINES_PER_ORDER + line.id,
    )  # fmt: skip


def load(rows: Reader, order_id: str) -> Order | None:
    row = rows.one(f"{_ORDER} WHERE o.n = ? AND o.id = ?", row_of(order_id), order_id)
    return _order(rows, row) if row else None


def table_of(rows: Reader, order_id: str) -> str:
    """The table that an order goes to; "" for one without, and for no order."""
    if not order_id:
        return ""
    return str(rows.value("SELECT dining_table FROM orders WHERE n = ? AND id = ?", row_of(order_id), order_id) or "")


def load_of_ticket(rows: Reader, ticket_id: str) -> Order | None:
    n = tickets.order_of(rows, ticket_id)
    return load_by_number(rows, n) if n is not None else None


def load_by_number(rows: Reader, n: int) -> Order:
    row = rows.one(f"{_ORDER} WHERE o.n = ?", n)
    if row is None:
        raise LookupError(f"no order row {n}")
    return _order(rows, row)


def of_checks(rows: Reader, check_ids: list[str]) -> list[Order]:
    """The orders of these checks, oldest first."""
    found: list[Order] = []
    for check_id in check_ids:
        found += [_order(rows, r) for r in rows.all(f"{_ORDER} WHERE o.check_n = ? ORDER BY o.n", row_of(check_id))]
    return found


def versions_of_checks(rows: Reader, check_ids: list[str]) -> list[Row]:
    """(id, version) of each order: enough for an ETag."""
    found: list[Row] = []
    for check_id in check_ids:
        found += rows.all("SELECT id, version FROM orders WHERE check_n = ? ORDER BY n", row_of(check_id))
    return found


def recent(rows: Reader, limit: int) -> list[Order]:
    """Newest first."""
    return [_order(rows, r) for r in rows.all(f"{_ORDER} ORDER BY o.n DESC LIMIT ?", limit)]


NUMBERS_LOOKED_THROUGH = 5000
"""Orders: two weeks of a busy store. No index is kept for people who look."""


def of_number(rows: Reader, number: str, limit: int) -> list[Order]:
    """The newest that bear this number: it comes again each business day."""
    newest = f"SELECT n, number FROM orders ORDER BY n DESC LIMIT {NUMBERS_LOOKED_THROUGH}"
    found = rows.all(f"SELECT n FROM ({newest}) WHERE number = ? LIMIT ?", number, limit)
    return [load_by_number(rows, n) for (n,) in found]


def fired_within(rows: Reader, check_id: str, seconds: float, now: Now) -> int:
    """Orders on this check whose tickets were fired at most so long ago, whatever the wall clock has done since."""
    # A ticket that waited to be called is fired long after its order.
    first = f"SELECT * FROM tickets t WHERE t.n > o.n ORDER BY t.n LIMIT {tickets.TICKETS_PER_ORDER}"
    first_ticket = f"SELECT fired_boot = ? AND fired_mono >= ? FROM ({first}) WHERE order_n = o.n AND hold = '' LIMIT 1"
    sql = f"SELECT count(*) FROM orders o WHERE o.check_n = ? AND ({first_ticket})"
    return int(rows.value(sql, row_of(check_id), now.boot, now.monotonic - seconds))


LOOKED_THROUGH = 1000
"""Orders: two busy days. A slip that is older lies at no pass any more."""


def newest_of_number(rows: Reader, number: str) -> int | None:
    """The row number of the newest order that is called so: its name comes again every day."""
    n: int | None = rows.value(
        "SELECT max(n) FROM (SELECT n, number FROM orders ORDER BY n DESC LIMIT ?) WHERE number = ?",
        LOOKED_THROUGH, number,
    )  # fmt: skip
    return n


def newest_and_open(rows: Reader, limit: int) -> list[Order]:
    """The newest, and behind them every older one that has an open ticket; newest first."""
    newest = [row[0] for row in rows.all("SELECT n FROM orders ORDER BY n DESC LIMIT ?", limit)]
    still = {order_n for _, _, order_n in tickets.open_ids(rows)}
    return [load_by_number(rows, n) for n in sorted({*newest, *still}, reverse=True)]


def left_over(rows: Reader, today: str) -> list[int]:
    """Row numbers of the orders of a business day before `today` that no open visit will end, and of which something
    stands ready, is or may be before a cook by paper alone, or waits to be called."""
    found = rows.all(
        """SELECT DISTINCT o.n FROM tickets t INDEXED BY tickets_open JOIN orders o ON o.n = t.order_n
         LEFT JOIN visits v ON v.id = o.visit WHERE t.cleared_at IS NULL AND o.day < ?
         AND (t.hold = 'held' OR t.state = 'READY' OR (t.proof = 'paper'
         AND (t.state IN ('SHOWN', 'STARTED') OR (t.state = 'QUEUED' AND t.doubt = 'mute'))))
         AND (v.id IS NULL OR v.state = 'CLOSED') ORDER BY o.n""",
        today,
    )
    return [row[0] for row in found]


def external(rows: Reader, source: str, external_id: str) -> str | None:
    found: str | None = rows.value("SELECT id FROM orders WHERE source = ? AND external_id = ?", source, external_id)
    return found


def _order(rows: Reader, row: Row) -> Order:
    n, revision = row[0], row[11]
    body = _body_of(row[17])
    menu = settings.menu(rows, revision)
    if menu is None:
        raise LookupError(f"menu revision {revision} is missing")
    of_order = tickets.of_order(rows, n)
    by_number = {row_of(t.id): t for t in of_order}
    return Order(
        id=row[1], number=row[2], day=row[3], status=row[4], type=row[5], check=row[6], visit=row[7], table=row[8],
        covers=row[9], total=row[10], currency=menu.currency, menu_revision=revision, placed_at=row[12],
        updated_at=row[13], version=row[14], source=row[15] or "", external_id=row[16] or "",
        addition=body.addition, by=body.by, note=body.note, allergies=body.allergies, pickup_no=body.pickup_no,
        due_at=body.due_at, prepaid=body.prepaid, tickets=of_order,
        lines=[_line(r, n, menu, by_number) for r in _lines(rows, n)],
        notices=notices.of_tickets(rows, [ticket.id for ticket in of_order]),
    )  # fmt: skip


def _lines(rows: Reader, n: int) -> list[Row]:
    first = n * LINES_PER_ORDER
    return rows.all(
        "SELECT n, ticket, item, quantity, unit_price, state, body, cancelled, returned, former,"
        " marked_version, again FROM lines"
        " WHERE n BETWEEN ? AND ?",
        first, first + LINES_PER_ORDER - 1,
    )  # fmt: skip


def _line(row: Row, order_n: int, menu: Menu, by_number: dict[int, Ticket]) -> Line:
    body = _line_body_of(row[6])
    item = menu.items.get(row[2])
    ticket = by_number[row[1]]
    return Line(
        id=row[0] - order_n * LINES_PER_ORDER,
        item=row[2],
        name=body.name or (item.name if item else {"und": row[2]}),
        kitchen_name=item.kitchen_name if item else {},
        quantity=row[3],
        unit_price=row[4],
        station=ticket.station,
        state=row[5],
        ticket=ticket.id,
        variant=_variant(item, body.variant),
        modifiers=[c for m in body.modifiers if (c := _modifier(item, m))] + body.given,
        note=body.note,
        course=body.course,
        cancelled=row[7],
        returned=row[8],
        former=row[9].split(),
        marked_version=row[10],
        again=row[11],
    )


def _variant(item: Item | None, variant_id: str | None) -> Choice | None:
    for variant in item.variants if item else []:
        if variant.id == variant_id:
            return Choice(variant.id, variant.name, variant.price)
    return None


def _modifier(item: Item | None, modifier_id: str) -> Choice | None:
    for group in item.modifier_groups if item else []:
        for m in group.modifiers:
            if m.id == modifier_id:
                return Choice(m.id, m.name, m.price, m.removal)
    return None


def counts(rows: Reader, day: str) -> dict[str, Any]:
    """Orders and dishes of a business day, for the scoreboard."""
    row = rows.one(
        "SELECT count(DISTINCT o.n), coalesce(sum(l.quantity - l.cancelled - l.returned), 0),"
        " count(DISTINCT o.dining_table) FROM orders o"
        f" JOIN lines l ON l.n BETWEEN o.n * {LINES_PER_ORDER} AND o.n * {LINES_PER_ORDER} + {LINES_PER_ORDER - 1}"
        " WHERE o.day = ?", day,
    )  # fmt: skip
    return {"orders": row[0], "dishes": row[1], "tables": row[2]} if row else {}
