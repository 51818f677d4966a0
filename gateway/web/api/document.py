"""The OpenAPI documents, one for each listener, built from the route table and the types of bodies and answers.

Two, because four paths are served by both listeners with other bodies, answers and refusals, and one document can say
only one thing about a path.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import msgspec
from flask import Response

from gateway import __version__
from gateway.contract.refusals import STATUS
from gateway.domain import print_job
from gateway.web import bodies, problems
from gateway.web.api.route import EVERYWHERE, GUEST, STAFF, Route
from gateway.web.api.shop_answers import Problem
from gateway.web.api.staff_calls import MAX_LISTED

_VARIABLE = re.compile(r"<(?:\w+:)?(\w+)>")

FILES = {STAFF: "openapi.json", GUEST: "openapi-guest.json"}
"""Below `docs/` and below `/api/v1/`."""

_ABOUT = {
    STAFF: "For staff, screens and programs. What phones may ask is openapi-guest.json.",
    GUEST: "For phones. What staff, screens and programs may ask is openapi.json.",
}
_PORT = {STAFF: "8081", GUEST: "8080"}

Json = dict[str, Any]


@cache
def document(listener: str) -> Json:
    """OpenAPI 3.1 of what this listener serves."""
    from gateway.web.api.table import ROUTES

    routes = [route for route in ROUTES if listener in route.listeners]
    types = list(dict.fromkeys([Problem, *(t for r in routes for t in (r.body, r.answer) if t is not None)]))
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    by_type = dict(zip(types, schemas, strict=True))
    paths: dict[str, Json] = {}
    for route in routes:
        path = _VARIABLE.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _call(route, listener, by_type)
    codes = sorted({code for route in routes for code in (*route.codes, *EVERYWHERE)}, key=lambda c: (STATUS[c], c))
    components["Problem"]["additionalProperties"] = True
    components["Problem"]["properties"]["code"]["enum"] = sorted({*codes, *_WITHOUT_A_CALL})
    return {
        "openapi": "3.1.0",
        "info": {"title": f"Tablepass gateway, {listener}", "version": __version__, "description": _ABOUT[listener]},
        "servers": [
            {
                "url": "http://{host}:{port}",
                "variables": {"host": {"default": "127.0.0.1"}, "port": {"default": _PORT[listener]}},
            }
        ],
        "paths": paths,
        "components": {
            "schemas": _for_generators(components),
            "examples": {code: _example(code) for code in codes},
            "securitySchemes": {key: _KEYS[key] for key in sorted({key for route in routes for key in route.keys})},
        },
    }


def text(listener: str) -> str:
    """The document as it is kept in `docs/`."""
    return msgspec.json.format(msgspec.json.encode(document(listener)), indent=1).decode() + "\n"


def _call(route: Route, listener: str, by_type: dict[Any, Any]) -> Json:
    parameters: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _VARIABLE.findall(route.path)
    ]
    if route.actions:
        parameters[-1]["schema"]["enum"] = list(route.actions)
    parameters += [{"name": name, "in": "query", **_QUERIES.get(name, _TEXT)} for name in route.query]
    parameters += [{"name": name, "in": "header", **_HEADERS[name]} for name in route.headers]
    call: Json = {
        "summary": route.summary,
        "operationId": f"{listener}_{route.view.__name__}",
        "parameters": parameters,
        "responses": _answers(route, by_type),
    }
    if route.keys:
        call["security"] = [{key: []} for key in route.keys]
    if route.body is not None:
        content = {"application/json": {"schema": by_type[route.body]}}
        call["requestBody"] = {"required": not route.body_optional, "content": content}
    return call


def _answers(route: Route, by_type: dict[Any, Any]) -> Json:
    """By status. A refusal's codes are the names of its examples."""
    answers: Json = {}
    for status in sorted(route.answers):
        answers[str(status)] = {"description": _MEANING[status]}
        if status != 304:
            answers[str(status)]["content"] = _content(route, by_type)
    if 201 in route.answers:
        answers["200"] |= {"description": _MEANING_OF_REPLAYED, "headers": {"Idempotency-Replayed": _TEXT}}
    for code in (*route.codes, *EVERYWHERE):
        found = answers.setdefault(str(STATUS[code]), {"description": "refused"})
        content = found.setdefault("content", {}).setdefault("application/problem+json", {"schema": by_type[Problem]})
        content.setdefault("examples", {})[code] = {"$ref": f"#/components/examples/{code}"}
    for answer in answers.values():
        codes = answer.get("content", {}).get("application/problem+json", {}).get("examples", {})
        answer["description"] += f": {', '.join(codes)}" if codes else ""
    return dict(sorted(answers.items()))


def _content(route: Route, by_type: dict[Any, Any]) -> Json:
    if route.answer is None:
        return {"text/event-stream": {"schema": {"type": "string"}}}
    return {"application/json": {"schema": by_type[route.answer]}}


def _for_generators(schema: Any) -> Any:
    """The same schema in a form that generators read: an enum says its type, and a description is of one piece."""
    if isinstance(schema, list):
        return [_for_generators(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: _for_generators(value) for name, value in schema.items()}
    if isinstance(values := plain.get("enum"), list) and all(isinstance(value, str) for value in values):
        plain.setdefault("type", "string")
    if isinstance(words := plain.get("description"), str):
        plain["description"] = " ".join(words.split())
    return plain


def _example(code: str) -> Json:
    title, detail = problems.in_english(code)
    value = {"type": "about:blank", "title": title, "status": STATUS[code], "code": code, "detail": detail}
    return {"summary": title, "value": value}


_WITHOUT_A_CALL = ("not_found", "method_not_allowed")
"""What is no call at all is refused with these."""

_TEXT: Json = {"schema": {"type": "string"}}
_QUERIES: dict[str, Json] = {
    "table_token": {"required": True, "description": "The end of the table's address, /t/{table_token}", **_TEXT},
    "topics": {
        "required": True,
        "description": "Separated by commas: tickets:{station}, screens:{station}, orders, menu, devices, conditions, "
        "uplink, pass",
        **_TEXT,
    },
    "limit": {"schema": {"type": "integer", "minimum": 1, "maximum": MAX_LISTED}},
    "state": {"schema": {"type": "string", "enum": list(print_job.STATES)}},
}
_HEADERS: dict[str, Json] = {
    "Idempotency-Key": {
        "required": True,
        "description": "1 to 128 printable characters, new for each order. The same key with the same body is "
        "answered 200 as the first time, with Idempotency-Replayed: true; nothing is ordered twice.",
        "schema": {"type": "string", "minLength": 1, "maxLength": bodies.MAX_KEY},
    },
    "Last-Event-ID": {"description": "Go on after this event.", "schema": {"type": "string"}},
}
_KEYS: dict[str, Json] = {
    "token": {"type": "http", "scheme": "bearer"},
    "staff": {"type": "apiKey", "in": "cookie", "name": "staff"},
    "visit": {
        "type": "apiKey", "in": "cookie", "name": "guest", "description": "Given by GET /t/{table_token}",
    },
}  # fmt: skip
_MEANING = {200: "done", 201: "created", 202: "a person must look first", 304: "not changed", 503: "not ready"}
_MEANING_OF_REPLAYED = "ordered before under this key: the same answer as the first time"


def serve_staff() -> Response:
    return bodies.json(document(STAFF))


def serve_guest() -> Response:
    return bodies.json(document(GUEST))
