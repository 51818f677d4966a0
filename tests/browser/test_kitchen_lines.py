"""Lines, allergies, all-day totals and keys of the kitchen screen, in a real browser against the real gateway."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect
from running_demo import RunningDemo
from test_kitchen_screen import LET_PASS, PORK, RICE, axe_finds_nothing, card, clear, live, server_does, server_ticket
from waiting import eventually

OpenScreen = Callable[..., Page]


def with_an_order(demo: RunningDemo, open_screen: OpenScreen) -> tuple[Page, str]:
    """The wok's screen, live, and the number of the only order at it: two lines."""
    clear(demo)
    page = open_screen("wok")
    live(page)
    return page, str(demo.order("3", [PORK, RICE])["number"])


def mark(page: Page, number: str, line: int) -> Any:
    return page.get_by_test_id(f"mark-{number}-{line}")


def line(page: Page, number: str, which: int) -> Any:
    return page.get_by_test_id(f"line-{number}-{which}")


def states(demo: RunningDemo, number: str) -> list[str]:
    ticket = server_ticket(demo, number)
    assert ticket
    return [one["state"] for one in ticket["lines"]]


def whole(page: Page) -> None:
    """What follows the first picture, keys among it, is there."""
    expect(page.locator(".toasts")).to_have_count(1, timeout=10_000)


def rows(page: Page) -> dict[tuple[str, str], int]:
    found = page.get_by_test_id("allday-row").evaluate_all(
        "(all) => all.map((el) => [el.dataset.item, el.dataset.options, Number(el.dataset.quantity)])"
    )
    return {(item, options): quantity for item, options, quantity in found}


def visible_lines(page: Page) -> int:
    """How many dishes the cards say are still to be made, read from what stands on them."""
    return int(page.evaluate(
        """() => Array.from(document.querySelectorAll('.tk:not(.dead) .ln'))
        .filter((li) => li.dataset.state === 'FIRED')
        .reduce((n, li) => n + parseInt(li.querySelector('.q').textContent, 10), 0)"""
    ))  # fmt: skip


def test_a_line_is_done_by_a_tap_and_not_done_by_the_next(demo: RunningDemo, open_screen: OpenScreen) -> None:
    page, number = with_an_order(demo, open_screen)
    mark(page, number, 1).tap(timeout=5_000)
    expect(line(page, number, 1)).to_have_attribute("data-state", "DONE")
    expect(line(page, number, 1)).to_have_class(re.compile(r"\bok\b"))
    expect(mark(page, number, 1)).to_have_attribute("aria-pressed", "true")
    eventually("the box has it", lambda: states(demo, number) == ["DONE", "FIRED"])
    assert (server_ticket(demo, number) or {})["state"] == "STARTED"
    page.evaluate(LET_PASS, 350)  # a wet finger's second touch counts for nothing for so long
    mark(page, number, 1).tap()
    eventually("and takes it back", lambda: states(demo, number) == ["FIRED", "FIRED"])
    mark(page, number, 2).tap()
    eventually("each by itself", lambda: states(demo, number) == ["FIRED", "DONE"])
    page.get_by_test_id(f"bump-{number}").tap()
    expect(card(page, number)).to_have_count(0)
    page.get_by_test_id("undo").tap()
    expect(line(page, number, 2)).to_have_attribute("data-state", "DONE")
    eventually("back as it was before the bump", lambda: states(demo, number) == ["FIRED", "DONE"])


def test_a_wet_finger_marks_a_line_once(demo: RunningDemo, open_screen: OpenScreen) -> None:
    page, number = with_an_order(demo, open_screen)
    mark(page, number, 1).dblclick(timeout=5_000)
    expect(line(page, number, 1)).to_have_attribute("data-state", "DONE")
    eventually("once", lambda: states(demo, number) == ["DONE", "FIRED"])


