"""Drills: passed on to the demo's supervisor, which plays them at the wire. The gateway holds no fault code."""

from __future__ import annotations

import socket
from typing import Annotated, Any

import msgspec
from flask import Response

from gateway.domain.errors import Refused
from gateway.web import access, bodies
from gateway.web.house import house

ANSWER_S = 5.0
MAX_ANSWER = 256 * 1024


class Drill(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    fault: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    on: bool = True
    target: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    for_s: Annotated[float, msgspec.Meta(gt=0, le=3600)] | None = None


def play() -> Response:
    access.need()
    drill = bodies.decode(bodies.read_body(), Drill)
    answer = ask(msgspec.to_builtins(drill) | {"on": drill.on})
    if not answer.get("ok"):
        if answer.get("code") in ("unknown_fault", "invalid", "busy"):
            raise Refused(answer["code"], fault=drill.fault)
        # What the supervisor says of itself (`not_ready`, `no_answer`): not now.
        raise Refused("drills_away", retry_after_s=2)
    return bodies.json(answer)


def ask(question: dict[str, Any]) -> dict[str, Any]:
    """One JSON line to the supervisor, one back. Raises `Refused("drills_away")` outside a demo."""
    demo = house().config.demo
    if demo is None:
        raise Refused("not_found")
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(ANSWER_S)
            line.connect(demo.control)
            line.sendall(msgspec.json.encode(question) + b"\n")
            received = bytearray()
            while not received.endswith(b"\n") and len(received) < MAX_ANSWER:
                part = line.recv(65536)
                if not part:
                    break
                received += part
    except OSError:
        raise Refused("drills_away", retry_after_s=2) from None
    answer: dict[str, Any] = msgspec.json.decode(received)
    return answer
