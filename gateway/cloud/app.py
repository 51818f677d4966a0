"""The reference cloud's HTTP face: four routes over an EventStore. Every error is RFC 9457 problem+json."""

from __future__ import annotations

import logging
from http import HTTPStatus

import msgspec
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from gateway.cloud.access import Access
from gateway.cloud.batch import MAX_BODY_BYTES, NotABatch, read_batch
from gateway.cloud.event_store import EventStore, Unavailable, UnknownOrder

DEFAULT_LIMIT = 1000
MAX_LIMIT = 10_000
"""Orders per answer: about 20 MB of JSON. A greater `limit` is read as this one; page on with `after`."""

RETRY_AFTER_S = 5
"""What a sender is told when the store cannot write: long enough not to hammer a full disk."""

log = logging.getLogger(__name__)


class Problem(Exception):  # noqa: N818 - it is the name of the thing in RFC 9457
    def __init__(self, status: int, code: str, detail: str):
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail


def make_app(store: EventStore, access: Access) -> Flask:
    """The WSGI application. It starts nothing and owns nothing: the caller closes the store."""
    app = Flask("gateway.cloud", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    _report_problems(app)

    @app.get("/healthz")
    def healthz() -> Response:
        return _json({"status": "ok"})

    @app.post("/v1/events")
    def take_events() -> Response:
        authorization = request.headers.get("Authorization", "")
        writes_for = access.box(authorization)
        if writes_for is None:
            if access.may_read(authorization):
                raise Problem(403, "read_only", "this token may only read")
            raise Problem(401, "unauthorized", "a box needs its bearer token")
        batch = read_batch(
            request.get_data(cache=False),
            media_type=request.mimetype,
            encoding=request.headers.get("Content-Encoding", "").strip().lower(),
            source=request.headers.get("Tablepass-Source"),
            epoch=request.headers.get("Tablepass-Epoch"),
        )
        if writes_for not in ("", batch.stream.source):
            raise Problem(403, "not_your_box", "this token writes for another box")
        return _json(store.accept(batch) if batch.arrivals else store.cursor(batch.stream))

    @app.get("/v1/stores/<name>/orders")
    def orders(name: str) -> Response:
        _let_read(access)
        listed = store.orders(name, request.args.get("after"), _limit(request.args.get("limit")))
        return _json({"orders": listed})

    @app.get("/v1/stores/<name>/stats")
    def stats(name: str) -> Response:
        _let_read(access)
        return _json(store.stats(name))

    return app


def _let_read(access: Access) -> None:
    if not access.may_read(request.headers.get("Authorization", "")):
        raise Problem(401, "unauthorized", "reading needs a bearer token")


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):
        raise Problem(400, "bad_limit", f"limit is a whole number from 1 to {MAX_LIMIT}")
    return min(int(text), MAX_LIMIT)


def _json(body: object) -> Response:
    return Response(msgspec.json.encode(body), content_type="application/json")


def _problem(status: int, code: str, detail: str) -> Response:
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}
    answer = Response(msgspec.json.encode(body), status, content_type="application/problem+json")
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


def _report_problems(app: Flask) -> None:
    """One place maps what was raised to HTTP."""

    @app.errorhandler(Problem)
    @app.errorhandler(NotABatch)
    def refused(problem: Problem | NotABatch) -> Response:
        return _problem(problem.status, problem.code, problem.detail)

    @app.errorhandler(UnknownOrder)
    def unknown_order(_: UnknownOrder) -> Response:
        return _problem(404, "unknown_order", "`after` names an order that this store has not sent")

    @app.errorhandler(Unavailable)
    def unavailable(problem: Unavailable) -> Response:
        log.error("nothing stored: %s", problem)
        return _problem(503, "unavailable", "the store cannot write now; send the same again")

    @app.errorhandler(HTTPException)
    def http(problem: HTTPException) -> Response:
        status = problem.code or 500
        code = "too_large" if status == 413 else problem.name.lower().replace(" ", "_")
        return _problem(status, code, problem.description or problem.name)

    @app.errorhandler(Exception)
    def bug(problem: Exception) -> Response:
        log.error("a bug while answering %s %s", request.method, request.path, exc_info=problem)
        return _problem(500, "internal", "the receiver failed; nothing was acknowledged")