def test_two_screens_agree_on_a_line_within_a_second(demo: RunningDemo, open_screen: OpenScreen) -> None:
    clear(demo)
    one, two = open_screen("wok"), open_screen("wok")
    live(one)
    live(two)
    number = str(demo.order("3", [PORK, RICE])["number"])
    expect(card(two, number)).to_be_visible(timeout=5_000)
    mark(one, number, 2).tap(timeout=5_000)
    expect(line(two, number, 2)).to_have_attribute("data-state", "DONE", timeout=1_000)
    mark(one, number, 1).tap()
    mark(two, number, 1).tap()
    eventually("both said the same", lambda: states(demo, number) == ["DONE", "DONE"])
    for page in (one, two):
        expect(line(page, number, 1)).to_have_attribute("data-state", "DONE")
        expect(page.get_by_test_id("refused")).to_have_count(0)


def test_lines_marked_while_cut_off_arrive_once_and_in_order(demo: RunningDemo, open_screen: OpenScreen) -> None:
    page, number = with_an_order(demo, open_screen)
    expect(card(page, number)).to_be_visible(timeout=5_000)
    before = eventually("it is shown", lambda: (t := server_ticket(demo, number)) and t["state"] == "SHOWN" and t)
    sent: list[str] = []
    page.context.set_offline(True)
    mark(page, number, 1).tap()
    mark(page, number, 2).tap()
    page.evaluate(LET_PASS, 350)
    mark(page, number, 2).tap()
    expect(line(page, number, 1)).to_have_attribute("data-state", "DONE")
    assert states(demo, number) == ["FIRED", "FIRED"], "nothing has left the tablet yet"
    page.on("response", lambda r: sent.append(r.url.rpartition("/")[2]) if r.request.method == "POST" else None)
    page.context.set_offline(False)
    eventually("replayed", lambda: states(demo, number) == ["DONE", "FIRED"])
    page.evaluate(LET_PASS, 300)  # what it says now would be one too many
    assert [one for one in sent if one in ("bump", "undo")] == ["bump", "bump", "undo"]
    after = server_ticket(demo, number)
    assert after
    assert after["version"] == before["version"] + 3


def test_an_allergy_is_confirmed_before_anything_else_is_offered(demo: RunningDemo, open_screen: OpenScreen) -> None:
    clear(demo)
    one, two = open_screen("wok"), open_screen("wok", lang="en-US")
    live(one)
    live(two)
    number = str(demo.order("3", [PORK], allergies=["peanut"])["number"])
    asks = one.get_by_test_id(f"allergy-{number}")
    expect(asks).to_be_visible(timeout=5_000)
    expect(two.get_by_test_id(f"allergy-{number}")).to_contain_text("Tap: I know")
    for offered in ("bump", "start"):
        expect(one.get_by_test_id(f"{offered}-{number}")).to_have_count(0)
    expect(mark(one, number, 1)).to_have_count(0)
    asks.tap()
    for page in (one, two):
        expect(page.get_by_test_id(f"bump-{number}")).to_be_visible(timeout=1_000)
        expect(card(page, number).locator(".box")).to_be_visible()
    known = eventually("kept", lambda: (t := server_ticket(demo, number)) and t["allergy_at"] and t)
    assert known["allergy_by"]
    assert known["state"] != "SERVED"


