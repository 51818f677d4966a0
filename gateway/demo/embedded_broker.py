"""A broker inside this environment, where Mosquitto is not installed. For the demo only; MQTT 3.1.1.

`python -m gateway.demo.embedded_broker FILE`, FILE as `gateway.demo.broker` writes it. It differs from
Mosquitto: no MQTT 5, retained messages may arrive twice, and a denied publish is acknowledged and dropped.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amqtt.broker import Broker
from amqtt.contexts import Action, BrokerConfig, ListenerConfig
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session

from gateway.demo.rights import covers

MAX_CONNECTIONS = 100
"""A demo has a handful of clients; amqtt holds a task and buffers for each."""


class TokenLogin(BaseAuthPlugin):  # type: ignore[misc]  # amqtt is not typed for us
    """Plain comparison with long random tokens. amqtt's own password file took 587 ms for each connect."""

    async def authenticate(self, *, session: Session) -> bool:
        known = self.config.passwords.get(session.username or "")
        given = session.password or ""
        return known is not None and hmac.compare_digest(known.encode(), given.encode())

    @dataclass
    class Config:
        passwords: dict[str, str] = field(default_factory=dict)


class TopicRights(BaseTopicPlugin):  # type: ignore[misc]
    """Each user may publish and subscribe where its rights cover the whole topic or filter."""

    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: Action | None = None
    ) -> bool:
        if session is None or topic is None:
            return False
        allowed = (self.config.publish if action == Action.PUBLISH else self.config.subscribe).get(
            session.username or "", []
        )
        return any(covers(one, topic) for one in allowed)

    @dataclass
    class Config:
        publish: dict[str, list[str]] = field(default_factory=dict)
        subscribe: dict[str, list[str]] = field(default_factory=dict)


def broker_config(document: dict[str, Any]) -> BrokerConfig:
    users = document["users"]
    return BrokerConfig(
        listeners={
            "default": ListenerConfig(bind=f"{document['host']}:{document['port']}", max_connections=MAX_CONNECTIONS)
        },
        plugins={
            "gateway.demo.embedded_broker.TokenLogin": {"passwords": {u: r["password"] for u, r in users.items()}},
            "gateway.demo.embedded_broker.TopicRights": {
                "publish": {u: r["publish"] for u, r in users.items()},
                "subscribe": {u: r["subscribe"] for u, r in users.items()},
            },
        },
    )


async def serve(document: dict[str, Any]) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    broker = Broker(broker_config(document))
    await broker.start()
    await stop.wait()
    await broker.shutdown()


def main(argv: list[str]) -> int:
    if len(argv) != 1:
        print("usage: python -m gateway.demo.embedded_broker FILE", file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    # It calls every connection that ends early an error; a start that fails is raised, not only logged.
    logging.getLogger("amqtt.broker").setLevel(logging.CRITICAL)
    asyncio.run(serve(json.loads(Path(argv[0]).read_text(encoding="utf-8"))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
