"""The OpenAPI documents as they are written in docs/, held against each answer that comes through a door."""

from __future__ import annotations

import gzip
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

DOCS = Path(__file__).resolve().parents[2] / "docs"
FILES = {"guest": "openapi-guest.json", "staff": "openapi.json"}
NO_SUCH_CALL = {"not_found", "method_not_allowed", "wrong_host", "bad_request"}
SHARED = {"busy", "storage_full", "storage_failed", "storage_slow", "stopping", "not_set_up", "bad_request",
          "wrong_host", "internal"}  # fmt: skip
"""Codes of a house that cannot, and of what is no call at all: not a call's own."""

seen: set[tuple[str, str, str]] = set()
"""(listener, call, code) of every refusal that came through a door, to be held against what is listed."""


class NotDescribed(AssertionError):  # noqa: N818 - it names what is wrong, as the house does
    """An answer that the OpenAPI document does not know."""


def strict(schema: Any) -> Any:
    """The schema without the room that it leaves for newer gateways: what is not written down is noticed."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: strict(value) for name, value in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        closed.setdefault("additionalProperties", False)
    return closed


class Description:
    def __init__(self, document: dict[str, Any]):
        self.document = document
        self._components = {"components": {"schemas": strict(document["components"]["schemas"])}}
        by_name_first = sorted(document["paths"], key=lambda path: path.count("{"))  # as the router chooses
        self._paths = [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path) for path in by_name_first]
        self._validators: dict[str, jsonschema.Draft202012Validator] = {}

    def call(self, method: str, path: str) -> str:
        """`POST /api/v1/orders`; "" for what is no call."""
        method = "GET" if method == "HEAD" else method
        for pattern, template in self._paths:
            if pattern.fullmatch(path) and method.lower() in self.document["paths"][template]:
                return f"{method} {template}"
        return ""

    def answers(self, call: str) -> dict[str, Any]:
        method, path = call.split()
        found: dict[str, Any] = self.document["paths"][path][method.lower()]["responses"]
        return found

    def codes(self, call: str) -> set[str]:
        contents = [a.get("content", {}).get("application/problem+json", {}) for a in self.answers(call).values()]
        return {code for content in contents for code in content.get("examples", {})}

    def check(self, call: str, status: int, mimetype: str, body: Any) -> None:
        """Raises `NotDescribed`. `body` is decoded JSON; None where there is none."""
        answer = self.answers(call).get(str(status))
        if answer is None:
            raise NotDescribed(f"{call}: status {status} is not listed ({body})")
        if body is None:
            return
        content = answer.get("content", {}).get(mimetype)
        if content is None:
            raise NotDescribed(f"{call}: {status} as {mimetype} is not listed")
        if mimetype == "application/problem+json" and body["code"] not in content.get("examples", {}):
            raise NotDescribed(f"{call}: {status} {body['code']} is not listed")
        wrong = jsonschema.exceptions.best_match(self._validator(content["schema"]).iter_errors(body))
        if wrong is not None:
            raise NotDescribed(f"{call}: {status}: {wrong.json_path}: {wrong.message}")

    def _validator(self, schema: Any) -> jsonschema.Draft202012Validator:
        key = msgspec.json.encode(schema).decode()
        if key not in self._validators:
            self._validators[key] = jsonschema.Draft202012Validator(strict(schema) | self._components)
        return self._validators[key]


@cache
def described(listener: str) -> Description:
    return Description(msgspec.json.decode((DOCS / FILES[listener]).read_bytes()))


def body_of(answer: TestResponse) -> Any:
    """None for a stream, which is not read here, and for what has no body."""
    if answer.mimetype not in ("application/json", "application/problem+json"):
        return None
    data = answer.get_data()
    if answer.headers.get("Content-Encoding") == "gzip":
        data = gzip.decompress(data)
    return msgspec.json.decode(data) if data else None


def hold_against_the_document(listener: str, method: str, path: str, answer: TestResponse) -> None:
    known = described(listener)
    call, body = known.call(method, path), body_of(answer)
    problem = answer.mimetype == "application/problem+json" and body is not None
    if call:
        known.check(call, answer.status_code, answer.mimetype, body)
        if problem:
            seen.add((listener, call, body["code"]))
    elif path.startswith("/api/") and method != "OPTIONS" and not (problem and body["code"] in NO_SUCH_CALL):
        raise NotDescribed(f"{method} {path} is served by {listener} and not listed: {answer.status}")


class DescribedClient(FlaskClient):
    """A client of a door that believes no answer which the OpenAPI document does not know."""

    def open(self, *args: Any, **more: Any) -> TestResponse:
        answer = super().open(*args, **more)
        request = answer.request
        hold_against_the_document(self.application.name, request.method, request.path, answer)
        return answer
