"""A lunch while the house is being killed.

    python tests/faults/storm.py --seconds 60 --seed 7
    python tests/faults/storm.py --seconds 12 --negative-control torn_transaction

Clients order three times a second in all, each order with one key until it is answered. Meanwhile gateway, bridge,
broker and cloud are killed with SIGKILL at random moments, alone and together; the supervisor starts them again. Then
the killing ends, everything drains, and the books are compared: what was acknowledged, the rows, the events here and
in the cloud, the paper, the screen. Prints one JSON line; exit 1 when anything is wrong.

A negative control runs the same storm against a copy of the tree with a bug put in (`patches/`): it must fail.
"""

from __future__ import annotations

import argparse
import collections
import http.client
import json
import pathlib
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent)]

import running_demo  # noqa: E402
from running_demo import RunningDemo  # noqa: E402
from scenarios.screens import Screen  # noqa: E402

VICTIMS = ("gateway", "firmware_bridge", "broker", "cloud")


@dataclass(frozen=True)
class Control:
    """A planted bug: it shows when `victims` die at the wrong moment, so they must have come up in between. `told` is
    how it is found."""

    victims: tuple[str, ...]
    pause_s: tuple[float, float]
    told: str


CONTROLS = {
    "torn_transaction": Control(("gateway",), (1.5, 3.0), "a key made two"),
    "late_mark": Control(("firmware_bridge",), (0.5, 2.5), "without REPRINT"),
    "placed_twice": Control(("cloud",), (0.5, 2.5), "placed 2 times in the cloud"),
}

ORDERS_PER_S = 3.0
CLIENTS = 9
LEAST_OF_THEM = 0.9
"""What must have come of them all: whoever had to ask again makes up for it, but for what was due at the very end."""

PAUSE_S = (0.5, 2.5)
"""Between two blows. A gateway needs about a second to come back: some blows hit it while it starts."""

DRAIN_S = 150.0
"""A printer makes three slips a second at best and hardly any while it is being shot at; an unproven slip is printed
again after 15 s, up to three times. A longer storm leaves a longer queue and gets as long again."""

WOK = ("eggplant", "twice-cooked-pork", "garlic-greens", "rice", "egg-fried-rice", "hot-sour-soup")
BAR = ("beer", "soy-milk", "jasmine-tea", "cucumber", "edamame")
PLACED = "tablepass.order.placed.v1"
PRINTER = {"wok": "kitchen", "bar": "receipt"}


@dataclass
class Storm:
    demo: RunningDemo
    chance: random.Random
    victims: tuple[str, ...]
    pause_s: tuple[float, float]
    over: threading.Event = field(default_factory=threading.Event)
    acknowledged: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    given_up: int = 0
    attempts: int = 0
    kills: collections.Counter[str] = field(default_factory=collections.Counter)

    def client(self, seed: int) -> None:
        """Orders, and asks again with the same key until it has an answer: as the guest's page does. Guests come when
        they come: an order that had to wait for an answer does not put off the next."""
        mine = random.Random(seed)
        between_s = CLIENTS / ORDERS_PER_S
        due = time.monotonic() - mine.uniform(0.0, between_s)
        while True:
            due += mine.uniform(0.5, 1.5) * between_s
            if self.over.wait(max(0.0, due - time.monotonic())):
                return
            kind = mine.random()
            items = mine.sample(WOK, 1) if kind < 0.6 else []
            items += mine.sample(BAR, 1) if kind > 0.4 else []
            lines = [{"item": item, "quantity": mine.randint(1, 3)} for item in items]
            self._order(str(mine.randint(1, 12)), lines, uuid.UUID(int=mine.getrandbits(128)).hex, mine)

    def _order(self, table: str, lines: list[dict[str, Any]], key: str, mine: random.Random) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            self.attempts += 1
            try:
                body = {"table_token": self.demo.token(table), "lines": lines}
                status, value = self.demo.guest("POST", "/api/v1/orders", body, {"Idempotency-Key": key}, timeout=5.0)
            except (OSError, http.client.HTTPException):
                status, value = 0, None
            if status in (200, 201):
                self.acknowledged[key] = (value, lines)
                return
            if 0 < status < 500:
                self.refused.append(f"a good order was refused: {status} {value}")
                return
            time.sleep(mine.uniform(0.1, 0.5))
        self.given_up += 1

    def killer(self) -> None:
        while not self.over.wait(self.chance.uniform(*self.pause_s)):
            how_many = self.chance.choices((1, 2, len(self.victims)), (70, 22, 8))[0]
            for name in self.chance.sample(self.victims, min(how_many, len(self.victims))):
                self.demo.kill(name)
                self.kills[name] += 1


