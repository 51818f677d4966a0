"""A probe of a printer on a fake clock: which bytes it sends, what it makes of what comes back, the slips around it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from printer_world import World

from firmware_bridge.drivers.driver import Probe
from firmware_bridge.drivers.fences import Fence
from firmware_bridge.drivers.former_answers import FormerAnswers
from firmware_bridge.escpos import BarCodeBytes
from firmware_bridge.probe_slip import BAR_CODE, LETTERS, probe_slip
from firmware_bridge.virtual.lengths import command_size
from firmware_bridge.virtual.printer import FAULTS
from firmware_bridge.virtual.sheet import PrintedBars, PrintedQr, PrintedRaster
from gateway.contract.findings import Capability, Findings, lines
from gateway.contract.findings_words import ADVICE, CAPABILITIES, KNOWN, NOTES, STATES, TITLES
from gateway.contract.findings_words import LETTERS as ASKED
from gateway.contract.messages import FINAL_RESULTS, MAX_PAYLOAD


class Asker:
    """Whoever wants a printer probed."""

    def __init__(self) -> None:
        self.answers: list[Findings] = []
        self.refusals: list[str] = []

    def of(self, world: World) -> Asker:
        def answer(facts: dict[str, Any]) -> None:
            assert len(msgspec.json.encode(facts)) < MAX_PAYLOAD / 2
            self.answers.append(msgspec.convert(facts, Findings))

        world.device.offer(Probe(answer, self.refusals.append))
        return self

    @property
    def done(self) -> bool:
        return bool(self.answers or self.refusals)


def wait(world: World, asker: Asker, seconds: float = 45) -> Asker:
    for _ in world.run(seconds):
        if asker.done:
            return asker
    raise AssertionError(f"no answer after {seconds} s")


def probed(world: World) -> Findings:
    asker = wait(world, Asker().of(world))
    assert asker.refusals == []
    return asker.answers[0]


def known(found: Findings) -> dict[str, str]:
    return {name: one.state for name, one in found.capabilities.items() if one.known == "probed"}


@pytest.fixture
def world(tmp_path: Path, bar_codes: BarCodeBytes) -> World:
    made = World(tmp_path, bar_codes)
    made.settle(0.5)
    return made


WELL = dict.fromkeys(("dle_eot", "asb", "gs_r", "gs_h", "gs_h_order", "identity"), "works")


def test_a_printer_that_is_well_is_known_by_its_own_answers_and_its_slip(world: World) -> None:
    found = probed(world)
    assert known(found) == WELL
    assert (found.printed, found.ended, found.letters) == (True, "", LETTERS)
    assert found.said == {"id": "20", "firmware": "0.1", "maker": "TABLEPASS", "model": "VIRTUAL-80"}
    assert found.advice == {"fence": "gs_h"}
    assert found.disagrees == []
    assert found.capabilities["qr"].note == "see_slip"
    [paper] = world.papers
    assert all(f"\n{letter}" in paper for letter in LETTERS[:-1]), "one for each question but the last"
    for words in ("中文 宫保鸡丁 麻婆豆腐 ￥56.00", "Café crème Müller señor", "Café Müller €3.50 ¥56.00", "4 中文 Aa"):
        assert words in paper
    assert "...45" in paper
    [sheet] = world.sheets
    drawn = [item for item in sheet.items if isinstance(item, PrintedQr | PrintedRaster | PrintedBars)]
    assert isinstance(drawn[0], PrintedQr)
    assert drawn[0].text == "TABLEPASS G"
    assert isinstance(drawn[1], PrintedRaster)
    assert isinstance(drawn[-1], PrintedBars)
    assert drawn[-1].data == BAR_CODE
    assert world.printer._engine.warnings == [], "an interpreter that shares nothing with the encoder knows all of it"
    assert world.printer.happened == {}, "no drawer, no buzzer"


ALLOWED = {
    b"\x10\x04": {1, 2, 3, 4}, b"\x1b@": None, b"\x1bJ": None, b"\x1ba": {0, 1}, b"\x1bt": {0, 19},
    b"\x1d!": {0x00, 0x01, 0x10, 0x11}, b"\x1da": {0x00, 0x0F}, b"\x1dr": {1}, b"\x1dI": {1, 65, 66, 67},
    b"\x1dv": {0x30}, b"\x1dV": {66}, b"\x1dh": None, b"\x1dw": None, b"\x1df": None, b"\x1dH": None, b"\x1dk": None,
    b"\x1d(": {ord("H"), ord("k")}, b"\x1c&": None, b"\x1c.": None, b"\x1c!": {0x00, 0x04, 0x08, 0x0C},
}  # fmt: skip
"""What a probe may send, and with which next byte, from the references: everything else could act, or stay."""


def forbidden(data: bytes) -> list[str]:
    """Commands outside ALLOWED, by an interpreter's own table of lengths. High bytes are pairs in Chinese mode."""
    wrong, chinese, at = [], True, 0
    while at < len(data):
        size = command_size(data[at : at + 8], chinese, lambda: None) or 1
        command = data[at : at + size]
        if command[0] in (0x10, 0x1B, 0x1C, 0x1D):
            allowed = ALLOWED.get(command[:2], set())
            if allowed is not None and (len(command) < 3 or command[2] not in allowed):
                wrong.append(command.hex(" "))
            chinese = {b"\x1c&": True, b"\x1c.": False, b"\x1b@": True}.get(command[:2], chinese)
        elif command[0] < 0x20 and command[0] != 0x0A:
            wrong.append(command.hex())
        if command[:2] == b"\x1dv":
            size += (command[4] + 256 * command[5]) * (command[6] + 256 * command[7])
        at += size
    return wrong


