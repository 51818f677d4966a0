"""Health, readiness and the event stream."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, request

from gateway import __version__
from gateway.domain.errors import Refused
from gateway.store import settings
from gateway.web import access, bodies
from gateway.web.house import house

MAX_TOPICS = 20
"""Every station of a large kitchen, and the six that are no station."""


def healthz() -> Response:
    return bodies.json({"status": "ok", "version": __version__})


def readyz() -> Response:
    """Able to take orders, each part with its reason. 503 when it is not."""
    parts = house().parts()
    ready = all(well for well, _ in parts.values())
    detail = {name: {"ready": well, "reason": reason or None} for name, (well, reason) in parts.items()}
    return bodies.json({"ready": ready, "parts": detail}, 200 if ready else 503)


def events() -> Response:
    """Server-sent events for one screen. `topics` is a comma-separated list.

    HEAD answers as GET would now, and takes no place: a browser hides from its page why it was given no stream."""
    access.staff()
    topics = frozenset(topic for topic in request.args.get("topics", "").split(",") if topic)
    _check_topics(topics)
    screen = request.args.get("screen", "")[:64]
    inside = house()
    now = inside.now()
    if request.method == "HEAD":
        inside.hub.check_place(screen, now)
        return Response(content_type="text/event-stream")
    last = request.headers.get("Last-Event-ID") or request.args.get("last_event_id", "")
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
    plain = {"orders", "menu", "devices", "conditions", "uplink", "pass"}
    with house().store.read() as rows:
        known_stations = [s.id for s in settings.the_settings(rows).stations]
    stations = {f"{topic}:{station}" for topic in ("tickets", "screens") for station in known_stations}
    unknown = topics - plain - stations
    if not topics or unknown or len(topics) > MAX_TOPICS:
        known = ", ".join(sorted(plain | stations))
        raise Refused("invalid", field="topics", words=f"{', '.join(sorted(unknown)) or 'none'}; there are: {known}")
