"""docs/asyncapi.yaml, docs/mqtt.md and the types say the same."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import broker_document
import jsonschema
import msgspec
import pytest
import yaml

from gateway.contract import messages
from gateway.contract.events import BatchAnswer, CloudEvent
from gateway.contract.messages import BridgeDesired, DeviceDesired, DeviceState, PrintCommand, PrintResult, TicketDo
from gateway.contract.slips import Slip, SlipElsewhere, SlipLine, SlipOption
from gateway.contract.topics import Topics

DOCS = Path(__file__).resolve().parents[2] / "docs"


def written() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DOCS / "asyncapi.yaml").read_text(encoding="utf-8"))
    return found


def test_the_asyncapi_document_is_what_the_types_say() -> None:
    again = "python tests/contract/broker_document.py > docs/asyncapi.yaml"
    assert (DOCS / "asyncapi.yaml").read_text(encoding="utf-8") == broker_document.text(), f"write it anew: {again}"


def topic_methods() -> list[str]:
    return [
        name
        for name, member in inspect.getmembers(Topics, inspect.isfunction)
        if not name.startswith("_") and name != "levels"
    ]


def test_every_topic_that_the_code_builds_is_a_channel_and_every_channel_is_built() -> None:
    assert set(written()["channels"]) == set(topic_methods())
    addresses = [channel["address"] for channel in written()["channels"].values()]
    assert len(set(addresses)) == len(addresses)
    assert all(address.startswith("tablepass/{store}/") for address in addresses)


def test_every_parameter_of_an_address_is_described() -> None:
    for channel in written()["channels"].values():
        assert set(re.findall(r"\{(\w+)\}", channel["address"])) == set(channel["parameters"])


def test_every_message_type_is_some_channels_payload() -> None:
    text = (DOCS / "asyncapi.yaml").read_text(encoding="utf-8")
    for name, kind in inspect.getmembers(messages, inspect.isclass):
        if issubclass(kind, msgspec.Struct) and kind.__module__ == messages.__name__:
            assert f"    {name}:" in text, name


def test_prose_and_document_name_the_same_topics() -> None:
    prose = (DOCS / "mqtt.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `([^`]+)`", prose, re.MULTILINE))
    expected = {
        c["address"].removeprefix("tablepass/{store}/").replace("{ticket_id}", "{ticket}")
        for c in written()["channels"].values()
    }
    assert named == expected


SLIP = Slip(
    "zh-Hans", "炒锅", "0041", "A023", "12 桌", "11:30", [SlipLine(2, "宫保", [SlipOption("不放花生", True)], "少油")],
    previous="0040", covers=4, by="li", allergies=["花生"], note="快",
    elsewhere=[SlipElsewhere("吧台", 2)], code="A023-0041",
)  # fmt: skip


@pytest.mark.parametrize(
    "message",
    [
        PrintCommand("print", "k", 2, SLIP, 2),
        PrintCommand("withdraw", "k", 3),
        PrintResult("k", 2, "PRINTED", evidence={"fence": "gs_r"}),
        DeviceState("blocked", "bridge-1", reasons=["paper_out"]),
        BridgeDesired(3, [DeviceDesired("kitchen", "escpos_printer", "socket://10.0.0.9:9100")]),
        TicketDo("bump", "wok-1", "k", 4),
    ],
)
def test_what_is_sent_fits_the_schema_and_comes_back_as_it_was(message: Any) -> None:
    raw = msgspec.json.encode(message)
    assert msgspec.json.decode(raw, type=type(message)) == message
    schema = {"$ref": f"#/components/schemas/{type(message).__name__}", "components": written()["components"]}
    jsonschema.validate(msgspec.json.decode(raw), schema)
    newer = msgspec.json.decode(raw) | {"from_a_newer_peer": 1}
    assert msgspec.convert(newer, type(message)) == message


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (PrintResult, {"key": "k", "attempt": 1, "state": "LOST"}),
        (PrintCommand, {"op": "eat", "key": "k", "attempt": 1}),
        (DeviceState, {"status": "fine", "bridge": "b"}),
        (TicketDo, {"action": "bump", "screen": "s", "key": "k", "version": "4"}),
        (CloudEvent, {"id": "1"}),
        (BatchAnswer, {"epoch": "1-a", "applied_upto": 4, "missing": []}),
    ],
)
def test_what_does_not_fit_is_not_decoded(kind: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, kind)


def test_events_count_from_one() -> None:
    event = {
        "id": "1", "source": "s", "type": "t", "subject": "order/1", "time": "t", "storeid": "s", "boxid": "b",
        "epoch": "e", "seq": 1, "ver": 1, "clockq": "ntp", "bizday": "d", "data": {},
    }  # fmt: skip
    assert msgspec.convert(event, CloudEvent).seq == 1
    with pytest.raises(msgspec.ValidationError, match="seq counts from 1"):
        msgspec.convert(event | {"seq": 0}, CloudEvent)


def test_a_topic_is_taken_apart_only_by_its_own_store() -> None:
    topics = Topics("demo")
    assert topics.levels(topics.ticket_do("wok", "t1")) == ["stations", "wok", "tickets", "t1", "do"]
    assert topics.levels("tablepass/other/orders") == []
    assert topics.ticket("+", "+") == "tablepass/demo/stations/+/tickets/+"


def test_the_glossary_has_the_words_of_the_contract() -> None:
    glossary = (DOCS / "glossary.md").read_text(encoding="utf-8").lower()
    words = """visit, covers, check, ticket, slip, bump, recall, reprint, fence, journal, cursor, dead letter, uplink,
        intake, operation, part, business day, sold out, bridge, job"""
    for word in re.split(r",\s+", words):
        assert f"**{word}**" in glossary, word