def to_printer(found: Findings) -> bytes:
    return b"".join(bytes.fromhex(data) for _, way, data in found.exchange if way == ">")


@pytest.mark.parametrize("fault", ["", *FAULTS])
def test_nothing_dangerous_is_ever_sent_whatever_the_printer_says(world: World, fault: str) -> None:
    if fault:
        world.printer.set_fault(fault, True, world.now)
    asker = Asker().of(world)
    wait(world, asker)
    sent = to_printer(asker.answers[0]) if asker.answers else b""
    assert forbidden(sent) == []
    assert not any(each in sent for each in (b"\x10\x05", b"\x10\x14")), "a printer finds them inside data, too"


@pytest.mark.parametrize("danger", ["100502", "1014080103140106 0208", "1b3d02", "1c4300", "101401 00 05", "1b70003232",
                                    "1d4944", "1b420302", "1d2844030014010 1"])  # fmt: skip
def test_the_watchman_finds_a_dangerous_command(bar_codes: BarCodeBytes, danger: str) -> None:
    planted = bytes.fromhex(danger.replace(" ", ""))
    body = probe_slip(48, bar_codes).body
    assert forbidden(body) == []
    assert forbidden(body + planted) != []


@pytest.mark.parametrize("columns", [32, 42, 48])
def test_the_picture_of_the_slip_holds_no_command_for_a_printer_that_prints_no_pictures(
    bar_codes: BarCodeBytes, columns: int
) -> None:
    body = probe_slip(columns, bar_codes).body
    at, pictures = 0, 0
    while (at := body.find(b"\x1dv0", at)) >= 0:
        size = (body[at + 4] + 256 * body[at + 5]) * (body[at + 6] + 256 * body[at + 7])
        assert not {0x10, 0x1B, 0x1C, 0x1D, 0x0C} & set(body[at + 8 : at + 8 + size])
        at, pictures = at + 8 + size, pictures + 1
    assert pictures


def test_a_mute_printer_is_not_known_and_never_out_of_paper(world: World) -> None:
    world.printer.set_fault("printer_mute", True, world.now)
    found = probed(world)
    assert known(found) == {}
    assert (found.printed, found.ended) == (False, "no_answer")
    assert found.advice == {}
    assert all(one.known == "unverified" for one in found.capabilities.values())
    assert len(world.papers) == 1, "it prints all the same"
    assert "out of paper" not in " ".join(lines(found, "en"))
    world.printer.set_fault("printer_mute", False, world.now)
    assert known(probed(world)) == WELL, "the same printer that speaks is known"


def test_a_printer_with_a_borrowed_name_is_known_by_what_it_answers(world: World) -> None:
    world.desired = msgspec.structs.replace(world.desired, fence="gs_h")
    world.change_settings()
    world.printer.set_fault("impersonates", True, world.now)
    found = probed(world)
    assert found.said["model"] == "TM-T88III"
    assert known(found) == {**{name: WELL[name] for name in WELL if name != "gs_h_order"}, "gs_h": "does_not"}
    assert found.advice == {"fence": "gs_r"}
    assert [(one.setting, one.says) for one in found.disagrees] == [("fence", "gs_h")]
    assert all(one.known != "documented" for one in found.capabilities.values()), "a name proves nothing"