class Papers:
    """Every sheet that came out, also those that the tray throws away later."""

    def __init__(self, demo: RunningDemo):
        self._demo = demo
        self.sheets: dict[str, dict[str, str]] = {name: {} for name in demo.info["printers"]}

    def collect(self) -> None:
        for printer, sheets in self.sheets.items():
            folder = pathlib.Path(self._demo.info["printers"][printer]["paper"])
            for path in sorted(folder.glob("[0-9]*.txt")):
                if path.name not in sheets:
                    sheets[path.name] = path.read_text()

    def by_slip(self) -> dict[tuple[str, str], list[str]]:
        """(printer, slip code) -> its papers in the order in which they came out, torn ones too."""
        found: dict[tuple[str, str], list[str]] = {}
        for printer, sheets in self.sheets.items():
            for _, text in sorted(sheets.items()):
                slip, number = re.search(r"厨打单 (\d{4})", text), re.search(r"^(A\d{3,})\b", text, re.M)
                code = re.search(r"\b(A\d{3,}-\d{4})\b", text)
                if code or (slip and number):
                    name = code[1] if code else f"{number[1]}-{slip[1]}"  # type: ignore[index]
                    found.setdefault((printer, name), []).append(text)
        return found


class Eyes:
    """A screen that stays on: it resumes with its last id whenever its stream breaks, and renders what it sees."""

    def __init__(self, demo: RunningDemo, over: threading.Event, chance: random.Random):
        self._demo = demo
        self._over = over
        self._chance = chance
        self.changes: list[tuple[str, int]] = []
        self.shown: dict[str, int] = {}
        self.resets = 0
        self.streams = 0
        self._last = ""
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.is_set():
            try:
                screen = Screen(self._demo, "tickets:wok,tickets:bar", "storm", self._last)
            except (OSError, http.client.HTTPException):
                time.sleep(0.1)
                continue
            self.streams += screen.status == 200
            taken = 0
            while not (screen.ended.wait(0.05) or self._over.is_set()):
                taken = self._take(screen, taken)
            self._take(screen, taken)
            self._last = screen.last_event_id or self._last
            screen.close()

    def _take(self, screen: Screen, taken: int) -> int:
        events = screen.events[taken:]
        for event in events:
            if event.name == "reset":
                self.resets += 1
                self.shown.clear()
            elif event.name == "snapshot":
                self.shown |= {t["id"]: t["version"] for t in event.data["tickets"]}
            elif event.name == "ticket":
                ticket = event.data
                self.changes.append((ticket["id"], ticket["version"]))
                if ticket["cleared_at"] is None:
                    self.shown[ticket["id"]] = ticket["version"]
                else:
                    self.shown.pop(ticket["id"], None)
                if ticket["state"] == "QUEUED" and self._chance.random() < 0.25:
                    self._render(ticket)
        return taken + len(events)

    def _render(self, ticket: dict[str, Any]) -> None:
        try:
            self._demo.act(ticket, "rendered", "storm")
        except (OSError, http.client.HTTPException):
            return  # the gateway was just killed; a paper will prove this one

    def close(self) -> None:
        self._thread.join(5)


def drain(
    demo: RunningDemo, papers: Papers, eyes: Eyes, patience_s: float, enough: Callable[[], bool]
) -> tuple[float, str]:
    """Seconds until nothing waits any more, or it is enough; and what still waited then."""
    began = time.monotonic()
    waiting = "the gateway does not answer"
    while time.monotonic() - began < patience_s:
        papers.collect()
        try:
            waiting = _waiting(demo, papers, eyes)
            if not waiting or enough():
                break
        except (OSError, http.client.HTTPException, AssertionError, KeyError) as error:
            waiting = repr(error)
        time.sleep(0.25)
    return time.monotonic() - began, waiting


def _queued(demo: RunningDemo) -> int:
    """Papers that still wait when the blows end."""
    try:
        jobs = json.loads(demo.command("jobs", "--json", "--limit", "1000000").stdout)["jobs"]
    except (ValueError, KeyError):
        return -1  # the last blow hit just now
    return sum(job["state"] in ("QUEUED", "SENDING", "WAITING") for job in jobs)


