"""The whole road as processes: a command on MQTT becomes proven paper, once, whatever stands in the way."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bridge_rig import BridgeProcess, BridgeThread, Gateway, Mosquitto, Printers, a_slip, kitchen
from PIL import Image
from waiting import eventually

from firmware_bridge import cli
from gateway.contract.messages import MAX_PAYLOAD, DeviceDesired, PrintCommand


def test_a_slip_is_printed_and_proven_by_the_answered_fence(kitchen_up: Gateway, printers: Printers) -> None:
    kitchen_up.print("k1")
    result = kitchen_up.result("k1", "PRINTED", attempt=1)
    assert result["evidence"]["fence"] == "gs_r"
    assert result["evidence"]["answer"] == "00"
    assert [each["state"] for each in kitchen_up.results("k1")] == ["SENDING", "PRINTED"]
    paper = eventually("its paper", printers.papers)[0]
    for text in ("A031", "12 桌", "2× 宫保鸡丁", "备注：少油", "过敏：花生"):
        assert text in paper
    assert "REPRINT" not in paper


def test_every_paper_has_bytes_text_and_a_picture_of_its_width(
    kitchen_up: Gateway, printers: Printers
) -> None:
    kitchen_up.print("k1")
    eventually("its paper", printers.papers)
    folder = printers.folder / "paper" / "kitchen"
    assert {file.name for file in folder.iterdir()} == {"0001.bin", "0001.png", "0001.txt"}
    with Image.open(folder / "0001.png") as picture:
        assert picture.width == 576
    assert (folder / "0001.bin").read_bytes().endswith(b"\x1dr\x01\x1dVB\x00")


def test_a_known_key_is_answered_from_memory_and_never_printed_again(
    kitchen_up: Gateway, printers: Printers, bridge_process: BridgeProcess
) -> None:
    kitchen_up.print("k1")
    kitchen_up.result("k1", "PRINTED", attempt=1)
    kitchen_up.print("k1", attempt=2)
    kitchen_up.result("k1", "PRINTED", attempt=2)
    bridge_process.kill()
    bridge_process.start()
    eventually("the bridge is there again", lambda: len(kitchen_up.bridge_states()) > 2)
    eventually(
        "the third question is answered",
        lambda: kitchen_up.print("k1", attempt=3) and kitchen_up.results("k1")[-1]["attempt"] == 3,
        seen=lambda: kitchen_up.results("k1"),
    )
    kitchen_up.print("k2", slip=a_slip(order="A032"))
    kitchen_up.result("k2", "PRINTED")
    eventually("two papers", lambda: len(printers.papers()) == 2, seen=printers.papers)
    assert ["A032" in paper for paper in printers.papers()] == [False, True]


def test_without_paper_no_byte_leaves_and_the_slip_prints_by_itself_after_a_new_roll(
    kitchen_up: Gateway, printers: Printers
) -> None:
    printers.fault("paper_out")
    kitchen_up.device("blocked", "paper_out")
    kitchen_up.print("k1")
    kitchen_up.result("k1", "WAITING", reason="paper_out")
    assert printers.ask(op="stats")["devices"]["kitchen"]["jobs"] == []
    printers.fault("paper_out", on=False)
    kitchen_up.result("k1", "PRINTED")
    eventually("its paper", printers.papers)
    kitchen_up.device("online")


def test_paper_that_ends_in_the_middle_is_waited_for_and_proven_without_sending_again(
    kitchen_up: Gateway, printers: Printers
) -> None:
    # Long enough that the printer still works on it when the paper ends.
    slip = a_slip(lines=[*a_slip().lines] * 25)
    kitchen_up.print("k1", slip=slip)
    kitchen_up.result("k1", "SENDING")
    printers.fault("paper_out")
    held = kitchen_up.result("k1", "WAITING", reason="paper_out")
    assert held["evidence"]["bytes"] > 0
    kitchen_up.withdraw("k1", attempt=2)
    kitchen_up.result("k1", "WAITING", attempt=2)
    printers.fault("paper_out", on=False)
    kitchen_up.result("k1", "PRINTED")
    papers = eventually("its paper", printers.papers)
    assert len(papers) == 1
    assert papers[0].count("宫保鸡丁") == 25


def test_unplugged_before_the_first_byte_it_waits_and_is_sent_whole_after_the_replug(
    kitchen_up: Gateway, printers: Printers
) -> None:
    printers.fault("printer_unplugged")
    kitchen_up.device("offline", "unplugged")
    kitchen_up.print("k1")
    kitchen_up.result("k1", "WAITING", reason="offline")
    printers.fault("printer_unplugged", on=False)
    again = time.monotonic()
    kitchen_up.result("k1", "PRINTED")
    assert time.monotonic() - again < 5
    kitchen_up.device("online")


def test_unplugged_in_the_middle_is_unknown_and_the_next_slip_has_a_paper_of_its_own(
    kitchen_up: Gateway, printers: Printers
) -> None:
    printers.fault("printer_mute")  # so that it is surely under way when the cable goes
    kitchen_up.print("k1", slip=a_slip(order="A055", lines=[*a_slip().lines] * 2))
    kitchen_up.result("k1", "SENDING")
    printers.fault("printer_unplugged")
    result = kitchen_up.result("k1", "UNKNOWN", reason="unplugged")
    assert result["evidence"]["bytes"] > 0
    printers.fault("printer_mute", on=False)
    printers.fault("printer_unplugged", on=False)
    kitchen_up.print("k2", copy=2)
    kitchen_up.result("k2", "PRINTED")
    eventually("the copy", lambda: [p for p in printers.papers()[-1:] if "REPRINT 1" in p], seen=printers.papers)
    assert "A055" not in printers.papers()[-1]


def test_a_printer_that_falls_silent_in_the_middle_is_unknown_never_printed(
    kitchen_up: Gateway, printers: Printers
) -> None:
    kitchen_up.print("k1", slip=a_slip(lines=[*a_slip().lines] * 3))
    kitchen_up.result("k1", "SENDING")
    printers.fault("printer_mute")
    kitchen_up.result("k1", "UNKNOWN", reason="no_answer")
    kitchen_up.device("unknown", "no_answer")
    assert "PRINTED" not in [each["state"] for each in kitchen_up.results("k1")]


def test_a_killed_bridge_says_unknown_after_its_restart_and_does_not_print_twice(
    kitchen_up: Gateway, printers: Printers, bridge_process: BridgeProcess
) -> None:
    printers.fault("printer_mute")  # so that it is surely under way when the bridge dies
    kitchen_up.print("k1")
    kitchen_up.result("k1", "SENDING")
    bridge_process.kill()
    printers.fault("printer_mute", on=False)
    bridge_process.start()
    eventually("the bridge is there again", lambda: len(kitchen_up.bridge_states()) > 2)
    eventually(
        "it does not know",
        lambda: kitchen_up.print("k1", attempt=2) and kitchen_up.results("k1")[-1]["state"] == "UNKNOWN",
        seen=lambda: kitchen_up.results("k1"),
    )
    assert kitchen_up.results("k1")[-1]["reason"] == "restarted"
    kitchen_up.print("k2", slip=a_slip(order="A032"))
    kitchen_up.result("k2", "PRINTED")
    eventually("the next paper", lambda: [p for p in printers.papers() if "A032" in p], seen=printers.papers)
    assert sum("A031-0041" in paper and "A032" not in paper for paper in printers.papers()) <= 1


def test_a_withdrawn_job_never_prints_and_says_so_for_ever(kitchen_up: Gateway, printers: Printers) -> None:
    printers.fault("cover_open")
    kitchen_up.device("blocked", "cover_open")
    kitchen_up.print("k1")
    kitchen_up.result("k1", "WAITING", reason="cover_open")
    kitchen_up.withdraw("k1")
    kitchen_up.withdraw("never-seen")
    kitchen_up.result("k1", "WITHDRAWN")
    kitchen_up.result("never-seen", "WITHDRAWN")
    printers.fault("cover_open", on=False)
    kitchen_up.print("never-seen", attempt=2)
    kitchen_up.result("never-seen", "WITHDRAWN", attempt=2)
    kitchen_up.print("k2", slip=a_slip(order="A032"))
    kitchen_up.result("k2", "PRINTED")
    kitchen_up.withdraw("k2", attempt=2)
    kitchen_up.result("k2", "PRINTED", attempt=2)
    eventually("its paper", printers.papers)
    assert ["A032" in paper for paper in printers.papers()] == [True]


def test_the_broker_may_go_and_come_back(
    kitchen_up: Gateway, printers: Printers, mosquitto: Mosquitto
) -> None:
    mosquitto.stop()
    mosquitto.start()
    kitchen_up.messages.clear()
    kitchen_up.device("online")
    assert kitchen_up.bridge_states()[-1]["online"] is True
    kitchen_up.print("k1")
    kitchen_up.result("k1", "PRINTED")


def test_the_configuration_is_applied_live_and_a_bad_device_costs_only_itself(
    kitchen_up: Gateway, printers: Printers
) -> None:
    bad = DeviceDesired("bar", "escpos_printer", "/dev/none", columns=3)
    kitchen_up.desire(kitchen(printers, columns=32), bad, revision=2)
    eventually("it is applied", lambda: kitchen_up.bridge_states()[-1]["revision"] == 2)
    assert "columns" in kitchen_up.bridge_states()[-1]["errors"]["bar"]
    kitchen_up.print("k1")
    kitchen_up.result("k1", "PRINTED")
    assert "-" * 32 in eventually("its paper", printers.papers)[0].splitlines()
    raw = b'{"revision": 3, "devices": [{"name": "x", "driver": "from_the_future", "port": "p"}]}'
    kitchen_up.publish(kitchen_up.topics.bridge_desired("b1"), raw, retain=True)
    eventually("its error is told", lambda: "x" in kitchen_up.bridge_states()[-1].get("errors", {}))
    eventually("a state is taken back", lambda: [each for each in kitchen_up.messages if not each[2]])


def test_the_bridge_starts_alone_with_its_last_configuration(
    kitchen_up: Gateway, bridge_process: BridgeProcess
) -> None:
    kitchen_up.publish(kitchen_up.topics.bridge_desired("b1"), b"", retain=True)
    bridge_process.kill()
    kitchen_up.messages.clear()
    bridge_process.start()
    kitchen_up.device("online")


def test_sigterm_ends_the_bridge_within_two_seconds_and_lets_the_slip_end(
    kitchen_up: Gateway, printers: Printers, bridge_process: BridgeProcess
) -> None:
    kitchen_up.print("k1")
    kitchen_up.result("k1", "SENDING")
    began = time.monotonic()
    assert bridge_process.process.kill(signal.SIGTERM) == 0
    assert time.monotonic() - began < 2
    kitchen_up.result("k1", "PRINTED")
    eventually("it is said to be gone", lambda: kitchen_up.bridge_states()[-1]["online"] is False)


def test_a_killed_bridge_is_announced_by_its_last_will(
    kitchen_up: Gateway, bridge_process: BridgeProcess
) -> None:
    bridge_process.kill()
    eventually("it is said to be gone", lambda: kitchen_up.bridge_states()[-1]["online"] is False)


def test_a_tcp_printer_prints_too(gateway: Gateway, bridge: BridgeThread, tmp_path: Path) -> None:
    made = Printers(tmp_path / "tcp", '[[printer]]\nname = "kitchen"\nkind = "tcp"\nbaud = 115200\n')
    try:
        made.ready()
        address = Path(made.port()).read_text().strip()
        gateway.desire(kitchen(made, port=f"socket://{address}"))
        gateway.device("online")
        gateway.print("k1")
        gateway.result("k1", "PRINTED")
        eventually("its paper", made.papers)
    finally:
        made.stop()


def test_a_printer_without_fence_is_honest_about_it(
    gateway: Gateway, bridge: BridgeThread, printers: Printers
) -> None:
    printers.fault("printer_mute")
    gateway.desire(kitchen(printers, fence="none"))
    gateway.device("unknown", "no_answer")
    gateway.print("k1")
    gateway.result("k1", "UNCONFIRMED")
    eventually("its paper", printers.papers)


def test_garbage_on_the_wire_is_survived(kitchen_up: Gateway) -> None:
    for garbage in (b"{", b"[]", b'{"op": "print"}', b"\xff\xfe", b"x" * 66_000):
        kitchen_up.publish(kitchen_up.topics.printer_jobs("kitchen"), garbage)
        kitchen_up.publish(kitchen_up.topics.bridge_desired("b1"), garbage)
    kitchen_up.print("k1")
    kitchen_up.result("k1", "PRINTED")


@pytest.mark.parametrize("wrong", [{"note": "x" * 66_000}, {"lines": "none"}], ids=["too large", "unreadable"])
def test_a_job_whose_slip_cannot_be_taken_gets_an_end_that_a_person_is_asked_about(
    kitchen_up: Gateway, printers: Printers, wrong: dict[str, Any]
) -> None:
    """Dropped without a word, it would be asked for every 5 s, and no other paper of the printer would come."""
    kitchen_up.print("k1")
    kitchen_up.result("k1", "PRINTED", attempt=1)
    for key, attempt in (("k2", 1), ("k1", 2), ("k" * 1000, 1)):
        job = msgspec.to_builtins(PrintCommand("print", key, attempt, a_slip()))
        job["slip"] |= wrong
        kitchen_up.publish(kitchen_up.topics.printer_jobs("kitchen"), msgspec.json.encode(job))
    refused = kitchen_up.result("k2", "UNKNOWN", reason="no_slip", attempt=1)
    assert refused["evidence"] == {"bytes": 0}
    kitchen_up.result("k1", "PRINTED", attempt=2)
    kitchen_up.print("k3", slip=a_slip(order="A032"))
    kitchen_up.result("k3", "PRINTED")
    assert kitchen_up.results("k" * 1000) == []
    eventually("two papers", lambda: len(printers.papers()) == 2, seen=printers.papers)


def test_what_the_broker_would_hang_up_on_is_not_said_to_it(kitchen_up: Gateway) -> None:
    """A thousand devices that cannot be built: the errors are longer than their configuration."""
    bad = [{"name": f"{n}", "driver": "x", "port": "p"} for n in range(1590)]
    document = msgspec.json.encode({"revision": 2, "devices": [{"name": "kitchen", "driver": "x", "port": "p"}, *bad]})
    assert len(document) < MAX_PAYLOAD
    kitchen_up.publish(kitchen_up.topics.bridge_desired("b1"), document, retain=True)
    cleared = (kitchen_up.topics.device_state("kitchen"), b"")
    eventually("the kitchen's state is taken back", lambda: cleared in [each[1:] for each in kitchen_up.messages])
    kitchen_up.publish(kitchen_up.topics.bridge_desired("b1"), b'{"revision": 3}', retain=True)
    eventually("the next is applied", lambda: kitchen_up.bridge_states()[-1]["revision"] == 3)
    assert all(state["online"] for state in kitchen_up.bridge_states())


def test_the_command_says_in_words_what_is_wrong_with_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bridge.toml"
    file.write_text('nam = "b1"\nstore = "a/b"\n[broker]\nport = "x"\npassword_file = "gone"\n')
    assert cli.main(["run", "--config", str(file)]) == 2
    said = capsys.readouterr().err
    for part in ("did you mean name?", "name is missing", "data is missing", "broker.port", "gone", "'a/b'"):
        assert part in said
