"""Every call of the API: what is served, and what the OpenAPI documents say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response

from gateway.domain.order import Cart, StaffCart
from gateway.web.api import (
    device_answers,
    device_calls,
    document,
    door_calls,
    drill_calls,
    guest_calls,
    kitchen_answers,
    ledger_calls,
    line_calls,
    login_calls,
    order_answers,
    paper_answers,
    paper_calls,
    pass_calls,
    routing_calls,
    shop_answers,
    staff_calls,
    timeline_answers,
)
from gateway.web.api.route import GUEST, STAFF, Route

View = Callable[..., Response]

_TOKEN = ("table_token",)
_KEY = ("Idempotency-Key",)
_TAGGED = (200, 304)
_STAFF_KEYS = ("token", "staff")

_READS = ("busy",)
_WRITES = ("busy", "storage_full", "storage_failed", "storage_slow", "stopping")
_BODY = ("too_large", "not_json", "invalid")
_ORDERS = (
    *_BODY, *_WRITES, "not_set_up", "idempotency_key_missing", "idempotency_key_reused", "table_closed",
    "unknown_table", "sold_out", "price_changed", "ordering_paused",
)  # fmt: skip


def _open(
    path: str, view: View, summary: str, answer: Any, listeners: tuple[str, ...] = (STAFF,), **more: Any
) -> Route:
    """For whoever knows the address."""
    return Route("GET", path, view, listeners, summary, answer, **more)


def _phone(path: str, view: View, summary: str, answer: Any, *codes: str, keys: tuple[str, ...] = ("visit",)) -> Route:
    """What a phone looks at: its table's token says where it sits, and its cookie that it sits there now."""
    codes = ("unknown_table", *codes, *_READS, "not_set_up")
    return Route("GET", path, view, (GUEST,), summary, answer, query=_TOKEN, answers=_TAGGED, codes=codes, keys=keys)


def _look(path: str, view: View, summary: str, answer: Any, *codes: str, **more: Any) -> Route:
    """What every login and program may look at."""
    codes = (*codes, "login_needed", *_READS)
    return Route("GET", path, view, (STAFF,), summary, answer, codes=codes, keys=_STAFF_KEYS, **more)


def _change(path: str, view: View, summary: str, answer: Any, body: Any, *codes: str, **more: Any) -> Route:
    """What some roles may change. `body` None: it may be left out, and says nothing."""
    if "actions" in more:
        codes = (*codes, "not_found")
    codes = (*codes, "login_needed", "foreign_origin", "not_allowed", *_BODY, *_WRITES)
    return Route("POST", path, view, (STAFF,), summary, answer, body, codes=codes, keys=_STAFF_KEYS, **more)


