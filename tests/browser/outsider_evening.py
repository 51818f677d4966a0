"""An evening of random hands on a running house: phones, staff, cooks at their screens, and what breaks on the way.

One seed is one evening, as far as real processes allow. Each hand writes into the outsider's book what it did; nothing
is copied from an answer but the number that the house gave an order.
"""

from __future__ import annotations

import random
import tomllib
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from outsider_book import MOST_CHANGES, Book, Card, Line, Order
from outsider_papers import PRINTERS, Dish, Papers
from playwright.sync_api import Page, expect
from running_demo import RunningDemo
from waiting import eventually

PARTIES = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "包1")
"""Where people sit at the beginning; the other tables are for those who move."""
TABLES = (*PARTIES, "11", "12", "包2")
ALLERGIES = {"peanut": "花生", "sesame": "芝麻"}
WISHES = ("少油", "分两盘装", "不要太咸", "打包盒装")
PAPER_IS_OUT_FOR = 12
"""Events. A cook changes the roll after some minutes."""
SETTLED_S = 60.0
"""After a killed bridge: a slip that nothing proves is asked about or printed again within 15 s, and those behind it
take a third of a second each."""
LOOK_MS = 250
"""Between two looks at the whole house: each reads every card of every screen, and must not slow what it waits for."""

CARDS = """() => [...document.querySelectorAll('.tk')].map((card) => ({
  number: card.dataset.testid.slice('ticket-'.length), id: card.dataset.id, state: card.dataset.state,
  place: card.querySelector('h2').textContent,
  allergies: [...card.querySelectorAll('.box > span:not(.sr)')].flatMap((box) =>
    [...box.childNodes].filter((one) => one.nodeType === 3).map((one) => one.data.trim()).join('')
      .replace(/^.*?：/, '').split('、')),
  lines: [...card.querySelectorAll('.ln')].map((line) => ({
    id: line.dataset.testid.split('-').pop(), state: line.dataset.state,
    quantity: parseInt(line.querySelector('.q').textContent, 10), name: line.querySelector('.n').textContent,
    options: [...line.querySelectorAll('small:not(.said) > *')].map((one) => one.textContent.trim()),
    note: [...line.querySelectorAll('.said')].map((one) => one.textContent.replace(/^注：/, '')).join(),
  })),
}))"""

TAP = """async ([id, what]) => {
  const rest = (ms) => new Promise((done) => setTimeout(done, ms));
  const card = () => document.querySelector(`.tk[data-id="${id}"]`);
  const taps = window.outsiderTaps = window.outsiderTaps || {};
  await rest(Math.max(0, (taps[id] || 0) + 350 - performance.now()));
  const button = () => card().querySelector(`[data-testid^="${what}"]`), pressed = () => button().ariaPressed;
  const before = pressed();
  button().click();
  for (let more = 0; before && pressed() === before && more < 10; more += 1) { await rest(200); button().click(); }
  taps[id] = performance.now();
}"""
"""A finger on the card: a second tap within 0.3 s is a wet finger's and does nothing. A line that has just changed by
itself takes none for a moment: the cook sees that and taps again."""
ASKS = """(id) => !!document.querySelector(`.tk[data-id="${id}"] [data-testid^=allergy-]`)"""
"""Whether the card's allergy wants a finger before anything else is offered."""
TAP_MS = 10_000


