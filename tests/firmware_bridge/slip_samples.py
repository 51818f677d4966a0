"""One slip of every kind in both languages, as a lunch in a real house would make it."""

from __future__ import annotations

from typing import Any

import msgspec

from gateway.contract.slips import Slip, SlipChange, SlipFigure, SlipLine, SlipOld, SlipOption, SlipSection
from gateway.operations.ledger_slip import CLASSES, sections

Figures = list[SlipFigure]


def chinese(kind: str) -> Slip:
    wok = [
        SlipLine(2, "宫保鸡丁", [SlipOption("微辣"), SlipOption("不放花生", True)], "少油，孩子吃"),
        SlipLine(1, "麻婆豆腐"),
    ]
    common: dict[str, Any] = {
        "language": "zh-Hans", "kind": kind, "station": "炒锅", "number": "0041", "previous": "0040",
        "order": "A031", "place": "12 桌", "time": "12:45", "covers": 4, "by": "王敏", "code": "A031-0041",
        "lines": wok,
    }  # fmt: skip
    priced = [
        SlipLine(2, "宫保鸡丁", [SlipOption("微辣"), SlipOption("不放花生", True)], amount=7600),
        SlipLine(1, "麻婆豆腐", amount=2800),
        SlipLine(1, "东北大拉皮配芝麻酱黄瓜丝（大份）", amount=4200),
        SlipLine(4, "米饭", amount=1200),
    ]
    guest: dict[str, Any] = {
        "station": "", "number": "", "previous": "", "code": "", "store": "老成都川菜馆", "date": "2026-11-23",
        "currency": "CNY", "lines": priced,
    }  # fmt: skip
    address = {"store_lines": ["人民南路 18 号", "电话 028-8555 0123"]}
    whole = [
        SlipLine(2, "宫保鸡丁", [SlipOption("不放花生", True)], "少油，孩子吃", station="炒锅"),
        SlipLine(1, "口水鸡", station="凉菜"),
        SlipLine(1, "麻婆豆腐", station="炒锅"),
        SlipLine(2, "酸梅汤", [SlipOption("少冰")], station="水吧"),
    ]
    changes: dict[str, dict[str, Any]] = {
        "guest_list": guest | {"total": 15800, "note": "先上凉菜", "allergies": ["花生"]},
        "full_order": {"station": "传菜台", "lines": whole, "note": "先上凉菜", "allergies": ["花生"]},
        "kitchen": {"note": "先上凉菜", "allergies": ["花生"]},
        "dish": {"lines": [SlipLine(1, "宫保鸡丁", [SlipOption("微辣")])], "portion": 1, "portions": 2},
        "runner": {"station": "传菜台", "lines": whole, "allergies": ["花生"]},
        "add": {"lines": wok[:1], "allergies": ["花生"]},
        "return": {"lines": wok[1:], "reason": "客人说点错了"},
        "refire": {"lines": wok[1:], "reason": "掉地上了"},
        "recall": {"lines": wok[1:], "allergies": ["花生"]},
        "rush": {"lines": [SlipLine(2, "宫保鸡丁", waited=18)], "allergies": ["花生"]},
        "hold": {"lines": [SlipLine(1, "清蒸鲈鱼"), SlipLine(4, "米饭")], "note": "等人到齐"},
        "fire": {"lines": [SlipLine(1, "清蒸鲈鱼"), SlipLine(4, "米饭")], "allergies": ["花生"]},
        "move": {"from_place": "8 桌", "allergies": ["花生"]},
        "merge": {"from_place": "8 桌、9 桌"},
        "change": {"lines": [SlipLine(2, "宫保鸡丁", [SlipOption("微辣")], "不要葱，多放花生", note_before="少油")]},
        "bill": guest | {
            "figures": [SlipFigure("小计", 15800, strong=True), SlipFigure("服务费 10%", 1580),
                        SlipFigure("满 150 减 20", -2000)],
            "total": 15380, "qr": "https://shop.example/t/12?k=a1B2c3", "qr_says": "扫码付款",
        },
        "receipt": guest | address | {
            "number": "20261123-0017", "code": "B0017",
            "figures": [SlipFigure("小计", 15800, strong=True), SlipFigure("服务费 10%", 1580),
                        SlipFigure("满 150 减 20", -2000)],
            "total": 15380, "paid": [SlipFigure("微信支付", 10000), SlipFigure("现金", 6000)], "change": 620,
            "foot": ["谢谢光临，欢迎再来"],
        },
        "shift": guest | {
            "lines": [], "place": "", "order": "", "time": "15:30", "since": "09:30",
            "sections": [
                SlipSection("营业", [SlipFigure("菜品", 1286500, 412), SlipFigure("优惠", -35000, 17),
                                     SlipFigure("退菜", -8600, 3), SlipFigure("应收", 1242900, strong=True)]),
                SlipSection("收款", [SlipFigure("微信支付", 856000, 61), SlipFigure("支付宝", 214900, 18),
                                     SlipFigure("现金", 172000, 9), SlipFigure("实收", 1242900, 88, strong=True)]),
                SlipSection("钱箱", [SlipFigure("备用金", 50000), SlipFigure("应有", 222000),
                                     SlipFigure("清点", 221500), SlipFigure("差额", -500, strong=True)]),
            ],
            "reason": "少 5 元，找零时给多了",
        },
        "day": guest | {
            "lines": [], "place": "", "order": "", "by": "李静", "time": "23:10",
            "sections": [
                SlipSection("收款", [SlipFigure("微信支付", 2156000, 161), SlipFigure("支付宝", 514900, 38),
                                     SlipFigure("现金", 372000, 29), SlipFigure("退款", -3800, 1)]),
                SlipSection("单数", [SlipFigure("账单", count=228), SlipFigure("客人", count=671),
                                     SlipFigure("退菜", count=4)]),
                SlipSection("出单", [SlipFigure("已核实", count=1043), SlipFigure("人工确认", count=2),
                                     SlipFigure("缺单", count=0)]),
            ],
            "total": 3039100,
        },
        "stale": {
            "number": "", "lines": [], "place": "", "order": "", "code": "", "time": "13:25",
            "old": [SlipOld("0042", "A033", "3 桌", "12:50", 35, "2× 宫保鸡丁，1× 米饭"),
                    SlipOld("0041", "A031", "12 桌", "12:45", 40, "1× 麻婆豆腐，2× 鱼香肉丝，1× 回锅肉，1× 干煸四季豆"),
                    SlipOld("0045", "A037", "外带 37", "13:02", 23, "1× 回锅肉")],
        },
        "label": {
            "station": "", "number": "", "previous": "", "order_type": "takeaway", "place": "A031", "code": "A031-2",
            "lines": [SlipLine(1, "珍珠奶茶", [SlipOption("大杯"), SlipOption("三分糖"), SlipOption("少冰")])],
            "portion": 2, "portions": 3,
        },
        "test": {"number": "", "lines": [], "place": "", "order": "", "code": "", "station": "炒锅打印机",
                 "date": "2026-11-23"},
    }  # fmt: skip
    return Slip(**{**common, **changes[kind]})


