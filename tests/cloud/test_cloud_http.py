"""The receiver's doors: what a stranger, a broken box or a bomb is told, and that nothing of it is stored."""

from __future__ import annotations

import gzip
import os
import socket
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cloud_worlds import (
    BOX_TOKEN,
    EPOCH,
    READ_TOKEN,
    SOURCE,
    bearer,
    body_of,
    call,
    listed,
    order_event,
    running_cloud,
    stats,
)

from gateway.cloud.access import Access, kept_token
from gateway.cloud.app import make_app
from gateway.cloud.batch import MAX_BODY_BYTES, MAX_EVENTS
from gateway.cloud.store import SqliteStore
from gateway.contract.events import MEDIA_TYPE

OURS = bearer(BOX_TOKEN) | {"Content-Type": MEDIA_TYPE}
HELLO = {"Tablepass-Source": SOURCE, "Tablepass-Epoch": EPOCH}


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[int]:
    with running_cloud(tmp_path) as server:
        yield server.port


def post(port: int, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    status, got, text = call(port, "POST", "/v1/events", body, OURS | more)
    kind = "application/json" if status == 200 else "application/problem+json"
    assert got["content-type"] == kind
    return status, msgspec.json.decode(text)


def refused(port: int, body: bytes, **headers: str) -> tuple[int, str]:
    status, problem = post(port, body, **headers)
    assert problem["status"] == status
    assert "Traceback" not in problem["detail"]
    assert stats(port)["events"] == 0
    return status, problem["code"]


def test_a_batch_is_answered_with_all_four_fields(cloud: int) -> None:
    status, answer = post(cloud, body_of(order_event(1), order_event(3)))
    assert status == 200
    assert answer == {"epoch": EPOCH, "applied_upto": 1, "missing": [2], "poison": []}


def test_gzip_is_understood(cloud: int) -> None:
    status, answer = post(cloud, gzip.compress(body_of(order_event(1))), Content_Encoding="gzip")
    assert (status, answer["applied_upto"]) == (200, 1)


def test_an_empty_batch_is_a_hello(cloud: int) -> None:
    assert post(cloud, b"[]", **HELLO) == (200, {"epoch": EPOCH, "applied_upto": 0, "missing": [], "poison": []})
    post(cloud, body_of(order_event(1)))
    assert post(cloud, b"[]", **HELLO)[1]["applied_upto"] == 1
    assert post(cloud, b"[]", **HELLO | {"Tablepass-Epoch": "2-other"})[1]["applied_upto"] == 0
    assert post(cloud, b"[]")[1]["code"] == "no_source"


def changed(**change: Any) -> bytes:
    return body_of(order_event(1) | change)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "not_a_batch"),
        (b"{}", 400, "not_a_batch"),
        (b"[1,", 400, "not_a_batch"),
        (b'["\xff"]', 400, "bad_envelope"),
        (b"[" * 100_000, 400, "not_a_batch"),
        (b"[[" * 5 + b"]]" * 5, 400, "bad_envelope"),
        (b"[7]", 400, "bad_envelope"),
        (b"[{}]", 400, "bad_envelope"),
        (changed(seq=0), 400, "bad_envelope"),
        (changed(seq="1"), 400, "bad_envelope"),
        (changed(seq=2**63), 400, "bad_envelope"),
        (changed(ver=2**64), 400, "bad_envelope"),
        (changed(ver=-1), 400, "bad_envelope"),
        (changed(data=[]), 400, "bad_envelope"),
        (changed(id=""), 400, "bad_envelope"),
        (changed(id="x" * 129), 400, "bad_envelope"),
        (changed(source="/elsewhere"), 400, "bad_source"),
        (changed(epoch="first"), 400, "bad_epoch"),
        (changed(boxid="box2"), 400, "mixed_batch"),
        (changed(storeid="other"), 400, "mixed_batch"),
        (body_of(order_event(1), order_event(2, epoch="2-other")), 400, "mixed_batch"),
        (b"[" + b",".join([b"{}"] * (MAX_EVENTS + 1)) + b"]", 413, "too_many_events"),
        (b" " * (MAX_BODY_BYTES + 1), 413, "too_large"),
    ],
)
def test_what_is_not_a_batch_is_a_problem_with_a_code(cloud: int, body: bytes, status: int, code: str) -> None:
    assert refused(cloud, body) == (status, code)


def test_headers_must_agree_with_the_events(cloud: int) -> None:
    assert refused(cloud, changed(), Tablepass_Epoch="7-other") == (400, "mixed_batch")
    assert refused(cloud, changed(), Tablepass_Source="/stores/demo/boxes/box2") == (400, "mixed_batch")
    assert refused(cloud, changed(), Tablepass_Source="nonsense") == (400, "bad_source")


def test_other_media_types_and_encodings_are_refused(cloud: int) -> None:
    assert refused(cloud, changed(), Content_Type="application/json") == (415, "unknown_media_type")
    assert refused(cloud, changed(), Content_Encoding="br") == (415, "unknown_encoding")


@pytest.mark.parametrize(
    "body",
    [b"not gzip", gzip.compress(changed())[:-3], gzip.compress(changed()) + b"more", gzip.compress(changed()) * 2, b""],
)
def test_broken_gzip_is_refused(cloud: int, body: bytes) -> None:
    assert refused(cloud, body, Content_Encoding="gzip") == (400, "bad_gzip")


def test_a_bomb_costs_neither_memory_nor_time(cloud: int) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join([packer.compress(bytes(1 << 20)) for _ in range(256)]) + packer.flush()
    assert len(bomb) < 300_000  # 256 MiB of zeros
    before, began = resident_kib(), time.monotonic()
    assert refused(cloud, bomb, Content_Encoding="gzip") == (413, "too_large")
    assert time.monotonic() - began < 1
    assert resident_kib() - before < 40_000