def test_the_all_day_panel_is_the_sum_of_the_open_lines(demo: RunningDemo, open_screen: OpenScreen) -> None:
    clear(demo)
    page = open_screen("wok")
    live(page)
    first = str(demo.order("3", [PORK, RICE])["number"])
    expect(card(page, first)).to_be_visible(timeout=5_000)
    page.get_by_test_id("allday-open").tap()
    expect(page.get_by_test_id("allday-row")).to_have_count(2)
    assert rows(page) == {("twice-cooked-pork", ""): 2, ("egg-fried-rice", ""): 1}
    second = str(demo.order("5", [PORK])["number"])
    expect(card(page, second)).to_be_visible(timeout=5_000)
    assert rows(page)["twice-cooked-pork", ""] == 4, "in the same picture as the card"
    page.evaluate(LET_PASS, 400)  # cards that moved take no tap for a moment
    mark(page, first, 1).tap()
    assert rows(page) == {("twice-cooked-pork", ""): 2, ("egg-fried-rice", ""): 1}
    assert sum(rows(page).values()) == visible_lines(page) == 3
    page.reload()
    live(page)
    expect(page.get_by_test_id("allday")).to_be_visible()
    eventually("the same after a reload", lambda: sum(rows(page).values()) == visible_lines(page) == 3)
    page.get_by_test_id("allday-open").tap()
    expect(page.get_by_test_id("allday")).to_have_count(0)


