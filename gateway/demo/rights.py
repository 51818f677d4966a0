"""Who may use which topic of the local broker. One table, for Mosquitto and for the embedded broker alike."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.contract.topics import Topics

GATEWAY = "gateway"
BRIDGE = "bridge-1"
INTEGRATOR = "integrator"


@dataclass(frozen=True)
class Rights:
    """Topic filters that a user may publish to and subscribe to. Everything else is refused."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def rights_of_users(store: str) -> dict[str, Rights]:
    topics = Topics(store)
    everything = (f"{topics.prefix}#",)
    return {
        GATEWAY: Rights(publish=everything, subscribe=everything),
        BRIDGE: Rights(
            publish=(
                topics.bridge_state(BRIDGE),
                topics.bridge_events(BRIDGE),
                topics.printer_results("+"),
                topics.device_state("+"),
                topics.device_events("+"),
            ),
            subscribe=(
                topics.bridge_desired(BRIDGE),
                topics.bridge_do(BRIDGE),
                topics.printer_jobs("+"),
                topics.device_do("+"),
            ),
        ),
        INTEGRATOR: Rights(
            publish=(topics.orders(), topics.ticket_do("+", "+")),
            subscribe=(
                f"{topics.prefix}stations/#",
                topics.state(),
                topics.order_result("+"),
                topics.device_state("+"),
                topics.bridge_state("+"),
            ),
        ),
    }


def covers(allowed: str, asked: str) -> bool:
    """Whether the filter `allowed` covers `asked`, a topic or a narrower filter (MQTT 3.1.1, 4.7)."""
    allowed_levels, asked_levels = allowed.split("/"), asked.split("/")
    if asked.startswith("$") != allowed.startswith("$"):
        return False
    for index, level in enumerate(allowed_levels):
        if level == "#":
            return True
        if index >= len(asked_levels) or asked_levels[index] == "#":
            return False
        if level != asked_levels[index] and (level != "+"):
            return False
    return len(allowed_levels) == len(asked_levels)