def resident_kib() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def test_without_the_right_token_nothing_is_taken_or_told(cloud: int) -> None:
    for authorization in ("", "Bearer", "Bearer wrong", "Basic " + BOX_TOKEN, BOX_TOKEN, "Bearer 密"):
        wrong = OURS | {"Authorization": authorization.encode().decode("latin-1")}
        for method, path in (
            ("POST", "/v1/events"),
            ("GET", "/v1/stores/demo/orders"),
            ("GET", "/v1/stores/demo/stats"),
        ):
            status, headers, text = call(cloud, method, path, changed() if method == "POST" else None, wrong)
            assert (status, msgspec.json.decode(text)["code"]) == (401, "unauthorized")
            assert headers["www-authenticate"] == "Bearer"
    assert call(cloud, "POST", "/v1/events", changed(), OURS | bearer(READ_TOKEN))[0] == 403
    assert stats(cloud)["events"] == 0
    assert call(cloud, "GET", "/v1/stores/demo/stats", headers=bearer(BOX_TOKEN))[0] == 200


def test_a_token_that_belongs_to_a_box_writes_for_that_box_only(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "c")
    text = f"{SOURCE} one\n/stores/demo/boxes/box2 two\n"
    client = make_app(store, Access.of(text, "reader")).test_client()
    for token, status in (("two", 403), ("one", 200)):
        assert client.post("/v1/events", data=changed(), headers=OURS | bearer(token)).status_code == status
    store.close()


def test_orders_are_listed_and_paged_over_http(cloud: int) -> None:
    post(cloud, body_of(*[order_event(seq) for seq in range(1, 6)]))
    assert listed(cloud)[0] == {
        "id": "o1",
        "number": "A001",
        "status": "PLACED",
        "type": "dine_in",
        "total": 1201,
        "currency": "CNY",
        "placed_at": "2026-11-22T12:00:00Z",
        "lines": [{"item": "mapo", "quantity": 1, "名": "麻婆豆腐", "ver": 1}],
    }
    assert [o["id"] for o in listed(cloud, "?after=o2&limit=2")] == ["o3", "o4"]
    assert len(listed(cloud, "?limit=999999999")) == 5
    for query, status in (("?limit=0", 400), ("?limit=x", 400), ("?limit=-1", 400), ("?after=nobody", 404)):
        got = call(cloud, "GET", "/v1/stores/demo/orders" + query, headers=bearer(READ_TOKEN))
        assert (got[0], got[1]["content-type"]) == (status, "application/problem+json")


def test_stats_have_exactly_the_contracts_fields(cloud: int) -> None:
    empty = {"events": 0, "orders": 0, "duplicates": 0, "conflicts": 0, "poison": 0, "applied_upto": {}}
    assert stats(cloud) == empty
    post(cloud, body_of(order_event(1), order_event(2)))
    assert stats(cloud) == empty | {"events": 2, "orders": 2, "applied_upto": {f"box1/{EPOCH}": 2}}


def test_other_paths_and_methods_are_problems_too(cloud: int) -> None:
    assert call(cloud, "GET", "/healthz")[0] == 200
    for method, path, status in (("GET", "/nothing", 404), ("GET", "/v1/events", 405)):
        got, headers, _ = call(cloud, method, path, headers=OURS)
        assert (got, headers["content-type"]) == (status, "application/problem+json")


def test_a_store_that_cannot_write_is_503_and_nothing_is_acknowledged(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "c")
    client = make_app(store, Access.of(BOX_TOKEN, READ_TOKEN)).test_client()
    store._db.execute("PRAGMA query_only=ON")
    answer = client.post("/v1/events", data=changed(), headers=OURS)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json is not None
    assert answer.json["code"] == "unavailable"
    store._db.execute("PRAGMA query_only=OFF")
    assert client.post("/v1/events", data=changed(), headers=OURS).status_code == 200
    store.close()


def test_sixty_four_uploads_that_stall_keep_nobody_out(cloud: int) -> None:
    stalled = []
    for _ in range(64):
        line = socket.create_connection(("127.0.0.1", cloud))
        line.sendall(b"POST /v1/events HTTP/1.1\r\nHost: c\r\nContent-Length: 1000\r\n\r\n[")
        stalled.append(line)
    began = time.monotonic()
    assert post(cloud, changed())[0] == 200
    assert time.monotonic() - began < 2
    for line in stalled:
        line.close()


def test_a_token_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    token = kept_token(tmp_path / "t").strip()
    assert len(token) >= 40
    assert kept_token(tmp_path / "t").strip() == token
    assert (tmp_path / "t").stat().st_mode & 0o777 == 0o600
    assert token not in repr(Access.of(token, token))
    for box, reader in (("", "r"), ("b", " \n"), ("a b c", "r"), ("not-a-source token", "r")):
        with pytest.raises(ValueError, match="token"):
            Access.of(box, reader)


def test_it_stops_while_the_last_request_still_rings_its_bell(tmp_path: Path) -> None:
    """A request thread rings the loop's pipe when it has ended. The loop may so wake before `stop` itself has rung,
    and must not close the pipe under that write: its number could be another file's by then."""
    with running_cloud(tmp_path) as server:
        bell = server._http.trigger
        ring = bell._physical_pull

        def as_a_request_ends() -> None:
            ring()
            server._loop.join(0.3)  # all that the loop needs to close everything, if it does not wait for us
            ring()

        bell._physical_pull = as_a_request_ends
    assert not server._loop.is_alive()
    assert bell._closed
