"""One line of the route table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from flask import Flask, Response

GUEST = "guest"
STAFF = "staff"


@dataclass(frozen=True)
class Route:
    """`path` is Flask's. `body` is the msgspec type that is accepted, `answer` the type of what is given: None for what
    is no JSON. `codes` are the refusals that may come, beside those of every call (`EVERYWHERE`).

    `actions` are the values that the last variable of the path may take; empty for an id or a name. `keys` are what
    opens it, any one of them: a header or cookie of the OpenAPI documents; empty for who knows the address."""

    method: str
    path: str
    view: Callable[..., Response]
    listeners: tuple[str, ...]
    summary: str
    answer: Any
    body: Any = None
    body_optional: bool = False
    query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    answers: tuple[int, ...] = (200,)
    codes: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


EVERYWHERE = ("bad_request", "wrong_host", "internal")
"""What HTTP itself refuses, a foreign host name, and a mistake of ours: they may meet every call."""


def register(app: Flask, routes: list[Route], listener: str) -> None:
    for route in routes:
        for kind in (route.body, route.answer):
            if kind is not None:
                # msgspec 0.22 builds what it knows of a type at its first use. 64 threads whose first orders came at
                # once, as after a restart, met it half built: the process died (SIGSEGV). Here there is only one
                # thread yet. The answers' types are first used by whoever asks for the OpenAPI document.
                msgspec.json.Decoder(kind)
        if listener in route.listeners:
            name = f"{route.method} {route.path}"
            app.add_url_rule(route.path, name, route.view, methods=[route.method])
