"""What goes out to the broker is bounded too."""

from __future__ import annotations

import logging

import pytest

from gateway.contract.messages import MAX_PAYLOAD
from gateway.contract.wire import MAX_NAMED, SizeLimit

LARGE = bytes(MAX_PAYLOAD + 1)


def test_what_is_too_large_is_held_back_and_each_topic_is_named_once_until_there_are_too_many(
    caplog: pytest.LogCaptureFixture,
) -> None:
    limit = SizeLimit(logging.getLogger("the.sender"))
    assert limit.allows("t/0", LARGE[1:])
    assert caplog.records == []
    topics = [f"t/{n}" for n in range(MAX_NAMED)]
    assert not any(limit.allows(topic, LARGE) for topic in topics + topics)
    assert [(r.name, r.getMessage()) for r in caplog.records] == [
        ("the.sender", f"{topic}: {MAX_PAYLOAD + 1} bytes are not sent, at most {MAX_PAYLOAD}") for topic in topics
    ]
    caplog.clear()
    assert not any(limit.allows(topic, LARGE) for topic in ("one more", "t/0", "t/0"))
    assert [r.getMessage().split(":")[0] for r in caplog.records] == ["one more", "t/0"]