def english(kind: str) -> Slip:
    wok = [
        SlipLine(2, "Kung Pao chicken", [SlipOption("mild"), SlipOption("no peanuts", True)], "little oil, for a kid"),
        SlipLine(1, "Mapo tofu"),
    ]
    common: dict[str, Any] = {
        "language": "en", "kind": kind, "station": "Wok", "number": "0041", "previous": "0040",
        "order": "A031", "place": "Table 12", "time": "12:45", "covers": 4, "by": "Anna", "code": "A031-0041",
        "lines": wok,
    }  # fmt: skip
    priced = [
        SlipLine(2, "Kung Pao chicken", [SlipOption("mild"), SlipOption("no peanuts", True)], amount=2580),
        SlipLine(1, "Mapo tofu", amount=990),
        SlipLine(1, "Crème brûlée with candied Sichuan pepper", amount=650),
        SlipLine(4, "Rice", amount=800),
    ]
    guest: dict[str, Any] = {
        "station": "", "number": "", "previous": "", "code": "", "store": "Old Chengdu", "date": "2026-11-23",
        "currency": "EUR", "lines": priced,
    }  # fmt: skip
    address = {"store_lines": ["18 Harbour Street", "VAT DE123456789"]}
    whole = [
        SlipLine(2, "Kung Pao chicken", [SlipOption("no peanuts", True)], "little oil, for a child", station="Wok"),
        SlipLine(1, "Mouth-watering chicken", station="Cold"),
        SlipLine(1, "Mapo tofu", station="Wok"),
        SlipLine(2, "Plum juice", [SlipOption("little ice")], station="Bar"),
    ]
    changes: dict[str, dict[str, Any]] = {
        "guest_list": guest | {"total": 5020, "note": "starters first please", "allergies": ["peanuts"]},
        "full_order": {"station": "Pass", "lines": whole, "note": "starters first please", "allergies": ["peanuts"]},
        "kitchen": {"note": "starters first please", "allergies": ["peanuts"]},
        "dish": {"lines": [SlipLine(1, "Kung Pao chicken", [SlipOption("mild")])], "portion": 1, "portions": 2},
        "runner": {"station": "Pass", "lines": whole, "allergies": ["peanuts"]},
        "add": {"lines": wok[:1], "allergies": ["peanuts"]},
        "return": {"lines": wok[1:], "reason": "ordered by mistake"},
        "refire": {"lines": wok[1:], "reason": "dropped"},
        "recall": {"lines": wok[1:], "allergies": ["peanuts"]},
        "rush": {"lines": [SlipLine(2, "Kung Pao chicken", waited=18)], "allergies": ["peanuts"]},
        "hold": {"lines": [SlipLine(1, "Steamed bass"), SlipLine(4, "Rice")], "note": "until all are here"},
        "fire": {"lines": [SlipLine(1, "Steamed bass"), SlipLine(4, "Rice")], "allergies": ["peanuts"]},
        "move": {"from_place": "Table 8", "allergies": ["peanuts"]},
        "merge": {"from_place": "Table 8, Table 9"},
        "change": {
            "lines": [SlipLine(2, "Kung Pao chicken", [SlipOption("mild")], "no spring onion", note_before="less oil")]
        },
        "bill": guest | {
            "figures": [SlipFigure("Subtotal", 5020, strong=True), SlipFigure("Service 10%", 502),
                        SlipFigure("Lunch offer", -500)],
            "total": 5022, "qr": "https://shop.example/t/12?k=a1B2c3", "qr_says": "Scan to pay",
        },
        "receipt": guest | address | {
            "number": "2026-0017", "code": "B0017",
            "figures": [SlipFigure("Subtotal", 5020, strong=True), SlipFigure("Service 10%", 502),
                        SlipFigure("Lunch offer", -500)],
            "total": 5022, "included": [SlipFigure("includes VAT 19%", 802)],
            "paid": [SlipFigure("Card", 3000), SlipFigure("Cash", 2500)], "change": 478,
            "foot": ["Thank you, see you soon"],
        },
        "shift": guest | {
            "lines": [], "place": "", "order": "", "time": "15:30", "since": "09:30",
            "sections": [
                SlipSection("Sales", [SlipFigure("Dishes", 428650, 412), SlipFigure("Offers", -11500, 17),
                                      SlipFigure("Returns", -2860, 3), SlipFigure("Due", 414290, strong=True)]),
                SlipSection("Paid by", [SlipFigure("Card", 356990, 79), SlipFigure("Cash", 57300, 9),
                                        SlipFigure("Received", 414290, 88, strong=True)]),
                SlipSection("Cash drawer", [SlipFigure("Float", 15000), SlipFigure("Expected", 72300),
                                            SlipFigure("Counted", 71800), SlipFigure("Difference", -500, strong=True)]),
            ],
            "reason": "5 short, too much change given",
        },
        "day": guest | {
            "lines": [], "place": "", "order": "", "by": "Marta", "time": "23:10",
            "sections": [
                SlipSection("Paid by", [SlipFigure("Card", 890300, 199), SlipFigure("Cash", 124000, 29),
                                        SlipFigure("Refunds", -1280, 1)]),
                SlipSection("How many", [SlipFigure("Bills", count=228), SlipFigure("Guests", count=671),
                                         SlipFigure("Returns", count=4)]),
                SlipSection("Slips", [SlipFigure("Proven", count=1043), SlipFigure("Confirmed by staff", count=2),
                                      SlipFigure("Missing", count=0)]),
            ],
            "total": 1013020,
        },
        "stale": {
            "number": "", "lines": [], "place": "", "order": "", "code": "", "time": "13:25",
            "old": [SlipOld("0042", "A033", "Table 3", "12:50", 35, "2x Kung Pao chicken, 1x Rice"),
                    SlipOld("0041", "A031", "Table 12", "12:45", 40, "1x Mapo tofu, 2x Fish-fragrant pork, 3x Rice"),
                    SlipOld("0045", "A037", "Takeaway 37", "13:02", 23, "1x Twice-cooked pork")],
        },
        "label": {
            "station": "", "number": "", "previous": "", "order_type": "takeaway", "place": "A031", "code": "A031-2",
            "lines": [SlipLine(1, "Bubble tea", [SlipOption(t) for t in ("large", "30% sugar", "less ice")])],
            "portion": 2, "portions": 3,
        },
        "test": {"number": "", "lines": [], "place": "", "order": "", "code": "", "station": "Wok printer",
                 "date": "2026-11-23"},
    }  # fmt: skip
    return Slip(**{**common, **changes[kind]})


