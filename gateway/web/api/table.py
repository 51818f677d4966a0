"""Every call of the API: what is served, and what the OpenAPI document says."""

from __future__ import annotations

from gateway.domain.order import Cart, StaffCart
from gateway.web.api import document, door_calls, drill_calls, guest_calls, login_calls, staff_calls
from gateway.web.api.route import GUEST, STAFF, Route

_TOKEN = ("table_token",)
_KEY = ("Idempotency-Key",)
_ORDER_CODES = (
    "idempotency_key_missing", "not_json", "table_closed", "unknown_table", "sold_out", "price_changed", "too_large",
    "invalid", "idempotency_key_reused", "too_many", "ordering_paused", "storage_full", "busy",
)  # fmt: skip

ROUTES: list[Route] = [
    Route("GET", "/healthz", door_calls.healthz, (GUEST, STAFF), "The process is up"),
    Route("GET", "/readyz", door_calls.readyz, (STAFF,), "Able to take orders, each part with its reason", answers=(200, 503)),
    Route("GET", "/api/v1/menu", guest_calls.menu, (GUEST,), "The menu as this table sees it", query=_TOKEN, answers=(200, 304), codes=("unknown_table",)),
    Route("GET", "/api/v1/menu", staff_calls.menu, (STAFF,), "The menu", answers=(200, 304)),
    Route("POST", "/api/v1/orders", guest_calls.place_order, (GUEST,), "Place an order", Cart, headers=_KEY, answers=(201, 200, 202), codes=_ORDER_CODES),
    Route("POST", "/api/v1/orders", staff_calls.place_order, (STAFF,), "Place an order as staff or program", StaffCart, headers=_KEY, answers=(201, 200, 202), codes=_ORDER_CODES),
    Route("GET", "/api/v1/orders", staff_calls.list_orders, (STAFF,), "The newest orders", query=("limit",)),
    Route("GET", "/api/v1/orders/<order_id>", guest_calls.order, (GUEST,), "One order as it is", query=_TOKEN, answers=(200, 304), codes=("unknown_order",)),
    Route("GET", "/api/v1/orders/<order_id>", staff_calls.order, (STAFF,), "One order as it is", answers=(200, 304), codes=("unknown_order",)),
    Route("GET", "/api/v1/visit", guest_calls.visit, (GUEST,), "The table's running list", query=_TOKEN, answers=(200, 304), codes=("unknown_table", "table_closed")),
    Route("GET", "/api/v1/checks/<check_id>", guest_calls.check, (GUEST,), "What is to be paid", query=_TOKEN, answers=(200, 304), codes=("unknown_check",)),
    Route("GET", "/api/v1/checks/<check_id>", staff_calls.check, (STAFF,), "What is to be paid", answers=(200, 304), codes=("unknown_check",)),
    Route("GET", "/api/v1/events", door_calls.events, (STAFF,), "Server-sent events", query=("topics", "screen", "last_event_id"), headers=("Last-Event-ID",), codes=("invalid", "streams_full")),
    Route("GET", "/api/v1/stations/<station_id>/tickets", staff_calls.station, (STAFF,), "Open tickets, oldest first", codes=("unknown_station",)),
    Route("GET", "/api/v1/stations/<station_id>/recall", staff_calls.recallable, (STAFF,), "The last 30 that were cleared"),
    Route("POST", "/api/v1/tickets/<ticket_id>/<action>", staff_calls.act_on_ticket, (STAFF,), "start, bump, recall, undo, serve or rendered", staff_calls.TicketAction, codes=("unknown_ticket", "stale", "illegal_move", "invalid", "idempotency_key_reused"), actions=staff_calls.ACTIONS),
    Route("GET", "/api/v1/tables", staff_calls.list_tables, (STAFF,), "Every table, whether it is open, and its page"),
    Route("POST", "/api/v1/tables/<table>/<action>", staff_calls.open_or_close_table, (STAFF,), "open or close", staff_calls.TableOpening, codes=("unknown_table",), actions=staff_calls.TABLE_ACTIONS),
    Route("POST", "/api/v1/items/<item>/<action>", staff_calls.sell_item, (STAFF,), "sold-out or back-on", codes=("unknown_item",), actions=staff_calls.ITEM_ACTIONS),
    Route("POST", "/api/v1/ordering/<action>", staff_calls.pause_or_resume, (STAFF,), "pause or resume ordering by guests", staff_calls.Pausing, actions=staff_calls.ORDERING_ACTIONS),
    Route("GET", "/api/v1/printers", staff_calls.printers, (STAFF,), "Printers as they are"),
    Route("GET", "/api/v1/jobs", staff_calls.list_jobs, (STAFF,), "Print jobs, newest first", query=("state", "order", "limit")),
    Route("POST", "/api/v1/jobs/<job_id>/<decision>", staff_calls.decide_about_job, (STAFF,), "reprint, came_out or cancel", staff_calls.Deciding, codes=("unknown_job", "illegal_move", "idempotency_key_reused"), actions=staff_calls.DECISIONS),
    Route("GET", "/api/v1/uplink", staff_calls.uplink, (STAFF,), "How the cloud is doing"),
    Route("GET", "/api/v1/conditions", staff_calls.conditions, (STAFF,), "What is wrong now"),
    Route("POST", "/api/v1/login", login_calls.log_in, (STAFF,), "Log a person in", login_calls.Login, codes=("wrong_login", "too_many", "foreign_origin")),
    Route("POST", "/api/v1/logout", login_calls.log_out, (STAFF,), "Log out"),
    Route("POST", "/api/v1/drills", drill_calls.play, (STAFF,), "Play a fault (demo and drill mode only)", drill_calls.Drill, codes=("unknown_fault", "drills_away")),
    Route("GET", "/api/v1/openapi.json", document.serve, (STAFF,), "This document"),
]  # fmt: skip
