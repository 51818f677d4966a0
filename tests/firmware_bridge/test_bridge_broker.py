"""The bridge's states on a real broker: whatever is lost or late, the last word is the one that stays."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator

import msgspec
import pytest
from bridge_rig import STORE, Gateway, Mosquitto
from waiting import eventually

from firmware_bridge.broker import MOST_IN_FLIGHT, Broker, Retained
from firmware_bridge.config import BrokerConfig
from gateway.contract.messages import BridgeState, DeviceState, DeviceStatus
from gateway.contract.topics import Topics

TOPICS = Topics(STORE)
MANY = MOST_IN_FLIGHT + 50


class Teller:
    """A broker's wire and the states behind it, without devices."""

    def __init__(self, port: int) -> None:
        self.states: dict[str, DeviceState] = {}
        self.broker = Broker(
            BrokerConfig(port=port), TOPICS, "b1",
            on_command=lambda *_: None, on_desired=lambda _: None, on_inquiry=lambda _: None,
            retained=self._retained,
        )  # fmt: skip
        self.broker.start()
        eventually("the bridge is connected", self.broker._client.is_connected)

    def _retained(self) -> Iterable[Retained]:
        yield TOPICS.bridge_state("b1"), msgspec.json.encode(BridgeState(True))
        for name, state in list(self.states.items()):
            yield TOPICS.device_state(name), msgspec.json.encode(state)

    def tell(self, name: str, status: DeviceStatus) -> None:
        self.states[name] = DeviceState(status, "b1")
        self.broker.state(name, self.states[name])

    def all_is_said(self) -> bool:
        return self.broker._client.is_connected() and not self.broker._client._out_messages


@pytest.fixture
def teller(mosquitto: Mosquitto) -> Iterator[Teller]:
    made = Teller(mosquitto.port)
    eventually("all is said", made.all_is_said)
    yield made
    mosquitto.process.child.send_signal(signal.SIGCONT)
    made.broker.stop()


@pytest.fixture
def listening(mosquitto: Mosquitto) -> Iterator[list[Gateway]]:
    """Whoever comes to listen; they go at the end."""
    made: list[Gateway] = []
    yield made
    for each in made:
        each.stop()


def last_words(gateway: Gateway) -> dict[str, str]:
    """Of every device, when all that was on the way is there."""
    gateway.publish("tablepass/mark", b"{}")
    eventually("the mark is there", lambda: [each for each in gateway.messages if each[1] == "tablepass/mark"])
    said = [(topic, payload) for _, topic, payload in gateway.messages if "/devices/" in topic]
    return {TOPICS.levels(topic)[1]: msgspec.json.decode(payload)["status"] for topic, payload in said}


def test_what_paho_says_again_after_a_reconnect_is_never_the_last_word(
    mosquitto: Mosquitto, teller: Teller, listening: list[Gateway]
) -> None:
    mosquitto.process.child.send_signal(signal.SIGSTOP)  # it takes the state and acknowledges nothing
    teller.tell("kitchen", "online")
    mosquitto.stop()
    eventually("the bridge has noticed", lambda: not teller.broker._client.is_connected())
    teller.tell("kitchen", "offline")
    mosquitto.start()
    listening.append(Gateway(mosquitto.port))
    eventually("all is said", lambda: listening[0].messages and teller.all_is_said())
    assert last_words(listening[0]) == {"kitchen": "offline"}


def test_a_state_that_paho_does_not_take_is_said_when_there_is_room(
    mosquitto: Mosquitto, teller: Teller, listening: list[Gateway]
) -> None:
    mosquitto.process.child.send_signal(signal.SIGSTOP)
    for n in range(MANY):
        teller.tell(f"p{n}", "online")
    teller.tell("p3", "blocked")
    assert teller.broker._missed
    mosquitto.process.child.send_signal(signal.SIGCONT)
    eventually("all is said", lambda: teller.all_is_said() and not teller.broker._missed)
    listening.append(Gateway(mosquitto.port))
    eventually("they are there", lambda: len(listening[0].messages) > MANY)
    words = last_words(listening[0])
    assert words.pop("p3") == "blocked"
    assert words == {f"p{n}": "online" for n in range(MANY) if n != 3}


def test_a_goodbye_that_paho_does_not_take_is_no_error(mosquitto: Mosquitto, teller: Teller) -> None:
    mosquitto.process.child.send_signal(signal.SIGSTOP)
    for n in range(MANY):
        teller.tell(f"p{n}", "online")
    teller.broker.stop()
    assert "paho-mqtt-client-bridge-b1" not in [thread.name for thread in threading.enumerate()]


def test_a_state_that_changes_while_it_is_told_is_told_again(
    teller: Teller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own thread may have been faster than the older word from here."""
    told: list[tuple[str, bytes]] = []
    monkeypatch.setattr(teller.broker, "_publish", lambda topic, payload, *, retain: told.append((topic, payload)))
    looks = iter([[("a", b"1"), ("b", b"1"), ("c", b"1")], [("a", b"2"), ("b", b"1")], [("a", b"2"), ("b", b"1")]])
    monkeypatch.setattr(teller.broker, "_retained", lambda: next(looks))
    teller.broker._tell({"a", "b", "c"})
    assert sorted(told[:3]) == [("a", b"1"), ("b", b"1"), ("c", b"1")]
    assert sorted(told[3:]) == [("a", b"2"), ("c", b"")]
