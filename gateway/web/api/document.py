"""The OpenAPI document, built from the route table and the types of the bodies."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import msgspec
from flask import Response

from gateway import __version__
from gateway.contract.refusals import STATUS
from gateway.web import bodies
from gateway.web.api.route import GUEST, Route

_VARIABLE = re.compile(r"<(?:\w+:)?(\w+)>")


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """OpenAPI 3.1. Calls that both listeners have are told apart by `x-listener`."""
    from gateway.web.api.table import ROUTES

    types = sorted({route.body for route in ROUTES if route.body is not None}, key=lambda kind: kind.__name__)
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    by_type = dict(zip(types, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        path = _VARIABLE.sub(r"{\1}", route.path)
        methods = paths.setdefault(path, {})
        call = _call(route, by_type)
        method = route.method.lower()
        if method in methods:
            methods[method].setdefault("x-staff", {}).update(call)
        else:
            methods[method] = call
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tablepass gateway", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": components | {"Problem": _PROBLEM},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "staff": {"type": "apiKey", "in": "cookie", "name": "staff"},
            },
        },
    }


_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": sorted(STATUS)},
        "detail": {"type": "string"},
    },
}


def _call(route: Route, by_type: dict[Any, Any]) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _VARIABLE.findall(route.path)
    ]
    if route.actions:
        parameters[-1]["schema"]["enum"] = list(route.actions)
    parameters += [{"name": name, "in": "query", "schema": {"type": "string"}} for name in route.query]
    parameters += [{"name": name, "in": "header", **_HEADERS[name]} for name in route.headers]
    answers: dict[str, Any] = {str(status): {"description": _MEANING[status]} for status in route.answers}
    for code in route.codes:
        status = str(STATUS[code])
        known = answers.setdefault(status, {"description": "", "content": _PROBLEM_CONTENT})
        known["description"] = ", ".join(filter(None, (known["description"], code)))
    call: dict[str, Any] = {
        "summary": route.summary,
        "operationId": f"{route.listeners[0]}_{route.view.__name__}",
        "x-listeners": list(route.listeners),
        "parameters": parameters,
        "responses": answers,
    }
    if GUEST not in route.listeners:
        call["security"] = [{"token": []}, {"staff": []}]
    if route.body is not None:
        call["requestBody"] = {"content": {"application/json": {"schema": by_type[route.body]}}}
    return call


_HEADERS: dict[str, dict[str, Any]] = {
    "Idempotency-Key": {
        "required": True,
        "description": "1 to 128 printable characters, new for each order. The same key with the same body is "
        "answered 200 as the first time, with Idempotency-Replayed: true; nothing is ordered twice.",
        "schema": {"type": "string", "minLength": 1, "maxLength": bodies.MAX_KEY},
    },
    "Last-Event-ID": {"description": "Go on after this event.", "schema": {"type": "string"}},
}
_MEANING = {200: "done", 201: "created", 202: "a person must look first", 304: "not changed", 503: "not ready"}
_PROBLEM_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def serve() -> Response:
    return bodies.json(document())