def _waiting(demo: RunningDemo, papers: Papers, eyes: Eyes) -> str:
    jobs = {state: demo.staff("GET", f"/api/v1/jobs?state={state}&limit=1000")[1]["jobs"]
            for state in ("QUEUED", "SENDING", "WAITING", "UNKNOWN")}  # fmt: skip
    asked = {c["job"] for c in demo.conditions() if c["job"]}
    unknown = [j for j in jobs.pop("UNKNOWN") if j["settled"] is None and j["id"] not in asked]
    left = {state: len(found) for state, found in jobs.items() if found}
    if left or unknown:
        return f"papers: {left}, unproven: {len(unknown)}"
    uplink = demo.staff("GET", "/api/v1/uplink")[1]
    if uplink["pending"] or uplink["state"] != "online":
        return f"uplink: {uplink}"
    opened = {t["id"]: t["version"] for s in PRINTER for t in demo.tickets(s)}
    return "" if opened == eyes.shown else f"screen: {len(eyes.shown)} shown, {len(opened)} open"


@dataclass
class Books:
    """Everything that anybody wrote down."""

    rows: list[dict[str, Any]]
    cloud: list[dict[str, Any]]
    stats: dict[str, Any]
    uplink: dict[str, Any]
    journal: list[tuple[int, str]]
    """(seq, event id), as this box wrote them."""
    inbox: list[tuple[int, str, str, str]]
    """(seq, event id, type, subject), as the cloud keeps them."""
    jobs: list[dict[str, Any]]
    conditions: list[dict[str, Any]]
    open_tickets: list[str]


SETTLED_TRIES = 20
"""Of two looks at the uplink with the same number, the second after the books. A screen may still render something."""


def open_books(demo: RunningDemo) -> Books:
    for _ in range(SETTLED_TRIES):
        books = _books(demo)
        if demo.staff("GET", "/api/v1/uplink")[1]["last_seq"] == books.uplink["last_seq"]:
            break
    return books


def _books(demo: RunningDemo) -> Books:
    uplink = demo.staff("GET", "/api/v1/uplink")[1]
    cloud: list[dict[str, Any]] = []
    while True:
        after = f"&after={cloud[-1]['id']}" if cloud else ""
        page = demo.cloud(f"/v1/stores/{demo.info['store']}/orders?limit=1000{after}")["orders"]
        cloud += page
        if len(page) < 1000:
            break
    return Books(
        rows=json.loads(demo.command("orders", "--json", "--limit", "1000000").stdout)["orders"],
        cloud=cloud,
        stats=demo.cloud(f"/v1/stores/{demo.info['store']}/stats"),
        uplink=uplink,
        journal=_read(demo.store / "gateway" / "gateway.db", "SELECT slot & ((1 << 40) - 1), id FROM journal"),
        inbox=_read(
            demo.store / "cloud" / "cloud.sqlite3",
            "SELECT seq, CAST(body AS TEXT) ->> 'id', type, CAST(body AS TEXT) ->> 'subject' FROM inbox",
        ),
        jobs=json.loads(demo.command("jobs", "--json", "--limit", "1000000").stdout)["jobs"],
        conditions=demo.conditions(),
        open_tickets=[t["id"] for s in PRINTER for t in demo.tickets(s)],
    )


