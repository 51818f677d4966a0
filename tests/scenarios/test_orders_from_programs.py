"""An integrator's program orders over MQTT while gateway and broker come and go: one key, one order."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from running_demo import RunningDemo
from scenarios.screens import Display
from waiting import eventually


@pytest.fixture(scope="module")
def own() -> Iterator[RunningDemo]:
    running = RunningDemo("--broker", "mosquitto")
    yield running
    running.stop()
    shutil.rmtree(running.data)


pytestmark = pytest.mark.skipif(not shutil.which("mosquitto", path="/usr/sbin:/usr/bin"), reason="needs Mosquitto")


def cart() -> dict[str, Any]:
    key = f"app-{uuid.uuid4().hex}"
    return {"key": key, "source": "app", "external_id": key, "type": "takeaway", "lines": [{"item": "soy-milk"}]}


def placed(demo: RunningDemo) -> list[str]:
    return [o["id"] for o in demo.staff("GET", "/api/v1/orders?limit=1000")[1]["orders"]]


def test_an_order_that_the_gateway_had_not_acknowledged_is_placed_when_it_is_back(own: RunningDemo) -> None:
    program = Display(own, ("orders/+/result",))
    try:
        order = cart()
        former = own.pids()["gateway"]
        own.freeze("gateway")
        program.say("orders", order)  # the broker has it, and says so
        own.kill("gateway")
        answer = eventually("its answer, said once", lambda: program.heard(f"orders/{order['key']}/result"), 20)[0]
        assert (answer["status"], answer["replayed"]) == ("PLACED", False)
        assert own.pids()["gateway"] != former
        assert placed(own).count(answer["id"]) == 1
    finally:
        program.close()


def say_until_answered(program: Display, order: dict[str, Any]) -> list[Any]:
    """As docs/mqtt.md asks of a program: again every second or so, until the answer is heard."""
    topic = f"orders/{order['key']}/result"
    for _ in range(20):
        with suppress(RuntimeError):  # paho: no connection at the moment
            program.say("orders", order)
        with suppress(AssertionError):
            return list(eventually("an answer", lambda: program.heard(topic), 1.0))
    raise AssertionError(f"no answer to {order['key']}")


@pytest.mark.parametrize("victims", [("gateway",), ("broker",), ("broker", "gateway"), ("gateway", "broker")])
def test_a_program_that_repeats_with_the_same_key_gets_exactly_one_order(
    own: RunningDemo, victims: tuple[str, ...]
) -> None:
    program = Display(own, ("orders/+/result",))
    try:
        before, order = placed(own), cart()
        topic = f"orders/{order['key']}/result"
        program.say("orders", order)
        for victim in victims:
            own.kill(victim)
        answers = say_until_answered(program, order)
        # Behind every repeat that is still on its way. It is repeated too: the first answer may be older than the
        # kill, and a broker that has just begun drops what is said before the gateway is back.
        say_until_answered(program, cart())
        new = eventually("both", lambda: n if len(n := [o for o in placed(own) if o not in before]) >= 2 else None)
        assert len(new) == 2, "one for each key"
        assert {a["id"] for a in program.heard(topic)} == {answers[0]["id"]} <= set(new)
    finally:
        program.close()