VARIANTS = ("screen_down", "changed", "ledger")
"""What a kitchen slip may say besides: no screen drew it; something has changed before it was printed. And the proof of
a day as the ledger's own sections: shifts, what is unaccounted for, numbers that never came out."""


def of_the_ledger(language: str) -> Slip:
    wok, bar = {"zh-Hans": "炒锅", "en": "Wok"}, {"zh-Hans": "水吧", "en": "Bar"}
    lunch, evening = {"zh-Hans": "午市", "en": "Lunch"}, {"zh-Hans": "晚市", "en": "Evening"}
    dishes = {"zh-Hans": "2× 宫保鸡丁、1× 麻婆豆腐", "en": "2× Kung Pao chicken, 1× Mapo tofu"}
    proof = {
        "day": "2026-11-23", "open": False, "balanced": False,
        "shifts": [
            {"shift": "lunch", "name": lunch, "stations": [
                _station("wok", wok, screen=188, paper=31, cancelled=4, returned=2, difference=3),
                _station("bar", bar, screen=96),
            ]},
            {"shift": "evening", "name": evening, "stations": [
                _station("wok", wok, screen=240, hand=2, held=5, asked=1),
            ]},
        ],
        "differences": [{"order": "x", "number": "A031", "table": "12", "station": "wok", "dishes": dishes}],
        "gaps": [{"station": "wok", "name": wok, "slip": "0041", "order": "x", "number": "A031", "table": "12"}],
    }  # fmt: skip
    made = sections(proof, language)
    return msgspec.structs.replace(sample("day", language), sections=made, currency="", total=None, by="")


def _station(station: str, name: dict[str, str], **counts: int) -> dict[str, Any]:
    every = dict.fromkeys((*CLASSES, "difference"), 0) | counts
    return {"station": station, "name": name, "accepted": sum(counts.values())} | every


def variant(of: str, language: str) -> Slip:
    slip = sample("kitchen", language)
    if of == "ledger":
        return of_the_ledger(language)
    if of == "screen_down":
        return msgspec.structs.replace(slip, screen_down=True)
    name = slip.lines[0].name
    taken, hurried = SlipChange("return", [SlipLine(1, name)]), SlipChange("rush", [SlipLine(2, name)], "0043")
    moved = SlipChange("move", [], "", "8 桌" if language == "zh-Hans" else "Table 8")
    return msgspec.structs.replace(slip, changes=[taken, moved, hurried])


def sample(kind: str, language: str) -> Slip:
    if kind in VARIANTS:
        return variant(kind, language)
    return chinese(kind) if language == "zh-Hans" else english(kind)
