"""Who is at the door. The one place that reads cookies and tokens and names the actor."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from flask import Flask, Request, Response, g, request

from gateway.domain.actor import Actor
from gateway.domain.errors import Refused
from gateway.operations import login_brake
from gateway.operations.administration import SESSION_S
from gateway.store import Reader, box, people
from gateway.web.house import House, house

GUEST_COOKIE = "guest"
STAFF_COOKIE = "staff"
DEVICE_COOKIE = "device"
DEVICE_COOKIE_S = 400 * 86400
"""As long as browsers keep one. It opens nothing: it only spares a known tablet the brake over strangers."""

BUDGETS_OF_A_PERSON = 8
"""A person's devices share so many budgets of wrong tries. One would let a tablet in the dining room lock the office
out; one for each device would give whoever knows a PIN as many budgets as they care to log in times."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOCAL_SUFFIXES = (".local", ".lan", ".test", ".internal", ".home.arpa", ".localhost")
"""Names that no public DNS can give away: a page on the internet cannot be rebound to them. A machine on the same
network can: such a name opens no door that would stay shut to a stranger (`/demo`)."""

CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "media-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
)


@dataclass(frozen=True)
class Staff:
    """Whoever may use the staff listener: a person or a program. `language`: a person's own; "": as the device says."""

    actor: Actor
    role: str
    language: str = ""


def guard(app: Flask, framed_by: str, frames: str = "") -> None:
    """Checks the host name before anything else, and puts the security headers on everything."""

    @app.before_request
    def check_host() -> None:
        if not host_allowed(request.host, tuple(_own_hosts(house(), app))):
            raise Refused("wrong_host")

    policy = CONTENT_SECURITY.format(ancestors=framed_by) + (f"; frame-src {frames}" if frames else "")

    @app.after_request
    def headers(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = policy
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["Cross-Origin-Resource-Policy"] = "same-site"
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer


def _own_hosts(inside: House, app: Flask) -> list[str]:
    listener = inside.config.guest if app.name == "guest" else inside.config.staff
    return listener.hosts


@lru_cache(maxsize=256)
def host_allowed(host: str, own: tuple[str, ...]) -> bool:
    """Addresses, local names and the store's own names; a foreign name means DNS rebinding."""
    name = host_name(host)
    if name == "localhost" or name in own or name.endswith(LOCAL_SUFFIXES):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def host_name(host: str) -> str:
    """Of a Host header, without its port; empty when it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def sign_visit(secret: bytes, visit: str, nonce: str) -> str:
    """The guest's cookie: it names a visit and dies with it. No row is written for a look at the menu."""
    mac = hmac.new(secret, f"guest:{visit}:{nonce}".encode(), hashlib.sha256).hexdigest()[:32]
    return f"{visit}.{nonce}.{mac}"


def visit_of_cookie() -> str | None:
    """The visit that the phone's cookie names; None without one. A forged cookie names the visit "forged"."""
    cookie = request.cookies.get(GUEST_COOKIE)
    if not cookie:
        return None
    visit, _, rest = cookie.partition(".")
    nonce, _, _ = rest.partition(".")
    expected = sign_visit(house().secret(), visit, nonce)
    return visit if hmac.compare_digest(cookie.encode(), expected.encode()) else "forged"


def login_source(rows: Reader, from_request: Request) -> str:
    """Whose budget a try to log in is counted on: a known device's, or the address of a stranger."""
    nonce, _, rest = from_request.cookies.get(DEVICE_COOKIE, "").partition(".")
    mac, _, packed = rest.partition(".")
    try:
        name = bytes.fromhex(packed).decode()
    except ValueError:
        name = ""
    signed = hmac.compare_digest(mac.encode(), _sign_device(box.the(rows).secret, packed, nonce).encode())
    # Who has left the store is a stranger again.
    if name and signed and people.user(rows, name):
        return login_brake.known_source(name, int(mac[:2], 16) % BUDGETS_OF_A_PERSON)
    return network_of(from_request.remote_addr or "")


def know_device(answer: Response, name: str) -> None:
    """This person has logged in here. Sent back only to the login."""
    with house().store.read() as rows:
        secret = box.the(rows).secret
    nonce = next(house().random_token)
    packed = name.encode().hex()
    value = f"{nonce}.{_sign_device(secret, packed, nonce)}.{packed}"
    answer.set_cookie(
        DEVICE_COOKIE, value, max_age=DEVICE_COOKIE_S, httponly=True, samesite="Strict", path="/api/v1/login"
    )


def _sign_device(secret: bytes, packed_name: str, nonce: str) -> str:
    return hmac.new(secret, f"device:{packed_name}:{nonce}".encode(), hashlib.sha256).hexdigest()[:32]


def network_of(text: str) -> str:
    """A machine may take any address of its IPv6 network of 64 bits: they count as one."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text or "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), 64), strict=False))


def is_this_machine(address: str) -> bool:
    """Whether this text is a loopback address."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def staff() -> Staff:
    """The person or program behind this request. Raises `Refused`: login_needed, foreign_origin."""
    known: Staff | None = g.get("staff")
    if known is None:
        known = _staff()
        g.staff = known
    return known


def _staff() -> Staff:
    authorization = request.headers.get("Authorization", "")
    if authorization.startswith("Bearer "):
        with house().store.read() as rows:
            name = people.program(rows, authorization[7:].strip())
        if name is None:
            raise Refused("login_needed")
        return Staff(Actor("program", name), "manager")
    token = request.cookies.get(STAFF_COOKIE)
    if not token:
        raise Refused("login_needed")
    with house().store.read() as rows:
        user = people.session(rows, token, house().now().ago(SESSION_S))
    if user is None:
        raise Refused("login_needed")
    if request.method not in SAFE_METHODS:
        check_origin()
    return Staff(Actor("staff", user.name), user.role, user.language)


def check_origin() -> None:
    """An unsafe call with a cookie must come from our own page, port included. A missing Origin is refused too."""
    try:
        origin = urlsplit(request.headers.get("Origin", "")).netloc
    except ValueError:
        origin = ""
    if not origin or origin != request.host:
        raise Refused("foreign_origin")


def need(*roles: str) -> Staff:
    """The caller, if one of these roles or a manager. Raises `Refused("not_allowed")`."""
    who = staff()
    if who.role != "manager" and who.role not in roles:
        raise Refused("not_allowed")
    return who


def screen_actor(screen: str) -> Actor:
    who = staff()
    return Actor(who.actor.kind, who.actor.id, screen)
