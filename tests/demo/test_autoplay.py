"""`gateway demo --autoplay` in real time, as a visitor watches it: the captions say what the house really does."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from running_demo import RunningDemo
from waiting import eventually

from gateway.demo.lunch import LUNCH, Order, Say

CAPTIONS = [what.en for _, what in LUNCH if isinstance(what, Say) and what.en]
LASTS_S = LUNCH[-1][0]


@pytest.fixture
def own() -> Iterator[RunningDemo]:
    """With the guards of a real store: the harder way to order."""
    running = RunningDemo("--guards", "--autoplay")
    yield running
    running.stop()
    shutil.rmtree(running.data)


def state(demo: RunningDemo) -> dict[str, Any]:
    status, found = demo.staff("GET", "/demo/state")
    assert status == 200, found
    return dict(found)


def refusals(demo: RunningDemo) -> list[str]:
    return [line for line in demo.tail(10_000).splitlines() if line.startswith("[autoplay]")]


def test_a_lunch_begins_by_itself_and_its_guests_are_taken_for_guests(own: RunningDemo) -> None:
    playing = eventually("a caption", lambda: d if (d := state(own)["drills"])["caption"] else None)
    assert playing["autoplay"] is True
    assert playing["caption"]["en"] == CAPTIONS[0]
    status, value = own.post_order("3")
    assert (status, value["code"]) == (403, "table_closed"), "who has not scanned is refused: the negative control"
    score = eventually("the first two orders", lambda: s if (s := state(own)["score"])["orders"] == 2 else None)
    assert (score["tables"], score["dishes"]) == (2, 8)
    status, again = own.staff("POST", "/demo/autoplay")
    assert (status, again["autoplay"]) == (200, True)
    assert state(own)["score"]["orders"] == 2, "a lunch that is on goes on"
    assert refusals(own) == []


class Visitor:
    """Looks at the page's own state until the lunch is over, and keeps what stood below each caption."""

    def __init__(self, demo: RunningDemo):
        self.seen: dict[str, list[dict[str, Any]]] = {}
        end = time.monotonic() + LASTS_S + 10
        while (found := state(demo))["drills"]["autoplay"]:
            assert time.monotonic() < end, "the lunch does not end"
            caption = found["drills"]["caption"]
            if caption:
                self.seen.setdefault(caption["en"], []).append(found | {"looked": time.monotonic()})
            time.sleep(0.1)

    def below(self, words: str) -> list[dict[str, Any]]:
        return next(states for caption, states in self.seen.items() if words in caption)

    def after(self, words: str, holds: Callable[[dict[str, Any]], bool]) -> float:
        """Seconds from a caption's first sight until what it says held, and went on holding at its last sight."""
        states = self.below(words)
        assert holds(states[-1]), (words, states[-1])
        return float(next(s["looked"] for s in states if holds(s)) - states[0]["looked"])


def all_proven(found: dict[str, Any]) -> bool:
    score = found["score"]
    return score["dishes"] == score["seen"] and not any(p["waiting"] for p in found["printers"].values())


def cloud_has_all(found: dict[str, Any]) -> bool:
    return found["uplink"]["pending"] == 0 and not found["waiting"] and found["cloud"]["in_order"]


@pytest.mark.skipif(os.environ.get("TABLEPASS_FULL") != "1", reason="takes the two minutes of the lunch")
@pytest.mark.timeout(240)
def test_each_caption_is_true_while_it_is_shown(own: RunningDemo, measured: Callable[[str], None]) -> None:
    eventually("the first caption", lambda: state(own)["drills"]["caption"])
    visitor = Visitor(own)
    assert list(visitor.seen) == CAPTIONS, "each of them, in this order"
    orders = [what for _, what in LUNCH if isinstance(what, Order)]

    first, last = (visitor.below("own station")[i] for i in (0, -1))
    assert last["score"]["orders"] > first["score"]["orders"]
    assert last["score"]["seen"] > 0
    assert all(printer["slips"] for printer in last["printers"].values())

    away = visitor.below("internet is gone")
    assert any(s["uplink"]["state"] == "offline" and "wan_down" in s["drills"]["active"] for s in away)
    cut = [s for s in away if s["uplink"]["state"] == "offline"]
    assert cut[-1]["cloud"]["count"] == cut[0]["cloud"]["count"], "nothing reaches the cloud"
    assert cut[-1]["score"]["orders"] > cut[0]["score"]["orders"], "and the store goes on"
    assert any(s["score"]["seen"] > cut[0]["score"]["seen"] for s in cut), "up to the cooks"

    kept = visitor.after("kept orders reach the cloud", cloud_has_all)

    blocked = [s for s in visitor.below("out of paper") if s["printers"]["kitchen"]["status"] == "blocked"]
    assert blocked, "the page says what the caption says"
    assert blocked[-1]["printers"]["kitchen"]["waiting"] > 0
    paper = visitor.after("New paper", all_proven)

    down = [s for s in visitor.below("message broker is down") if "broker_down" in s["drills"]["active"]]
    assert down[-1]["score"]["orders"] > down[0]["score"]["orders"], "orders are taken"
    assert down[-1]["score"]["seen"] < down[-1]["score"]["dishes"], "and wait for screen or paper"
    broker = visitor.after("what waited goes to screens and printers", all_proven)

    end = visitor.below("Lunch is over")[-1]
    assert end["score"]["orders"] == len(orders)
    assert end["score"]["dishes"] == sum(dish.quantity for order in orders for dish in order.dishes)
    assert (end["score"]["seen"], end["score"]["twice"]) == (end["score"]["dishes"], 0)
    assert cloud_has_all(end)
    assert end["drills"]["active"] == {}
    assert state(own)["drills"]["caption"] is None
    assert refusals(own) == []
    measured(f"after the caption the cloud had all in {kept:.1f} s, after new paper all was proven in {paper:.1f} s, "
             f"after the broker's return in {broker:.1f} s")  # fmt: skip
