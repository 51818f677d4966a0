"""One line of the route table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from flask import Flask, Response

GUEST = "guest"
STAFF = "staff"


@dataclass(frozen=True)
class Route:
    """`path` is Flask's. `body` is the msgspec type that is accepted; `codes` are the refusals that may come.

    `actions` are the values that the last variable of the path may take; empty for an id or a name."""

    method: str
    path: str
    view: Callable[..., Response]
    listeners: tuple[str, ...]
    summary: str
    body: Any = None
    query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    answers: tuple[int, ...] = (200,)
    codes: tuple[str, ...] = field(default=())
    actions: tuple[str, ...] = ()


def register(app: Flask, routes: list[Route], listener: str) -> None:
    for route in routes:
        if route.body is not None:
            # msgspec 0.22 builds what it knows of a type at its first use. 64 threads whose first orders came at once,
            # as after a restart, met it half built: the process died (SIGSEGV). Here there is only one thread yet.
            msgspec.json.Decoder(route.body)
        if listener in route.listeners:
            name = f"{route.method} {route.path}"
            app.add_url_rule(route.path, name, route.view, methods=[route.method])