def test_a_model_in_the_settings_documents_what_a_source_says_of_it_and_speaks_against_a_setting(world: World) -> None:
    def looked_at(model: str) -> Findings:
        world.desired = msgspec.structs.replace(world.desired, fence="gs_h", options={"model": model})
        world.change_settings()
        return probed(world)

    def told(found: Findings) -> bool:
        return any("a source says that this model does not" in line for line in lines(found, "en"))

    well = looked_at("epson_tm_u220")
    assert well.profile == "epson_tm_u220"
    assert well.capabilities["gs_h"] == Capability("works", "probed", "differs")
    assert well.capabilities["raster"].known == "documented"
    assert (well.disagrees, told(well)) == ([], False), "what it answers stands before what a source says"
    world.printer.set_fault("printer_mute", True, world.now)
    mute = looked_at("epson_tm_u220")
    assert mute.capabilities["gs_h"] == Capability("does_not", "documented")
    assert [(one.setting, one.says, one.capability) for one in mute.disagrees] == [("fence", "gs_h", "gs_h")]
    assert told(mute)
    note = looked_at("后厨那台 TM-U220")
    assert "documented" not in {one.known for one in note.capabilities.values()}
    assert (note.profile, note.disagrees) == ("generic_80", []), "a text that names no group is a note"


@pytest.mark.parametrize(
    ("fault", "states", "notes"),
    [
        ("garbage", {}, {"dle_eot": "noise", "gs_r": "noise"}),
        ("wrong_baud", {}, {}),
        ("late_answer", {n: s for n, s in WELL.items() if n != "dle_eot"}, {"dle_eot": "late"}),
        ("foreign_echo", {"dle_eot": "works"}, {"gs_r": "foreign", "gs_h": "foreign"}),
        ("answer_lost", {"dle_eot": "works"}, {}),
        ("stray_status", WELL, {}),
        ("asb_in_answer", WELL, {}),
        ("paper_low", WELL, {}),
    ],
)
def test_false_answers_make_no_findings(
    world: World, fault: str, states: dict[str, str], notes: dict[str, str]
) -> None:
    world.printer.set_fault(fault, True, world.now)
    found = probed(world)
    probed_states = known(found)
    for name in ("dle_eot", "gs_r", "gs_h", "gs_h_order"):
        assert probed_states.get(name) == states.get(name), name
    for name, note in notes.items():
        assert found.capabilities[name].note == note


@pytest.mark.parametrize("fault", ["paper_out", "cover_open", "offline"])
def test_a_printer_that_cannot_print_says_what_to_mend_and_is_not_probed(world: World, fault: str) -> None:
    world.printer.set_fault(fault, True, world.now)
    world.settle(4)
    asker = wait(world, Asker().of(world))
    assert asker.refusals == [fault]
    world.printer.set_fault(fault, False, world.now)
    world.settle(4)
    assert world.papers == [], "nothing of it comes later"
    assert known(probed(world)) == WELL


@pytest.mark.parametrize("fence", ["gs_r", "gs_h"])
@pytest.mark.parametrize("fault", ["paper_out", "cutter_error"])
def test_a_printer_that_stops_in_its_slip_is_told_and_the_next_slip_is_proven_when_it_goes_on(
    tmp_path: Path, bar_codes: BarCodeBytes, fence: Fence, fault: str
) -> None:
    world = World(tmp_path, bar_codes, fence=fence, baud=19200)
    world.settle(0.5)
    asker = Asker().of(world)
    for _ in world.run(20):
        if world.printer._engine.sheet.inked:
            break
    world.printer.set_fault(fault, True, world.now)
    [found] = wait(world, asker).answers
    assert (found.printed, found.ended) == (False, fault)
    world.print("A1")
    world.settle(5)
    world.printer.set_fault(fault, False, world.now)
    result = world.until_final("A1")
    world.settle(2)
    assert result.state == "PRINTED"
    assert world.copies("A1") == 1
    assert len([paper for paper in world.papers if "A1 " in paper and "PRINTER PROBE" in paper]) == 0


