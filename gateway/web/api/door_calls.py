"""Health, readiness, login and the event stream."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Annotated

import msgspec
from flask import Response, request
from werkzeug.security import check_password_hash

from gateway import __version__
from gateway.domain.actor import Actor
from gateway.domain.errors import Refused
from gateway.operations import administration
from gateway.store import people, settings
from gateway.web import access, bodies
from gateway.web.house import house

log = logging.getLogger(__name__)

MAX_TOPICS = 20
COMPARE_WAIT_S = 5.0
_comparing = threading.Lock()
"""One password at a time: each comparison takes 32 MB, and tries made side by side must not slip past the count."""

_NO_USER = "scrypt:32768:8:1$none$" + "0" * 128
"""Compared against when the name is unknown, so that guessing names takes as long as guessing passwords."""


class Login(msgspec.Struct, forbid_unknown_fields=True):
    username: Annotated[str, msgspec.Meta(max_length=64)] = ""
    password: Annotated[str, msgspec.Meta(max_length=256)] = ""
    pin: Annotated[str, msgspec.Meta(max_length=12)] = ""


def healthz() -> Response:
    return bodies.json({"status": "ok", "version": __version__})


def readyz() -> Response:
    """Able to take orders, each part with its reason. 503 when it is not."""
    parts = house().parts()
    ready = all(well for well, _ in parts.values())
    detail = {name: {"ready": well, "reason": reason or None} for name, (well, reason) in parts.items()}
    return bodies.json({"ready": ready, "parts": detail}, 200 if ready else 503)


def log_in() -> Response:
    """A name and password, or a PIN. Compared here because it takes long; counted where the store writes."""
    access.check_origin()
    login = bodies.decode(bodies.read_body(), Login)
    source = request.remote_addr or "unknown"
    if not _comparing.acquire(timeout=COMPARE_WAIT_S):
        raise Refused("busy", retry_after_s=int(COMPARE_WAIT_S))
    try:
        user, token = _session(login, source)
    finally:
        _comparing.release()
    answer = bodies.json({"actor": user.name, "role": user.role})
    set_staff_cookie(answer, token)
    return answer


def _session(login: Login, source: str) -> tuple[people.User, str]:
    with house().store.read() as rows:
        wait = administration.locked_for(rows, house().now(), source)
        users = people.users(rows)
    if wait > 0:
        raise Refused("too_many", retry_after_s=int(wait) + 1)
    name, matched = _match(login, users)
    token = next(house().random_token)
    return house().do(administration.begin_session, Actor("staff", name), name, matched, source, token), token


def set_staff_cookie(answer: Response, token: str) -> None:
    # Not "secure": staff screens speak plain HTTP on the store's own network unless a TLS front is installed.
    answer.set_cookie(
        access.STAFF_COOKIE, token, max_age=int(administration.SESSION_S), httponly=True, samesite="Strict", path="/"
    )


def _match(login: Login, users: list[people.User]) -> tuple[str, bool]:
    if login.pin:
        for user in users:
            if user.pin and check_password_hash(user.pin, login.pin):
                return user.name, True
        return "", False
    known = next((user for user in users if user.name == login.username), None)
    matched = check_password_hash(known.password if known else _NO_USER, login.password)
    return login.username, matched and known is not None


def log_out() -> Response:
    who = access.staff()
    token = request.cookies.get(access.STAFF_COOKIE, "")
    if token:
        house().do(administration.end_session, who.actor, token)
    answer = bodies.json({"actor": None})
    answer.delete_cookie(access.STAFF_COOKIE)
    return answer


def events() -> Response:
    """Server-sent events for one screen. `topics` is a comma-separated list."""
    access.staff()
    topics = frozenset(topic for topic in request.args.get("topics", "").split(",") if topic)
    _check_topics(topics)
    if request.method == "HEAD":
        return Response(content_type="text/event-stream")  # no body, so no place among the streams
    screen = request.args.get("screen", "")[:64]
    last = request.headers.get("Last-Event-ID") or request.args.get("last_event_id", "")
    inside = house()
    now = inside.now()
    gone: Callable[[], bool] = request.environ.get("waitress.client_disconnected", lambda: False)
    stream = inside.hub.open(screen, topics, now)

    def body() -> object:
        try:
            yield b"retry: 1000\n\n" + inside.hub.backlog(stream, last, now)
            yield from inside.hub.live(stream, inside.now, gone)
        finally:
            inside.hub.leave(stream)

    answer = Response(body(), content_type="text/event-stream")  # type: ignore[arg-type]
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _check_topics(topics: frozenset[str]) -> None:
    plain = {"orders", "menu", "devices", "conditions", "uplink"}
    with house().store.read() as rows:
        stations = {f"tickets:{s.id}" for s in settings.the_settings(rows).stations}
    unknown = topics - plain - stations
    if not topics or unknown or len(topics) > MAX_TOPICS:
        known = ", ".join(sorted(plain | stations))
        raise Refused("invalid", field="topics", words=f"{', '.join(sorted(unknown)) or 'none'}; there are: {known}")
