"""CPU of a text slip from its document to bytes, as the bridge does it before the first byte leaves."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import msgspec

from benchmarks.figures import Figure, main, median
from firmware_bridge.escpos import encode, load_bar_codes
from firmware_bridge.layout import layout
from gateway.contract.slips import Slip, SlipElsewhere, SlipLine, SlipOption

LIMIT_US = 100.0
"""0.1 ms: a slip a second on each of twenty printers is then 0.2 % of a core."""

DISHES = ("宫保鸡丁", "麻婆豆腐", "水煮鱼片", "回锅肉", "蒜蓉西兰花", "酸辣汤", "扬州炒饭", "清蒸鲈鱼")
NOTES = ("少油", "不要香菜", "多放醋", "快一点", "分两盘装")


def slip(number: int) -> Slip:
    """Dishes repeat as those of a menu do; numbers, table, time, code and note are new on every slip."""
    first, second = DISHES[number % 8], DISHES[(number // 8 + 3) % 8]
    return Slip(
        language="zh-Hans", station="炒锅", number=f"{number:04d}", order=f"A{number:03d}", place=f"{number % 40} 桌",
        time=f"{number // 60 % 24:02d}:{number % 60:02d}", previous=f"{number - 1:04d}", covers=4, by="王敏",
        lines=[
            SlipLine(2, first, [SlipOption("微辣"), SlipOption("不放花生", True)], NOTES[number % 5]),
            SlipLine(1, second),
        ],
        allergies=["花生"], note=f"{NOTES[number % 5]} {number}", elsewhere=[SlipElsewhere("凉菜", 1)],
        code=f"A{number:03d}-{number:04d}",
    )  # fmt: skip


def measure(quick: bool) -> Iterator[Figure]:
    bar_codes = load_bar_codes()
    slips = [slip(number) for number in range(1, 500 if quick else 3000)]
    times, sizes = [], []
    for document in slips:
        began = time.process_time()
        body = encode(layout(document, 48, "gbk"), 48, "gbk", bar_codes, room=3840)
        times.append((time.process_time() - began) * 1e6)
        sizes.append(len(body.data))
    value, bound = median(times), LIMIT_US
    yield Figure(
        f"CPU of a text slip, layout and encoding ({median(sizes):.0f} bytes, {len(slips)} slips)", value, "us",
        f"{bound:.0f} us allowed", value / bound, f"<= {bound:.0f} us", value <= bound,
    )  # fmt: skip
    # The same JSON decoding that precedes it, for the scale.
    raw = [msgspec.json.encode(document) for document in slips]
    began = time.process_time()
    for document_bytes in raw:
        msgspec.json.decode(document_bytes, type=Slip)
    yield Figure("CPU of decoding that slip's JSON", (time.process_time() - began) / len(raw) * 1e6, "us")


if __name__ == "__main__":
    sys.exit(main(__doc__ or "", measure))