def test_on_a_small_screen_the_panel_is_a_sheet(demo: RunningDemo, open_screen: OpenScreen) -> None:
    clear(demo)
    demo.order("3", [PORK])
    page = open_screen("wok", width=800, height=1000)
    live(page)
    page.get_by_test_id("allday-open").tap()
    expect(page.get_by_role("dialog").get_by_test_id("allday-row")).to_have_attribute("data-quantity", "2")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_bump_bar_needs_no_finger(demo: RunningDemo, open_screen: OpenScreen) -> None:
    clear(demo)
    page = open_screen("wok")
    live(page)
    numbers = [str(demo.order(table, [PORK])["number"]) for table in ("3", "5")]
    allergic = str(demo.order("6", [PORK], allergies=["peanut"])["number"])
    expect(card(page, allergic)).to_be_visible(timeout=5_000)
    whole(page)
    expect(page.locator(".key")).to_have_count(0)
    page.keyboard.press("2")
    expect(card(page, numbers[1])).to_have_count(0)
    expect(page.locator(".key")).to_have_count(2)
    page.keyboard.press("u")
    expect(card(page, numbers[1])).to_be_visible()
    for key in ("ArrowRight", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
    expect(card(page, numbers[0])).to_have_class(re.compile(r"\bchosen\b"))
    page.keyboard.press("Enter")
    expect(card(page, numbers[0])).to_have_count(0)
    page.keyboard.press("r")
    expect(card(page, numbers[0])).to_be_visible()
    page.keyboard.press("3")
    expect(page.get_by_test_id(f"bump-{allergic}")).to_be_visible()
    page.evaluate(LET_PASS, 350)
    page.keyboard.press("3")
    expect(card(page, allergic)).to_have_count(0)
    eventually("the box agrees", lambda: (server_ticket(demo, allergic) or {}).get("state") == "SERVED")


def test_two_screens_of_a_station_say_so_until_tapped_away(demo: RunningDemo, open_screen: OpenScreen) -> None:
    clear(demo)
    one = open_screen("bar")
    live(one)
    expect(one.get_by_test_id("screens-here")).to_have_count(0)
    two = open_screen("bar", lang="en-US")
    live(two)
    expect(one.get_by_test_id("screens-here")).to_contain_text("本档口有 2 块屏")
    expect(two.get_by_test_id("screens-here")).to_contain_text("2 screens here")
    two.close()
    expect(one.get_by_test_id("screens-here")).to_have_count(0, timeout=10_000)


def test_axe_finds_nothing_with_all_of_it_open(demo: RunningDemo, open_screen: OpenScreen) -> None:
    clear(demo)
    known = str(demo.order("3", [PORK, RICE], allergies=["peanut"])["number"])
    demo.order("5", [PORK], allergies=["peanut"])
    for lang in ("zh-CN", "en-US"):
        page = open_screen("wok", lang=lang)
        live(page)
        ticket = server_ticket(demo, known)
        assert ticket
        if not ticket["allergy_at"]:
            server_does(demo, "allergy", ticket)
        expect(mark(page, known, 1)).to_be_visible(timeout=5_000)
        whole(page)
        page.keyboard.press("ArrowRight")
        expect(page.locator(".chosen")).to_have_count(1)
        page.get_by_test_id("allday-open").click()
        expect(page.get_by_test_id("allday-row").first).to_be_visible()
        axe_finds_nothing(page)


TOTALS_TRIAL = """
(seed) => {
  let s = seed;
  const random = (n) => { s = (s * 1103515245 + 12345) % 2147483648; return Math.floor(s / 65536) % n; };
  const pick = (list) => list[random(list.length)];
  const model = KdsModel.create('tickets:wok'), known = new Map();
  for (let i = 0; i < 500; i += 1) {
    const id = 't' + random(20), was = known.get(id), at = new Date(1700000000000 + i * 1000).toISOString();
    if (was && random(3) === 0) {      // a cook's tap, not answered yet
      const line = pick(was.lines), action = pick(['bump', 'undo', 'start', 'bump']);
      const one = random(2) && action !== 'start' ? [line.id] : undefined;
      const made = model.tap(action, model.base(id), 'k' + i, at, '', one);
      if (made && random(2)) model.settle('k' + i, false, null);
      continue;
    }
    const state = pick(['QUEUED', 'SHOWN', 'STARTED', 'SHOWN', 'READY', 'SERVED', 'CANCELLED']);
    const now = () => pick(['FIRED', 'FIRED', 'DONE', 'CANCELLED', 'RETURNED']);
    const lines = was ? was.lines.map((l) => ({...l, state: now()}))
      : [1, 2, 3].slice(0, 1 + random(3)).map((n) => ({
        id: String(n), item: pick(['pork', 'rice', 'tofu']), name: {en: 'x'},
        kitchen_name: {}, quantity: 1 + random(4), state: 'FIRED', note: '',
        variant: random(2) ? {id: 'half', name: {}} : null,
        modifiers: pick([[], ['hot'], ['hot', 'mild'], ['mild', 'hot']]).map((one) => ({id: one, name: {}}))}));
    const t = {id, station: 'wok', version: (was ? was.version : 0) + 1, shown_version: 0, state, lines,
      notices: [], hold: '',
      allergies: [], order: {number: id}, updated_at: at, fired_at: was ? was.fired_at : at,
      cleared_at: state === 'SERVED' ? at : null};
    known.set(id, t);
    model.apply({type: 'ticket', ticket: t});
  }
  return {open: model.open(), totals: KdsAllDay.totals(model.open())};
}
"""


def test_the_totals_equal_the_open_lines_after_500_random_events(in_chromium: Any) -> None:
    counted = 0
    for seed, end in enumerate(in_chromium("kds-model.js kds-allday.js", f"(all) => all.map({TOTALS_TRIAL})",
                                           list(range(1, 200))), 1):  # fmt: skip
        wanted: Counter[tuple[str, str]] = Counter()
        for ticket in end["open"]:
            for one in ticket["lines"]:
                if ticket["state"] != "CANCELLED" and one["state"] == "FIRED":
                    chosen = [m["id"] for m in [one["variant"], *one["modifiers"]] if m]
                    wanted[one["item"], ",".join(sorted(chosen))] += one["quantity"]
        shown = {(dish["item"], row["options"]): row["quantity"] for dish in end["totals"] for row in dish["rows"]}
        assert shown == dict(wanted), f"seed {seed}"
        assert all(d["total"] == sum(r["quantity"] for r in d["rows"]) for d in end["totals"]), f"seed {seed}"
        counted += sum(shown.values())
    assert counted > 1000, "there was something to count"


def test_every_event_has_a_sound_of_its_own(in_chromium: Any) -> None:
    notes = in_chromium("kds-sound.js", "() => KdsPlay.NOTES")
    assert set(notes) == {"fresh", "addition", "cancelled", "recall", "rush", "fire", "late", "stale"}
    assert len({str(one) for one in notes.values()}) == len(notes)
