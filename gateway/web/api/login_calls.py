"""Logging in and out. Comparing a secret takes long on purpose, so only a few may wait for it at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec
from flask import Response, request
from werkzeug.security import check_password_hash

from gateway.domain.actor import Actor
from gateway.domain.errors import Refused
from gateway.operations import administration, login_brake
from gateway.store import Reader, people
from gateway.web import access, bodies
from gateway.web.house import house

AT_ONCE = 4
"""Logins of a kind that may be inside: one compares, three wait. With both kinds that is 8 of the 16 threads which the
streams leave; whoever comes beside them hears 429 at once, so that guessing never takes the staff's listener."""

COMPARE_WAIT_S = 5.0
"""Three comparisons before one's own are done by then, with twenty PINs to try on a small box."""

_NO_USER = "scrypt:32768:8:1$none$" + "0" * 128
"""Compared against when the name is unknown, so that guessing names takes as long as guessing passwords."""


class Login(msgspec.Struct, forbid_unknown_fields=True):
    username: Annotated[str, msgspec.Meta(max_length=64)] = ""
    password: Annotated[str, msgspec.Meta(max_length=256)] = ""
    pin: Annotated[str, msgspec.Meta(max_length=12)] = ""


class Gate:
    """One comparison at a time: each takes 32 MB, and tries made side by side must not slip past the count."""

    def __init__(self) -> None:
        self._inside = threading.BoundedSemaphore(AT_ONCE)
        self._comparing = threading.Lock()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Raises `Refused("too_many")`: at once when `AT_ONCE` are inside, after `COMPARE_WAIT_S` when they stall."""
        if not self._inside.acquire(blocking=False):
            raise Refused("too_many", retry_after_s=1)
        try:
            if not self._comparing.acquire(timeout=COMPARE_WAIT_S):
                raise Refused("too_many", retry_after_s=int(COMPARE_WAIT_S))
            try:
                yield
            finally:
                self._comparing.release()
        finally:
            self._inside.release()


STRANGERS, KNOWN_DEVICES = Gate(), Gate()
"""Two, so that strangers who crowd at theirs never keep the store's own tablets out."""


def log_in() -> Response:
    """A name and password, or a PIN. Compared here because it takes long; counted where the store writes."""
    access.check_origin()
    login = bodies.decode(bodies.read_body(), Login)
    with house().store.read() as rows:
        source = access.login_source(rows, request)
        _refuse_locked(rows, source)  # before the gate: who is locked costs a look at two rows and takes no place
    with (KNOWN_DEVICES if login_brake.is_known(source) else STRANGERS).place():
        user, token = _session(login, source)
    answer = bodies.json({"actor": user.name, "role": user.role})
    set_staff_cookie(answer, token)
    access.know_device(answer, user.name)
    if user.language:  # what another person chose on this device is theirs
        answer.delete_cookie("lang")
    return answer


def _refuse_locked(rows: Reader, source: str) -> None:
    wait = login_brake.locked_for(rows, house().now(), source)
    if wait > 0:
        raise Refused("too_many", retry_after_s=int(wait) + 1)


def _session(login: Login, source: str) -> tuple[people.User, str]:
    with house().store.read() as rows:
        _refuse_locked(rows, source)
        users = people.users(rows)
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