def _read(path: pathlib.Path, query: str) -> list[Any]:
    """Both sides' own files, read beside them: what a list shows once may well be written there twice."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as database:
        return database.execute(f"{query} ORDER BY 1").fetchall()


def compare(storm: Storm, books: Books, papers: Papers, eyes: Eyes) -> list[str]:
    """Every broken promise, in words."""
    return [
        *_rows(storm, books), *_cloud(books), *_paper(books, papers.by_slip()), *_marks(papers.by_slip()),
        *_screen(books, eyes),
    ]  # fmt: skip


def _rows(storm: Storm, books: Books) -> list[str]:
    wrong = list(storm.refused)
    by_id = collections.Counter(row["id"] for row in books.rows)
    rows = {row["id"]: row for row in books.rows}
    for key, (answer, lines) in storm.acknowledged.items():
        if by_id[answer["id"]] != 1:
            wrong.append(f"acknowledged {answer['number']} (key {key}) has {by_id[answer['id']]} rows")
            continue
        row = rows[answer["id"]]
        asked = [(line["item"], line["quantity"]) for line in lines]
        if (row["number"], row["total"]) != (answer["number"], answer["total"]) or asked != [
            (line["item"], line["quantity"]) for line in row["lines"]
        ]:
            wrong.append(f"{row['number']} is not what was acknowledged")
    ids = [answer["id"] for answer, _ in storm.acknowledged.values()]
    wrong += [f"{i} answers two keys" for i, n in collections.Counter(ids).items() if n > 1]
    numbers = collections.Counter(row["number"] for row in books.rows)
    wrong += [f"number {number} is given {n} times" for number, n in numbers.items() if n > 1]
    if len(books.rows) - len(storm.acknowledged) > storm.given_up:
        wrong.append(f"{len(books.rows)} rows for {len(storm.acknowledged)} orders: a key made two")
    return wrong


def _cloud(books: Books) -> list[str]:
    there = collections.Counter(order["id"] for order in books.cloud)
    wrong = [f"{row['number']} is in the cloud {there[row['id']]} times" for row in books.rows if there[row["id"]] != 1]
    wrong += [f"the cloud knows {i}, the store does not" for i in there.keys() - {row["id"] for row in books.rows}]
    totals = {row["id"]: row["total"] for row in books.rows}
    wrong += [f"{o['number']}: another total in the cloud" for o in books.cloud if totals.get(o["id"]) != o["total"]]
    wrong += [f"the cloud counts {books.stats[name]} {name}" for name in ("conflicts", "poison") if books.stats[name]]
    # An order is one row of that list, however often it came: the events tell how often it was placed.
    placed = collections.Counter(subject for _, _, kind, subject in books.inbox if kind == PLACED)
    times = {row["number"]: placed[f"order/{row['id']}"] for row in books.rows}
    wrong += [f"{number} was placed {n} times in the cloud" for number, n in times.items() if n != 1]
    counts = {
        "the box's last": books.uplink["last_seq"], "its cursor": books.uplink["applied_upto"],
        "the cloud's applied": sum(books.stats["applied_upto"].values()), "the cloud's count": books.stats["events"],
        "the box's rows": len(books.journal), "the cloud's rows": len(books.inbox),
    }  # fmt: skip
    if len(set(counts.values())) > 1:
        wrong.append(f"events do not add up: {counts}")
    if [(seq, event) for seq, event, _, _ in books.inbox] != books.journal:
        wrong.append("the cloud's events are not the box's, one by one")
    return wrong


def _paper(books: Books, by_slip: dict[tuple[str, str], list[str]]) -> list[str]:
    asked = {c["ticket"] for c in books.conditions if c["ticket"]}
    asked_jobs = {c["job"] for c in books.conditions if c["job"]}
    asked |= {job["ticket_id"] for job in books.jobs if job["id"] in asked_jobs}
    wrong = []
    for row in books.rows:
        slips = {t["id"]: t["slip"] for t in row["tickets"]}
        for line in row["lines"]:
            slip = slips[line["ticket"]]
            name = (line["kitchen_name"] or line["name"])["zh-Hans"]
            code = f"{row['number']}-{slip['number']}" if slip else "none"
            sheets = by_slip.get((PRINTER[line["station"]], code), [])
            dish = f"{line['quantity']}× {name}"
            if not any(dish in text for text in sheets) and line["ticket"] not in asked:
                wrong.append(f"{row['number']} {dish}: on no paper of {line['station']}, and nobody is asked")
            other = next(p for s, p in PRINTER.items() if s != line["station"])
            if any(dish in text for text in by_slip.get((other, code), [])):
                wrong.append(f"{row['number']} {dish}: came out at the other station")
    return wrong


def _marks(by_slip: dict[tuple[str, str], list[str]]) -> list[str]:
    return [
        f"slip {code} of {printer} came out {len(texts)} times, one of them without REPRINT"
        for (printer, code), texts in by_slip.items()
        if any("REPRINT" not in text for text in texts[1:])
    ]


def _screen(books: Books, eyes: Eyes) -> list[str]:
    wrong = [f"the screen lacks {i}" for i in books.open_tickets if i not in eyes.shown]
    wrong += [f"the screen shows {i}, which is not open" for i in eyes.shown.keys() - set(books.open_tickets)]
    again = [c for c, n in collections.Counter(eyes.changes).items() if n > 1]
    if again and not eyes.resets:
        wrong.append(f"{len(again)} changes came to the screen twice")
    if eyes.resets:
        wrong.append(f"{eyes.resets} resumes were answered by a reset")
    return wrong


def mutated(control: str, folder: pathlib.Path) -> pathlib.Path:
    """A copy of the tree with the bug in it."""
    for name in ("gateway", "firmware_bridge", "config"):
        shutil.copytree(HERE.parents[1] / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    patch = HERE / "patches" / f"{control}.patch"
    subprocess.run(["git", "apply", "-p1", "-C1", "--recount", str(patch)], cwd=folder, check=True)
    return folder


def run(
    seconds: float,
    seed: int,
    victims: tuple[str, ...] = VICTIMS,
    root: pathlib.Path | None = None,
    patience_s: float | None = None,
    pause_s: tuple[float, float] = PAUSE_S,
    told: str = "",
) -> dict[str, Any]:
    """One storm; ends early when something with the words `told` is wrong. The result's `wrong` is empty when every
    promise held."""
    patience_s = patience_s or max(DRAIN_S, seconds)
    former = running_demo.ROOT
    running_demo.ROOT = root or former
    folder = tempfile.mkdtemp(prefix="tp-")
    # TMPDIR: python-escpos makes a folder while it is imported, which a bridge that is killed just then leaves behind.
    demo = RunningDemo(data=folder, env={"TMPDIR": folder})
    try:
        storm = Storm(demo, random.Random(seed), victims, pause_s)
        return _run(storm, seconds, seed, patience_s, told)
    finally:
        demo.stop()
        running_demo.ROOT = former
        shutil.rmtree(folder)


def run_control(control: str, seconds: float, seed: int) -> dict[str, Any]:
    """The storm against a planted bug, with only the blows that bring it out."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        root = mutated(control, pathlib.Path(folder))
        # What this bug has lost does not drain; only an unproven slip needs its 15 s.
        bug = CONTROLS[control]
        return run(seconds, seed, bug.victims, root, 17.0, bug.pause_s, bug.told)


