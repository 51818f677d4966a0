"""What the boot file says: where things are. What the store is (menu, stations, tables) lives in the database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class StoreSection(msgspec.Struct, forbid_unknown_fields=True):
    id: Name
    data: str
    box: Name = "box1"


class Listener(msgspec.Struct, forbid_unknown_fields=True):
    port: Port
    host: str = "127.0.0.1"
    hosts: list[str] = []


class Broker(msgspec.Struct, forbid_unknown_fields=True):
    host: str = "127.0.0.1"
    port: Port = 1883
    username: str = "gateway"
    password_file: str = ""


class Cloud(msgspec.Struct, forbid_unknown_fields=True):
    url: Annotated[str, msgspec.Meta(pattern=r"^https?://")]
    token_file: str


class Demo(msgspec.Struct, forbid_unknown_fields=True):
    """Written by `gateway demo` only."""

    control: str
    paper: str
    cloud_url: str
    cloud_token_file: str
    guards: bool = False
    lan: bool = False


class Config(msgspec.Struct, forbid_unknown_fields=True):
    store: StoreSection
    guest: Listener
    staff: Listener
    broker: Broker = msgspec.field(default_factory=Broker)
    cloud: Cloud | None = None
    demo: Demo | None = None

    @property
    def database(self) -> Path:
        return Path(self.store.data) / "gateway.db"
