"""What a refusal is called outside, and its status: the same over HTTP and on the broker."""

from __future__ import annotations

STATUS = {
    "idempotency_key_missing": 400, "not_json": 400, "bad_request": 400,
    "login_needed": 401, "wrong_login": 401,
    "table_closed": 403, "not_allowed": 403, "foreign_origin": 403,
    "unknown_table": 404, "unknown_order": 404, "unknown_check": 404, "unknown_ticket": 404, "unknown_job": 404,
    "unknown_line": 404, "unknown_day": 404,
    "unknown_item": 404, "unknown_station": 404, "unknown_printer": 404, "unknown_device": 404, "unknown_bridge": 404,
    "unknown_inquiry": 404, "not_found": 404,
    "method_not_allowed": 405,
    "sold_out": 409, "price_changed": 409, "not_served_now": 409, "looks_repeated": 409, "stale": 409,
    "illegal_move": 409, "table_taken": 409, "not_ready": 409,
    "too_large": 413, "wrong_host": 421,
    "invalid": 422, "idempotency_key_reused": 422, "invalid_settings": 422, "invalid_menu": 422, "unknown_fault": 422,
    "too_many": 429,
    "internal": 500,
    "ordering_paused": 503, "storage_full": 503, "storage_failed": 503, "storage_slow": 503, "busy": 503,
    "stopping": 503, "streams_full": 503, "not_set_up": 503, "drills_away": 503,
}  # fmt: skip

OTHERWISE = 409
"""A refusal without a line above is one that the thing's own state makes."""
