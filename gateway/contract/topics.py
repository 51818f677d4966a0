"""MQTT topic names. Every topic that the house uses is built here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

ROOT = "tablepass"


@dataclass(frozen=True)
class Topics:
    """The topics of one store. `+` may stand for any one level, as in a subscription."""

    store: str

    @property
    def prefix(self) -> str:
        return f"{ROOT}/{self.store}/"

    def state(self) -> str:
        return f"{self.prefix}state"

    def ticket(self, station: str, ticket_id: str) -> str:
        return f"{self.prefix}stations/{station}/tickets/{ticket_id}"

    def ticket_do(self, station: str, ticket_id: str) -> str:
        return f"{self.ticket(station, ticket_id)}/do"

    def bridge_desired(self, bridge: str) -> str:
        return f"{self.prefix}bridges/{bridge}/desired"

    def bridge_state(self, bridge: str) -> str:
        return f"{self.prefix}bridges/{bridge}/state"

    def bridge_do(self, bridge: str) -> str:
        return f"{self.prefix}bridges/{bridge}/do"

    def bridge_events(self, bridge: str) -> str:
        return f"{self.prefix}bridges/{bridge}/events"

    def printer_jobs(self, printer: str) -> str:
        return f"{self.prefix}printers/{printer}/jobs"

    def printer_results(self, printer: str) -> str:
        return f"{self.prefix}printers/{printer}/results"

    def device_state(self, device: str) -> str:
        return f"{self.prefix}devices/{device}/state"

    def device_events(self, device: str) -> str:
        return f"{self.prefix}devices/{device}/events"

    def device_do(self, device: str) -> str:
        return f"{self.prefix}devices/{device}/do"

    def orders(self) -> str:
        return f"{self.prefix}orders"

    def order_result(self, key: str) -> str:
        return f"{self.prefix}orders/{key}/result"

    def levels(self, topic: str) -> list[str]:
        """The levels behind the store's prefix; empty when the topic is another store's."""
        return topic[len(self.prefix) :].split("/") if topic.startswith(self.prefix) else []
