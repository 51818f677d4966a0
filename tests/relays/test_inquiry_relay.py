"""Inquiries on their way to a bridge: said again until answered, and counted only where a bridge heard them."""

from __future__ import annotations

from typing import Any

import pytest
from store.shop import Shop
from wires import Wire

from gateway.contract.messages import BridgeState
from gateway.contract.topics import Topics
from gateway.domain.inquiry import Inquiry
from gateway.operations import devices, inquiries
from gateway.relays.inquiries import LOOK_S, SAY_AGAIN_S, Inquiries


class Road:
    """The relay's part for inquiries, between a store and a wire."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.wire = shop, Wire()
        self.new_life()

    def new_life(self) -> None:
        self.relay = Inquiries(self.shop.store, Topics("demo"), self.wire)

    def bridge(self, *, online: bool) -> None:
        self.shop.do(devices.take_bridge_state, "bridge-1", BridgeState(online))

    def probe(self) -> Inquiry:
        return self.shop.do(inquiries.probe, "kitchen", "k1")

    def attempts(self, seconds: float = 0.0) -> list[int]:
        """What is said after so many seconds, by a relay that runs as it wishes."""
        until = self.shop.now.monotonic + seconds
        while True:
            wish = self.relay.step(self.shop.now)
            now = self.shop.now.monotonic
            if wish is None or wish > until:
                self.shop.later(until - now)
                return [value.get("attempt", 1) for _, value, _ in self.wire.take()]
            assert wish > now, "it does not spin"
            self.shop.later(wish - now)


@pytest.fixture
def road(shop: Shop) -> Road:
    return Road(shop)


def test_each_publication_to_a_bridge_that_is_there_counts(road: Road) -> None:
    road.bridge(online=True)
    road.probe()
    assert road.attempts(2 * SAY_AGAIN_S) == [1, 2, 3]


@pytest.mark.parametrize("away", ["bridge", "never heard of", "broker"])
def test_what_met_no_bridge_is_still_the_first_attempt_however_late(road: Road, away: Any) -> None:
    if away != "never heard of":
        road.bridge(online=away == "broker")
    road.wire.session = away != "broker"
    road.probe()
    assert road.attempts(4 * SAY_AGAIN_S) == []
    road.wire.session = True
    road.bridge(online=True)
    assert road.attempts(LOOK_S) == [1], "it is no probe of a former life"
    road.bridge(online=False)
    assert road.attempts(2 * SAY_AGAIN_S) == []
    road.bridge(online=True)
    assert road.attempts() == [2], "the former life may have printed it"


def test_what_another_life_of_the_house_may_have_said_is_never_the_first(road: Road) -> None:
    road.bridge(online=True)
    road.probe()
    assert road.attempts() == [1]
    road.shop.later(SAY_AGAIN_S)
    road.new_life()
    assert road.attempts() == [2]