@pytest.mark.parametrize("fence", ["gs_r", "gs_h"])
def test_slips_before_and_after_a_probe_are_proven_and_none_comes_into_it(
    tmp_path: Path, bar_codes: BarCodeBytes, fence: Fence
) -> None:
    world = World(tmp_path, bar_codes, fence=fence, baud=9600)
    world.settle(0.5)
    world.print("B1")
    for _ in world.run(0.1):
        pass
    asker = Asker().of(world)
    world.print("B2")
    began = world.now
    wait(world, asker)
    assert asker.answers[0].printed
    assert world.now - began < 20
    assert [result.state for result in world.results if result.key == "B1"][-1] == "PRINTED"
    assert world.until_final("B2").state == "PRINTED"
    world.settle(1)
    assert ["B1 " in world.papers[0], "PRINTER PROBE" in world.papers[1], "B2 " in world.papers[2]] == [True] * 3
    assert len(world.papers) == 3


@pytest.mark.parametrize("quiet", [True, False])
def test_a_late_answer_of_a_probe_proves_no_slip(world: World, quiet: bool) -> None:
    """From here on the printer answers no fence, but late answers to the probe go on coming. Without the quiet that the
    driver waits for they would prove a slip: the control."""
    world.printer.set_fault("impersonates", True, world.now)  # it knows no marks
    say = world.printer.answer
    asker = Asker().of(world)
    for _ in world.run(20):
        if world.printer._engine.sheet.inked:
            break
    world.printer.answer = lambda data: None if len(data) == 1 and not data[0] & 0x10 else say(data)
    [found] = wait(world, asker).answers
    assert not found.printed
    if not quiet:
        world.device._driver._printer._former = FormerAnswers(expected=False)  # type: ignore[attr-defined]
    world.print("C1")
    for _ in range(200):
        world.settle(0.3)
        say(b"\x00")
        if any(result.state in FINAL_RESULTS for result in world.results):
            break
    assert world.results[-1].state == ("UNKNOWN" if quiet else "PRINTED")


def test_a_bridge_that_dies_in_a_probe_begins_the_next_slip_on_clean_paper(world: World) -> None:
    Asker().of(world)
    for _ in world.run(20):
        if world.printer._engine.sheet.inked:
            break
    world.kill_bridge()
    world.print("D1")
    assert world.until_final("D1").state == "PRINTED"
    world.settle(1)
    assert not any("PRINTER PROBE" in paper and "D1 " in paper for paper in world.papers)


@pytest.mark.parametrize("after", [1, 10, 250, 900, 1500, 2500])
def test_a_cable_that_is_pulled_ends_the_probe_and_nothing_else(world: World, after: int) -> None:
    asker = Asker().of(world)
    world.cable.unplug_after = world.cable.taken + after
    assert wait(world, asker).refusals == ["offline"]
    world.cable.unplug_after = None
    world.cable.plugged = True
    world.print("E1")
    ended = world.until_final("E1").state
    world.settle(1)
    # A picture that was cut off takes the next bytes for its dots, whosever they are: that slip is never proven.
    assert (ended, world.copies("E1")) == ("PRINTED", 1) or (ended == "UNKNOWN" and after > 250)


def test_two_probes_at_once_a_gone_printer_and_settings_that_change(world: World) -> None:
    first, second = Asker().of(world), Asker().of(world)
    world.tick()
    assert second.refusals == ["busy"]
    world.change_settings()
    assert first.refusals == ["restarted"]
    world.cable.plugged = False
    world.settle(0.1)
    assert wait(world, Asker().of(world)).refusals == ["offline"]


def test_a_printer_whose_line_takes_nothing_is_off_line(world: World) -> None:
    world.printer.set_fault("xoff_stuck", True, world.now)
    world.cable.holds = 0
    asker = wait(world, Asker().of(world))
    assert asker.refusals == ["offline"]
    assert world.papers == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_word_is_there_in_both_languages(world: World, language: Any) -> None:
    found = probed(world)
    told = lines(found, language)
    assert len(told) == 2 + len(CAPABILITIES) + 1 + len(LETTERS)
    assert all(told)
    assert tuple(ASKED) == tuple(LETTERS)
    every = [pair for words in (CAPABILITIES, STATES, KNOWN, NOTES, TITLES, ADVICE, ASKED) for pair in words.values()]
    assert all(zh and en and zh != en for zh, en in every)
    assert all(not any("一" <= char <= "鿿" for char in en) for _, en in every)