def _run(storm: Storm, seconds: float, seed: int, patience_s: float, told: str) -> dict[str, Any]:
    demo = storm.demo
    papers = Papers(demo)
    seen = threading.Event()
    eyes = Eyes(demo, seen, random.Random(seed + 1))
    threads = [threading.Thread(target=storm.client, args=(seed * 1000 + n,)) for n in range(CLIENTS)]
    threads.append(threading.Thread(target=storm.killer))
    began = time.monotonic()
    for thread in threads:
        thread.start()

    def said(wrong: list[str]) -> bool:
        return bool(told) and any(told in one for one in wrong)

    # Of all books only the papers can be read while clients still wait for answers.
    while time.monotonic() - began < seconds and not said(_marks(papers.by_slip())):
        papers.collect()
        time.sleep(0.5)
    storm.over.set()
    for thread in threads:
        thread.join(70)
    queued = _queued(demo)
    drained_s, left = drain(
        demo, papers, eyes, patience_s, lambda: bool(told) and said(compare(storm, open_books(demo), papers, eyes))
    )
    books = open_books(demo)
    seen.set()
    eyes.close()
    papers.collect()
    wrong = compare(storm, books, papers, eyes)
    if not told and len(storm.acknowledged) < LEAST_OF_THEM * ORDERS_PER_S * seconds:
        wrong.append(f"only {len(storm.acknowledged)} orders were acknowledged: not {ORDERS_PER_S:.0f} a second")
    if left:
        wrong.append(f"not drained after {drained_s:.0f} s: {left}")
    by_slip = papers.by_slip()
    return {
        "seconds": round(seconds, 1), "seed": seed, "kills": dict(storm.kills), "attempts": storm.attempts,
        "acknowledged": len(storm.acknowledged), "rows": len(books.rows), "in_cloud": len(books.cloud),
        "events": books.stats["events"], "orders_per_s": round(len(storm.acknowledged) / seconds, 2),
        "slips": len(by_slip),
        "papers": sum(len(texts) for texts in by_slip.values()),
        "marked_again": sum(len(texts) - 1 for texts in by_slip.values()),
        "asks_a_person": len([c for c in books.conditions if c["code"] in ("slip_unknown", "ticket_unseen")]),
        "cloud_repeats_ignored": books.stats["duplicates"], "streams": eyes.streams,
        "screen_changes": len(eyes.changes), "queued_at_the_end": queued,
        "drained_s": round(drained_s, 1), "wrong": wrong,
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description="Orders while everything is being killed; then compare the books.")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000))
    parser.add_argument("--negative-control", choices=sorted(CONTROLS), help="a planted bug: the storm must find it")
    options = parser.parse_args()
    if options.negative_control:
        result = run_control(options.negative_control, options.seconds, options.seed)
    else:
        result = run(options.seconds, options.seed)
    print(json.dumps(result, ensure_ascii=False))
    return 1 if result["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