class Evening:
    """`screens`: station -> its pages; the cooks tap on the first."""

    def __init__(self, demo: RunningDemo, screens: dict[str, list[Page]], seed: int):
        self.demo, self.screens = demo, screens
        self.chance = random.Random(seed)
        self.book = Book()
        self.papers = Papers({name: printer["paper"] for name, printer in demo.info["printers"].items()})
        menu = tomllib.loads(demo.command("menu", "export", "-").stdout)
        self.items = [i for c in menu["categories"] for i in c["items"] if not i.get("sold_out")]
        self.open_tables = set(PARTIES)
        self.paper_back_in: dict[str, int] = {}
        self._had: set[str] = set()
        self._last_card: dict[str, tuple[Order, Card]] = {}

    # -- what happens ------------------------------------------------------------------------------------------------

    def play(self, events: int, faults_too: bool = True) -> None:
        hands: dict[Callable[[], bool], int] = {
            self.order: 30, self.carry_away: 6, self.bump: 24, self.start: 6, self.cancel: 6, self.give_back: 4,
            self.refire: 3, self.rush: 3, self.hold: 4, self.fire: 5, self.fire_table: 1, self.undo: 3, self.recall: 2,
            self.move: 6, self.merge: 3, self.reload: 1, self.strike: 6, self.wipe: 2, self.change_note: 5,
        }  # fmt: skip
        broken = self.chance.sample(range(events // 8, events), k=max(3, events // 60) if faults_too else 0)
        faults = dict(zip(broken, (self.paper_out, self.kill_broker, self.kill_bridge) * events, strict=False))
        for at in range(events):
            while not (hand := faults.get(at) or self._hand(hands, at >= events // 2))():
                continue
            self._had.add(hand.__name__)
            self.papers.collect()
            for printer in [p for p, left in self.paper_back_in.items() if left <= 0]:
                self.demo.drill("paper_out", False, printer)
                del self.paper_back_in[printer]
            self.paper_back_in = {printer: left - 1 for printer, left in self.paper_back_in.items()}

    def _hand(self, hands: dict[Callable[[], bool], int], late: bool) -> Callable[[], bool]:
        """The next one's, by chance; of an evening's second half half of them are such that nobody has done yet."""
        lacking = [hand for hand in hands if hand.__name__ not in self._had]
        if late and lacking and self.chance.random() < 0.5:
            return self.chance.choice(lacking)
        return self.chance.choices(list(hands), list(hands.values()))[0]

    def did(self, what: str) -> bool:
        self.book.did[what] += 1
        return True

    # -- phones and staff order --------------------------------------------------------------------------------------

    def _line(self, hold: bool = False) -> tuple[dict[str, Any], str, Dish]:
        """What is sent, who makes it, and how it is called there."""
        chance, item = self.chance, self.chance.choice(self.items)
        line: dict[str, Any] = {"item": item["id"], "quantity": chance.randint(1, 3), "modifiers": []}
        options: list[str] = []
        if item.get("variants"):
            variant = chance.choice(item["variants"])
            line["variant"] = variant["id"]
            options.append(variant["name"]["zh-Hans"])
        for group in item.get("modifier_groups", []):
            for one in chance.sample(group["modifiers"], chance.randint(group["min"], min(1, group["max"]))):
                line["modifiers"].append(one["id"])
                options.append(one["name"]["zh-Hans"])
        if chance.random() < 0.2:
            line["note"] = chance.choice(WISHES)
        name = (item.get("kitchen_name") or item["name"])["zh-Hans"]
        return line, item["station"], Dish(name, frozenset(options), line.get("note", ""))

    def _placed(self, wanted: list[tuple[dict[str, Any], str, Dish]], table: str, place: str, answer: Any) -> None:
        status, body, note, allergies = answer
        assert status == 201, body
        lines = {
            str(n): Line(str(n), station, dish, sent["quantity"], "held" if sent.get("hold") else "wanted")
            for n, (sent, station, dish) in enumerate(wanted, 1)
        }
        addition = bool(table and self.book.seated[table])
        order = Order(body["number"], body["id"], place or body["number"], table, addition, note, allergies, lines)
        order.begin()
        self.book.orders[order.number] = order
        if table:
            self.book.seated[table] += 1

    def _cart(self, hold: float = 0.0) -> tuple[list[tuple[dict[str, Any], str, Dish]], dict[str, Any], frozenset[str]]:
        wanted = [self._line() for _ in range(self.chance.choice((1, 1, 2, 3)))]
        for sent, _, _ in wanted:
            if self.chance.random() < hold:
                sent["hold"] = True
        body: dict[str, Any] = {"lines": [sent for sent, _, _ in wanted]}
        if self.chance.random() < 0.1:
            body["note"] = self.chance.choice(WISHES)
        said = [code for code in ALLERGIES if self.chance.random() < 0.06]
        return wanted, body | ({"allergies": said} if said else {}), frozenset(ALLERGIES[code] for code in said)

    def order(self) -> bool:
        table = self.chance.choice(sorted(self.open_tables))
        wanted, body, allergies = self._cart()
        status, answer = self.demo.post_order(table, **body)
        self._placed(wanted, table, table, (status, answer, body.get("note", ""), allergies))
        return self.did("orders of phones")

    def carry_away(self) -> bool:
        wanted, body, allergies = self._cart(hold=0.2)
        place = f"W{self.book.did['orders of staff'] + 1}"
        body |= {"type": "takeaway", "pickup_no": place}
        status, answer = self.demo.staff("POST", "/api/v1/orders", body, {"Idempotency-Key": uuid.uuid4().hex})
        self._placed(wanted, "", place, (status, answer, body.get("note", ""), allergies))
        return self.did("orders of staff")

    # -- staff change what was ordered -------------------------------------------------------------------------------

    def _some(self, *states: str, may: Callable[[Order, Line], bool] = lambda *_: True) -> tuple[Order, Line] | None:
        """A line that somebody may change."""
        found = [
            (order, line)
            for order, line in self.book.lines(*states)
            if order.changes < MOST_CHANGES and may(order, line)
        ]
        return self.chance.choice(found) if found else None

    def _is_out(self, order: Order) -> bool:
        """What has left its card is changed once the order's papers are out: a cook is told nothing of it, and so a
        paper that still waits may ask for it or not."""
        return not self.book.on_paper(self.papers, order)

    def _change(self, order: Order, line: Line, action: str, **more: Any) -> bool:
        body = {"key": uuid.uuid4().hex, **more}
        status, answer = self.demo.staff("POST", f"/api/v1/orders/{order.id}/lines/{line.id}/{action}", body)
        assert status == 200, (order.number, line, action, answer)
        order.changes += 1
        return self.did("note changed" if action == "note" else action)

    def cancel(self) -> bool:
        found = self._some("wanted", "held", may=lambda o, x: x.state == "held" or _untouched(o, x))
        return self._took_off(found, "cancel")

    def give_back(self) -> bool:
        def may(order: Order, line: Line) -> bool:
            its = not _untouched(order, line) and _has_left_or_is_cooked(order, line)
            return its and (line.state != "done" or self._is_out(order))

        found = self._some("wanted", "done", may=may)
        return self._took_off(found, "return")

    def _took_off(self, found: tuple[Order, Line] | None, action: str) -> bool:
        if not found:
            return False
        order, line = found
        quantity = self.chance.randint(1, line.left)
        self._change(order, line, action, quantity=quantity)
        order.take_off(line, quantity)
        return True

    def refire(self) -> bool:
        found = self._some(
            "done", may=lambda o, x: all(not c.open for c in o.cards if x.id in c.lines) and self._is_out(o)
        )
        if found:
            order, line = found
            quantity = self.chance.randint(1, line.left)
            if quantity < line.left:
                self.did("some of a line again")
            self._change(order, line, "refire", quantity=quantity)
            order.refire(line, quantity)
        return bool(found)

    def change_note(self) -> bool:
        """A line on hold by itself: once its papers are out. A 等叫单 that waits says the note that it finds."""
        found = self._some("wanted", "held", may=lambda o, x: self._is_out(o) if x.state == "held" else not x.crossed)
        if found:
            order, line = found
            note = self.chance.choice([one for one in ("", *WISHES) if one != line.dish.note])
            self._change(order, line, "note", note=note)
            order.change_note(line, note)
        return bool(found)

    def rush(self) -> bool:
        found = self._some("wanted", may=lambda _, x: not x.crossed)
        if found:
            self._change(*found, "rush", reason="客人赶时间")
            found[0].rush(found[1])
        return bool(found)

    def hold(self) -> bool:
        # Of what is made once more in part the rest is made: nobody can let that wait.
        found = self._some("wanted", may=lambda o, x: _untouched(o, x) and x.to_make == x.left)
        if found:
            self._change(*found, "hold")
            found[0].hold(found[1])
        return bool(found)

    def fire(self) -> bool:
        found = self._some("held")
        if found:
            self._change(*found, "fire")
            found[0].fire([found[1]])
        return bool(found)

    def fire_table(self) -> bool:
        found = self._some("held", may=lambda o, _: bool(o.table))
        if not found:
            return False
        table = found[0].table
        orders = {o.number: o for o, _ in self.book.lines("held") if o.table == table}
        self._at_table(table, "fire")
        for order in orders.values():
            order.fire([line for line in order.lines.values() if line.state == "held"])
        return self.did("fire a table")

    def _at_table(self, table: str, action: str, **more: Any) -> None:
        status, answer = self.demo.staff(
            "POST", f"/api/v1/tables/{quote(table)}/{action}", {"key": uuid.uuid4().hex, **more}
        )
        assert status == 200, (table, action, answer)

    def move(self) -> bool:
        free = sorted(set(TABLES) - self.open_tables)
        return bool(free) and self._seated("move", self.chance.choice(free))

    def merge(self) -> bool:
        return len(self.open_tables) > 6 and self._seated("merge", self.chance.choice(sorted(self.open_tables)))

    def _seated(self, how: str, to: str) -> bool:
        table = self.chance.choice(sorted(self.open_tables))
        orders = [order for order in self.book.orders.values() if order.table == table]
        if table == to or not orders:
            return False
        if max(order.changes for order in orders) >= 2 * MOST_CHANGES:
            return False
        self._at_table(table, how, to=to)
        for order in orders:
            order.seat(to, how)
            order.changes += 1
        self.book.seated[to] += self.book.seated.pop(table)
        self.open_tables -= {table}
        self.open_tables |= {to}
        if how == "merge":
            status, answer = self.demo.staff("POST", f"/api/v1/tables/{quote(table)}/open", {"covers": 2})
            assert status == 200, answer
            self.open_tables |= {table}
        return self.did(how)

    # -- cooks at their screens --------------------------------------------------------------------------------------

    def cards(self, station: str, screen: int = 0) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.screens[station][screen].evaluate(CARDS)
        return found

    def _card(self, states: tuple[str, ...] = ()) -> tuple[str, dict[str, Any], Order, Card] | None:
        """A card that a cook reads now, and which of the book's it is."""
        station = self.chance.choice(list(self.screens))
        shown = [card for card in self.cards(station) if card["number"] in self.book.orders]
        shown = [card for card in shown if not states or card["state"] in states]
        if not shown:
            return None
        card = shown[0] if self.chance.random() < 0.7 else self.chance.choice(shown)
        order, ids = self.book.orders[card["number"]], {line["id"] for line in card["lines"]}
        its = [c for c in order.cards if c.open and c.station == station and c.lines == ids]
        return (station, card, order, its[0]) if len(its) == 1 else None

    def bump(self) -> bool:
        found = self._card()
        if not found:
            return False
        station, card, order, its = found
        self._tap(station, card["id"], "bump")
        dead = not any(order.lines[i].state != "off" for i in its.lines)
        order.bump(its)
        self._last_card.pop(station, None)
        if not dead:
            self._last_card[station] = order, its
        return self.did("bump")

    def start(self) -> bool:
        found = self._card(("QUEUED", "SHOWN"))
        if not found:
            return False
        self._tap(found[0], found[1]["id"], "start")
        found[3].started = True
        return self.did("start")

    def _tap(self, station: str, card: str, what: str, button: str = "") -> None:
        """And the house has heard of it: who taps next shall not race it."""
        if what != "allergy" and self.screens[station][0].evaluate(ASKS, card):
            self._tap(station, card, "allergy")
            self.did("allergy known")
        with self.screens[station][0].expect_response(lambda r: f"/{card}/{what}" in r.url, timeout=TAP_MS) as answer:
            self.screens[station][0].evaluate(TAP, [card, button or what + "-"])
        assert answer.value.status == 200, answer.value.text()

    def _back(self, station: str, what: str, tap: Callable[[Page], None]) -> None:
        order, card = self._last_card.pop(station)
        page = self.screens[station][0]
        with page.expect_response(
            lambda r: r.url.endswith(f"/{what}") and r.request.method == "POST", timeout=TAP_MS
        ) as it:
            tap(page)
        assert it.value.status == 200, it.value.text()
        order.bring_back(card)

    def _may_come_back(self, station: str) -> bool:
        """Bumped last at this station, nothing happened to it since, and it is the only card of its order there."""
        order, card = self._last_card.get(station, (None, None))
        return bool(
            order and card and not card.open and any(order.lines[i].state == "done" for i in card.last)
            and sum(one.station == station for one in order.cards) == 1
        )  # fmt: skip

    def undo(self) -> bool:
        station = self.chance.choice(list(self.screens))
        button = self.screens[station][0].get_by_test_id("undo")
        if not self._may_come_back(station) or not button.count():
            return False
        self._back(station, "undo", lambda _: button.dispatch_event("click"))
        return self.did("undo")

    def recall(self) -> bool:
        station = self.chance.choice(list(self.screens))
        if not self._may_come_back(station):
            return False
        number = self._last_card[station][0].number

        def tap(page: Page) -> None:
            page.get_by_test_id("recall-open").dispatch_event("click")
            page.get_by_test_id(f"recall-{number}").dispatch_event("click")
            page.keyboard.press("Escape")

        self._back(station, "recall", tap)
        return self.did("recall")

    def strike(self) -> bool:
        """One dish of a card is done."""
        found = self._card(("QUEUED", "SHOWN", "STARTED"))
        wanted = [line for line in found[2].wanted(found[3]) if not line.crossed] if found else []
        if not found or not wanted:
            return False
        station, card, _, its = found
        line = self.chance.choice(wanted)
        self._tap(station, card["id"], "bump", f"mark-{card['number']}-{line.id}")
        line.crossed = its.started = True
        return self.did("line bump")

    def wipe(self) -> bool:
        """It was the wrong line."""
        found = self._card(("STARTED",))
        crossed = [line for line in found[2].wanted(found[3]) if line.crossed] if found else []
        if not found or not crossed:
            return False
        station, card, _, _ = found
        line = self.chance.choice(crossed)
        self._tap(station, card["id"], "undo", f"mark-{card['number']}-{line.id}")
        line.crossed = False
        return self.did("line undone")

    # -- what breaks -------------------------------------------------------------------------------------------------

    def reload(self) -> bool:
        station = self.chance.choice(list(self.screens))
        self._last_card.pop(station, None)
        page = self.chance.choice(self.screens[station])
        page.reload()
        expect(page.get_by_test_id("live")).to_have_attribute("data-state", "live", timeout=10_000)
        return self.did("screen reload")

    def paper_out(self) -> bool:
        printer = self.chance.choice(list(PRINTERS.values()))
        self.demo.drill("paper_out", True, printer)
        self.paper_back_in[printer] = PAPER_IS_OUT_FOR
        return self.did("paper out")

    def kill_broker(self) -> bool:
        self.demo.kill("broker")
        return self.did("broker killed")

    def kill_bridge(self) -> bool:
        self.demo.kill("firmware_bridge")
        return self.did("bridge killed")

    # -- a rest ------------------------------------------------------------------------------------------------------

    def settle(self, within_s: float = SETTLED_S) -> None:
        """Paper in every printer, and a person answers what the house asks, after a look at the paper."""
        for printer in list(self.paper_back_in):
            self.demo.drill("paper_out", False, printer)
        self.paper_back_in.clear()
        with suppress(AssertionError):  # who counts then says what is wrong
            eventually("the house has come to rest", self._at_rest, within_s)
        self.papers.collect()

    def _at_rest(self) -> bool:
        self.screens["wok"][0].wait_for_timeout(LOOK_MS)
        self.papers.collect()
        for condition in self.demo.conditions():
            if condition["code"] == "slip_unknown":
                self._answer(condition["job"])
        jobs = [
            job
            for state in ("QUEUED", "SENDING", "WAITING", "UNKNOWN")
            for job in self.demo.staff("GET", f"/api/v1/jobs?state={state}&limit=1000")[1]["jobs"]
        ]
        return not [job for job in jobs if job["state"] != "UNKNOWN" or job["settled"] is None] and not self.wrong()

    def move_on(self) -> None:
        """After a rest, while every slip is out: parties sit elsewhere, and two become one."""
        for how in (self.move, self.merge, self.move):
            for _ in range(20):  # chance picks a table that may move, or soon will
                if how():
                    break

    def _answer(self, job_id: str) -> None:
        jobs = self.demo.staff("GET", "/api/v1/jobs?state=UNKNOWN&limit=1000")[1]["jobs"]
        job = next((one for one in jobs if one["id"] == job_id), None)
        if job is not None:
            there = self.papers.out(job["station"], job["number"])
            what = "came_out" if there else "reprint"
            self.demo.staff("POST", f"/api/v1/jobs/{job_id}/{what}", {"key": f"outsider-{job_id}"})
            self.did(f"slip {what}")

    def wrong(self) -> list[str]:
        """All that is not as the phones and hands wanted it, in words."""
        found = [*self.book.on_paper(self.papers), *self.papers.unmarked()]
        for station, pages in self.screens.items():
            for screen in range(len(pages)):
                found += self.book.on_screen(station, self.cards(station, screen))
        return found


def _untouched(order: Order, line: Line) -> bool:
    card = order.card_of(line)
    return card is not None and not card.started and not line.crossed and line.state == "wanted"


def _has_left_or_is_cooked(order: Order, line: Line) -> bool:
    """Returned: what is being cooked, or what has left the kitchen."""
    card = order.card_of(line)
    return (card is None) if line.state == "done" else bool(card and (card.started or line.crossed))
