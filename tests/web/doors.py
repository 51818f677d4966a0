"""Both doors over a real shop, with a writer on a thread of its own as in the house."""

from __future__ import annotations

import threading
from typing import Any

from described import DescribedClient
from flask import Flask
from flask.testing import FlaskClient
from store.shop import COOK, Shop
from werkzeug.security import generate_password_hash
from werkzeug.test import TestResponse

from gateway.domain.boot_file import Config, Listener, StoreSection
from gateway.domain.now import Now
from gateway.operations import administration
from gateway.operations.uplink import Uplink
from gateway.store import Reader
from gateway.web import views
from gateway.web.events import Hub
from gateway.web.house import House
from gateway.web.servers import guest_app, staff_app

GUEST_URL, STAFF_URL = "http://192.168.1.5:8080", "http://192.168.1.5:8081"
TOKEN = "a-programs-token"
PASSWORD, PIN = "correct horse", "4711"
_HASHES = [generate_password_hash(secret, method="pbkdf2:sha256:100") for secret in (PASSWORD, PIN)]
"""Stretched a little only: what takes long in the house takes long in a thousand tests too."""


def described_client(app: Flask) -> FlaskClient:
    """Every answer that this client, or another of the same app, is given is held against the OpenAPI document."""
    app.test_client_class = DescribedClient
    return app.test_client()


class Doors:
    def __init__(self, shop: Shop):
        self.shop = shop
        self.uplink = Uplink()
        self.hub = Hub(shop.store, self._snapshot)
        listeners = [Listener(port, hosts=["order.example.com"]) for port in (8080, 8081)]
        self.config = Config(StoreSection("demo", str(shop.folder)), *listeners)
        self.parts: dict[str, tuple[bool, str]] = {"store": (True, "")}
        tokens = (f"random-{n}" for n in range(10**6))
        self.house = House(shop.store, lambda: shop.now, self.uplink, self.hub, self.config, tokens, lambda: self.parts)
        self.guest = described_client(guest_app(self.house))
        self.staff = described_client(staff_app(self.house))
        self.role("li", "manager")
        shop.do(administration.set_program, "till", TOKEN)
        self._ending = False
        self._bell = threading.Event()
        shop.store.wake_writer = self._bell.set
        self._thread = threading.Thread(target=self._write, name="writer", daemon=True)
        self._thread.start()

    def _snapshot(self, rows: Reader, topic: str, now: Now) -> Any:
        if topic == "conditions":
            return views.condition_list(rows, self.shop.store, now)
        return views.device_list(rows) if topic == "devices" else self.uplink.document(rows, now)

    def _write(self) -> None:
        while not self._ending:
            self._bell.wait(5)
            self._bell.clear()
            self.shop.writer.step(self.shop.now)

    def close(self) -> None:
        self._ending = True
        self._bell.set()
        self._thread.join(5)

    def role(self, name: str, role: str) -> None:
        self.shop.user(name, role, *(_HASHES if name == "li" else ("", "")))

    # --- asking ---

    def program(self, method: str, path: str, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {TOKEN}"} | more.pop("headers", {})
        return self.staff.open(path, method=method, base_url=STAFF_URL, headers=headers, **more)

    def page(self, method: str, path: str, origin: str | None = STAFF_URL, **more: Any) -> TestResponse:
        headers = ({"Origin": origin} if origin is not None else {}) | more.pop("headers", {})
        return self.staff.open(path, method=method, base_url=STAFF_URL, headers=headers, **more)

    def log_in(self, **secret: str) -> TestResponse:
        return self.page("POST", "/api/v1/login", json=secret or {"username": "li", "password": PASSWORD})

    def as_role(self, role: str) -> None:
        """The staff client becomes somebody of this role."""
        self.role(role, role)
        self.shop.store.submit(administration.begin_session, COOK, role, True, "test", f"session-{role}").result(5)
        self.staff.set_cookie("staff", f"session-{role}", domain="192.168.1.5")

    def phone(self, method: str, path: str, **more: Any) -> TestResponse:
        return self.guest.open(path, method=method, base_url=GUEST_URL, **more)

    def sit_down(self, table: str = "1") -> None:
        assert self.phone("GET", f"/t/token-{table}").status_code == 200

    def order(self, *items: str, key: str = "", table: str = "1", **more: Any) -> TestResponse:
        body = {"table_token": f"token-{table}", "lines": [{"item": i} for i in items or ("tofu",)]} | more
        headers = {"Idempotency-Key": key} if key != "-" else {}
        return self.phone(
            "POST", "/api/v1/orders", json=body, headers=headers if key else {"Idempotency-Key": next(self.shop.keys)}
        )