ROUTES: list[Route] = [
    _open("/healthz", door_calls.healthz, "The process is up", shop_answers.Health, (GUEST, STAFF)),
    _open("/readyz", door_calls.readyz, "Able to take orders, each part with its reason", shop_answers.Readiness, answers=(200, 503)),
    _phone("/api/v1/menu", guest_calls.menu, "The menu as this table sees it", shop_answers.Menu, keys=()),
    _look("/api/v1/menu", staff_calls.menu, "The menu", shop_answers.Menu, "not_set_up", answers=_TAGGED),
    Route("POST", "/api/v1/orders", guest_calls.place_order, (GUEST,), "Place an order", order_answers.Placed, Cart, headers=_KEY, answers=(201, 200, 202), codes=(*_ORDERS, "not_served_now", "too_many"), keys=("visit",)),
    _change("/api/v1/orders", staff_calls.place_order, "Place an order as staff or program", order_answers.Placed, StaffCart, *_ORDERS, headers=_KEY, answers=(201, 200, 202)),
    _look("/api/v1/orders", staff_calls.list_orders, "The newest orders", order_answers.Orders, "invalid", query=("limit",)),
    _phone("/api/v1/orders/<order_id>", guest_calls.order, "One order as it is", order_answers.GuestOrder, "unknown_order"),
    _look("/api/v1/orders/<order_id>", staff_calls.order, "One order as it is", order_answers.Order, "unknown_order", answers=_TAGGED),
    _look("/api/v1/orders/<order_id>/timeline", staff_calls.timeline, "Every step of an order, and why it stands where it stands; the id, the number or the code on a slip", timeline_answers.Timeline, "unknown_order", "not_set_up", answers=_TAGGED),
    _phone("/api/v1/visit", guest_calls.visit, "The table's running list", order_answers.RunningList, "table_closed"),
    _phone("/api/v1/checks/<check_id>", guest_calls.check, "What is to be paid", order_answers.Check, "unknown_check"),
    _look("/api/v1/checks/<check_id>", staff_calls.check, "What is to be paid", order_answers.Check, "unknown_check", answers=_TAGGED),
    _look("/api/v1/events", door_calls.events, "Server-sent events", None, "invalid", "streams_full", "stopping", "not_set_up", query=("topics", "screen", "last_event_id"), headers=("Last-Event-ID",)),
    _look("/api/v1/stations/<station_id>/tickets", staff_calls.station, "Open tickets, oldest first", kitchen_answers.StationTickets, "unknown_station", "not_set_up"),
    _look("/api/v1/stations/<station_id>/recall", staff_calls.recallable, "The last 30 that were cleared", kitchen_answers.Tickets),
    _change("/api/v1/tickets/<ticket_id>/<action>", staff_calls.act_on_ticket, "start, bump, recall, undo, serve, acknowledge (its notices), allergy (is known), rush or rendered; bump and undo also of single lines", kitchen_answers.Ticket, staff_calls.TicketAction, "unknown_ticket", "unknown_line", "stale", "illegal_move", "too_many", "idempotency_key_reused", actions=staff_calls.ACTIONS),
    _change("/api/v1/orders/<order_id>/lines/<line>/<action>", line_calls.change_line, "cancel, return, refire, rush, hold or fire", order_answers.Order, line_calls.LineChange, "unknown_order", "unknown_line", "illegal_move", "invalid", "too_many", "idempotency_key_reused", actions=line_calls.LINE_ACTIONS),
    _change("/api/v1/orders/<order_id>/lines/<line>/note", line_calls.change_note, "Change the note of a dish after it was sent", order_answers.Order, line_calls.LineNote, "unknown_order", "unknown_line", "illegal_move", "invalid", "too_many", "idempotency_key_reused"),
    _change("/api/v1/orders/<order_id>/<action>", pass_calls.act_on_order, "serve at the pass, unserve (take that back), or close: it was handed over", order_answers.Order, pass_calls.Serving, "unknown_order", "unknown_ticket", "not_ready", "illegal_move", "idempotency_key_reused", actions=pass_calls.ORDER_ACTIONS),
    _change("/api/v1/pass/scan", pass_calls.scan, "Cross off a kitchen slip by its code", kitchen_answers.Saying, pass_calls.Scanned, "not_set_up"),
    _look("/api/v1/pass", pass_calls.sayings, "What the pass was told last", kitchen_answers.Sayings),
    _look("/api/v1/tables", staff_calls.list_tables, "Every table, whether it is open, and its page", shop_answers.Tables, "not_set_up"),
    _change("/api/v1/tables/<table>/<action>", staff_calls.act_on_table, "open, close, answered (its call), move, merge, or hold, fire, rush: what it waits for", shop_answers.TableOpened | shop_answers.TableClosed | shop_answers.TableAnswered | shop_answers.TableChanged | shop_answers.TableMoved, staff_calls.TableAction, "unknown_table", "table_closed", "table_taken", "idempotency_key_missing", "idempotency_key_reused", actions=staff_calls.TABLE_ACTIONS, body_optional=True),
    _change("/api/v1/items/<item>/<action>", staff_calls.sell_item, "sold-out or back-on", shop_answers.ItemSold, None, "unknown_item", actions=staff_calls.ITEM_ACTIONS),
    _change("/api/v1/ordering/<action>", staff_calls.pause_or_resume, "pause or resume ordering by guests", shop_answers.OrderingPaused, staff_calls.Pausing, actions=staff_calls.ORDERING_ACTIONS, body_optional=True),
    _look("/api/v1/printers", paper_calls.list_printers, "Printers as they are", paper_answers.Printers, "not_set_up"),
    _look("/api/v1/devices", device_calls.list_devices, "Everything that hangs at a bridge, as it is", device_answers.Devices),
    _change("/api/v1/printers/<printer>/<action>", paper_calls.act_on_printer, "test, drawer (opens it), buzzer, pause, resume, clear (cancels what waits) or move (to another printer)", paper_answers.PrinterDone, paper_calls.PrinterAction, "unknown_printer", "idempotency_key_missing", "idempotency_key_reused", actions=paper_calls.PRINTER_ACTIONS, body_optional=True),
    _change("/api/v1/printers/<printer>/probe", device_calls.probe_printer, "Find out what a printer can do; it prints a slip for it", device_answers.Inquiry, device_calls.Asking, "unknown_printer", "idempotency_key_reused", "too_many"),
    _change("/api/v1/devices/<device>/test", device_calls.test_device, "A sign of life of a device that is no printer", device_answers.Inquiry, device_calls.Asking, "unknown_device", "idempotency_key_reused"),
    _look("/api/v1/bridges", device_calls.list_bridges, "The processes that own the devices", device_answers.Bridges),
    _change("/api/v1/bridges/<bridge>/<action>", device_calls.act_on_bridge, "discover: look around for devices", device_answers.Inquiry, device_calls.Looking, "unknown_bridge", "idempotency_key_reused", actions=device_calls.BRIDGE_ACTIONS),
    _look("/api/v1/inquiries/<inquiry_id>", device_calls.inquiry, "What a bridge was asked, and what it answered", device_answers.Inquiry, "unknown_inquiry"),
    _look("/api/v1/jobs", paper_calls.list_jobs, "Print jobs, newest first", paper_answers.Jobs, "invalid", query=("state", "order", "printer", "limit")),
    _look("/api/v1/jobs/<job_id>/slip", paper_calls.job_slip, "A paper line by line, as it would come out now", paper_answers.Paper, "unknown_job", "not_set_up"),
    _change("/api/v1/jobs/<job_id>/<decision>", paper_calls.decide_about_job, "reprint, came_out, print, cancel or divert", paper_answers.Job, paper_calls.Deciding, "unknown_job", "illegal_move", "idempotency_key_reused", actions=paper_calls.DECISIONS),
    _look("/api/v1/uplink", staff_calls.uplink, "How the cloud is doing", shop_answers.UplinkState),
    _look("/api/v1/routing", routing_calls.routing, "Which station makes each item, and what is wrong with that", routing_calls.Routing, "not_set_up"),
    _look("/api/v1/ledger", ledger_calls.look, "Whether every dish of a business day is accounted for", ledger_calls.Ledger, "unknown_day", "not_set_up", query=("day",)),
    _change("/api/v1/ledger/<action>", ledger_calls.print_it, "print: the proof of a day on paper", paper_answers.Job, ledger_calls.PrintingLedger, "unknown_printer", "unknown_day", "idempotency_key_reused", "not_set_up", actions=ledger_calls.LEDGER_ACTIONS),
    _look("/api/v1/conditions", staff_calls.conditions, "What is wrong now", shop_answers.Conditions),
    Route("POST", "/api/v1/login", login_calls.log_in, (STAFF,), "Log a person in", shop_answers.LoggedIn, login_calls.Login, codes=("wrong_login", "too_many", "foreign_origin", *_BODY, *_WRITES)),
    Route("POST", "/api/v1/logout", login_calls.log_out, (STAFF,), "Log out", shop_answers.LoggedOut, codes=("login_needed", "foreign_origin", *_WRITES), keys=_STAFF_KEYS),
    Route("POST", "/api/v1/drills", drill_calls.play, (STAFF,), "Play a fault (demo and drill mode only)", shop_answers.Drills, drill_calls.Drill, codes=("unknown_fault", "drills_away", "not_found", "login_needed", "foreign_origin", "not_allowed", *_BODY, *_READS), keys=_STAFF_KEYS),
    _open("/api/v1/openapi.json", document.serve_staff, "This document", dict[str, Any]),
    _open("/api/v1/openapi-guest.json", document.serve_guest, "What phones may ask, at the guest listener", dict[str, Any]),
]  # fmt: skip
