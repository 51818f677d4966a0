"""Bodies in and out: limits, decoding with the first field at fault, ETags."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from flask import Response, request

from gateway.domain.errors import Refused
from gateway.web.views import Ready

MAX_BODY = 64 * 1024
"""A cart of 60 lines with notes is 20 KiB. The server itself cuts at 1 MiB."""

MAX_KEY = 128
T = TypeVar("T")

_PATH = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?$", re.DOTALL)


def read_body() -> bytes:
    if (request.content_length or 0) > MAX_BODY:
        raise Refused("too_large", limit=MAX_BODY)
    body = request.get_data(cache=False)
    if len(body) > MAX_BODY:
        raise Refused("too_large", limit=MAX_BODY)
    return body


def decode(body: bytes, kind: type[T]) -> T:
    """The body as this type. Raises `Refused`: not_json, or invalid with the first field at fault."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        found = _PATH.match(str(error))
        what, path = (found["what"], found["path"] or "") if found else (str(error), "")
        raise Refused("invalid", field=path, words=what) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("not_json", words=str(error)[:200]) from None


def idempotency_key() -> str:
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        raise Refused("idempotency_key_missing")
    if len(key) > MAX_KEY or not key.isprintable():
        raise Refused("invalid", field="Idempotency-Key", words=f"1 to {MAX_KEY} printable characters")
    return key


def json(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status=status, content_type="application/json")


def ready(made: Ready) -> Response:
    """An answer made beforehand, compressed for who takes it; 304 when the reader has it."""
    if made.tag in request.if_none_match:
        answer = Response(status=304)
    elif "gzip" in request.headers.get("Accept-Encoding", ""):
        answer = Response(made.packed, content_type="application/json")
        answer.headers["Content-Encoding"] = "gzip"
    else:
        answer = Response(made.body, content_type="application/json")
    answer.set_etag(made.tag)
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Vary"] = "Accept-Encoding"
    return answer


def tagged(value: Any) -> Response:
    """200 with an ETag, or 304 when the reader has it."""
    return tagged_lazily(value, lambda: value)


def tagged_lazily(tag_of: Any, make: Callable[[], Any]) -> Response:
    """As `tagged`, for a value that need not even be made when the reader has it. `tag_of` changes when it does."""
    tag = hashlib.sha256(msgspec.json.encode(tag_of)).hexdigest()[:20]
    answer = Response(status=304) if tag in request.if_none_match else json(make())
    answer.set_etag(tag)
    answer.headers["Cache-Control"] = "no-cache"
    return answer
