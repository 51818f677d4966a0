"""What a box sent, made safe: the body of `POST /v1/events` becomes a `Batch`, or a reason in words.

Pure: no files, no sockets, no clock. Two kinds of trouble are kept apart. `NotABatch` is about the request
and is answered with 4xx: the sender cuts the batch in two until one event alone is refused. A poison event
has a good envelope and data that cannot be applied: it keeps its slot and blocks nobody.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from gateway.contract.events import MEDIA_TYPE, CloudEvent

MAX_BODY_BYTES = 4 * 1024 * 1024
"""After decompression. 32 times the largest batch of a box: room for one huge order, none for a bomb."""

MAX_EVENTS = 1000
"""Ten times what a box sends; bounds how long one batch may hold the writer (1000 events: about 60 ms)."""

MAX_NUMBER = 2**53
"""Whole numbers above it are not the same in every JSON reader, and far above it SQLite refuses them."""

ORDER_PREFIX = "tablepass.order."

_SOURCE = re.compile(r"/stores/([A-Za-z0-9_.-]{1,64})/boxes/([A-Za-z0-9_.-]{1,64})")
_EPOCH = re.compile(r"([0-9]{1,9})-[0-9A-Za-z]{1,16}")

_Code = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
_Whole = Annotated[int, msgspec.Meta(ge=-MAX_NUMBER, le=MAX_NUMBER)]


class NotABatch(Exception):  # noqa: N818 - it names what came in
    """The request as a whole is refused: HTTP `status`, a stable `code`, a `detail` for people."""

    def __init__(self, status: int, code: str, detail: str):
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


class OrderNow(msgspec.Struct):
    """The part of an order that the projection lists. Everything else stays in the stored event."""

    id: _Code
    number: _Code
    status: _Code
    type: _Code
    total: _Whole
    currency: _Code
    lines: list[dict[str, Any]]
    placed_at: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class _OrderData(msgspec.Struct):
    order: OrderNow


@dataclass(frozen=True, slots=True)
class Stream:
    """Who counts: one epoch of one box. `count` orders the epochs; the rest of it tells clones apart."""

    source: str
    epoch: str
    store: str
    box: str
    count: int

    @classmethod
    def named(cls, source: str, epoch: str) -> Stream:
        """Raises NotABatch when either name is not of the contract's form."""
        box = _SOURCE.fullmatch(source)
        if box is None:
            raise NotABatch(400, "bad_source", "the source must be /stores/{store}/boxes/{box}")
        count = _EPOCH.fullmatch(epoch)
        if count is None:
            raise NotABatch(400, "bad_epoch", "the epoch must be {count}-{random}")
        return cls(source, epoch, box[1], box[2], int(count[1]))


@dataclass(frozen=True, slots=True)
class Arrival:
    """One event as it came. `sha` is over `body`, the bytes exactly as sent. `order` is what to project;
    `poison` is why it cannot be."""

    seq: int
    ver: int
    id: str
    type: str
    sha: bytes
    body: bytes
    order: OrderNow | None
    poison: str | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of one stream. Without events it is a hello."""

    stream: Stream
    arrivals: list[Arrival]


_slots = msgspec.json.Decoder(list[msgspec.Raw])
_event = msgspec.json.Decoder(CloudEvent)


def unpack(body: bytes, encoding: str) -> bytes:
    """The plain body. Stops at MAX_BODY_BYTES, so that a bomb costs 4 MiB and no more."""
    if encoding in ("", "identity"):
        plain = body
    elif encoding == "gzip":
        gzip = zlib.decompressobj(wbits=31)  # 31: a gzip header and its checksum, nothing else
        try:
            plain = gzip.decompress(body, MAX_BODY_BYTES + 1)
        except zlib.error as problem:
            raise NotABatch(400, "bad_gzip", f"the body is not gzip: {problem}") from problem
        if len(plain) <= MAX_BODY_BYTES and (not gzip.eof or gzip.unused_data):
            raise NotABatch(400, "bad_gzip", "the body is not one whole gzip stream")
    else:
        raise NotABatch(415, "unknown_encoding", "Content-Encoding may be gzip or identity")
    if len(plain) > MAX_BODY_BYTES:
        raise NotABatch(413, "too_large", f"the batch is larger than {MAX_BODY_BYTES} bytes")
    return plain


def read_batch(
    body: bytes, *, media_type: str, encoding: str = "", source: str | None = None, epoch: str | None = None
) -> Batch:
    """Decode and check a request. `source` and `epoch` are the sender's headers; a batch with events may
    leave them out, a hello may not. Raises NotABatch."""
    if media_type != MEDIA_TYPE:
        raise NotABatch(415, "unknown_media_type", f"Content-Type must be {MEDIA_TYPE}")
    plain = unpack(body, encoding)
    try:
        slots = _slots.decode(plain)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise NotABatch(400, "not_a_batch", f"the body is not a JSON array: {problem}") from problem
    if len(slots) > MAX_EVENTS:
        raise NotABatch(413, "too_many_events", f"a batch has at most {MAX_EVENTS} events")
    events = [(raw, _envelope(n, raw)) for n, raw in enumerate(map(bytes, slots))]
    if events:
        source, epoch = source or events[0][1].source, epoch or events[0][1].epoch
    if not source or not epoch:
        raise NotABatch(400, "no_source", "a hello needs the headers Tablepass-Source and Tablepass-Epoch")
    stream = Stream.named(source, epoch)
    return Batch(stream, [_arrival(n, raw, event, stream) for n, (raw, event) in enumerate(events)])


def _envelope(position: int, raw: bytes) -> CloudEvent:
    try:
        return _event.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise NotABatch(400, "bad_envelope", f"event at position {position}: {problem}") from problem


def _arrival(position: int, raw: bytes, event: CloudEvent, stream: Stream) -> Arrival:
    here = (event.source, event.epoch, event.storeid, event.boxid)
    if here != (stream.source, stream.epoch, stream.store, stream.box):
        raise NotABatch(400, "mixed_batch", f"event at position {position} belongs to another box or epoch")
    if event.seq > MAX_NUMBER or not 0 <= event.ver <= MAX_NUMBER:
        raise NotABatch(400, "bad_envelope", f"event at position {position}: a number is out of range")
    if not 1 <= len(event.id) <= 128 or not 1 <= len(event.type) <= 256:
        raise NotABatch(400, "bad_envelope", f"event at position {position}: id or type is empty or too long")
    order, poison = None, None
    if event.type.startswith(ORDER_PREFIX):
        try:
            order = msgspec.convert(event.data, _OrderData).order
        except msgspec.ValidationError as problem:
            poison = f"bad_order: {problem}"[:200]  # it is told to the box and shown to people: one line
    return Arrival(event.seq, event.ver, event.id, event.type, hashlib.sha256(raw).digest(), raw, order, poison)
