"""Labels as a tea shop and a kitchen stick them on cups and boxes."""

from __future__ import annotations

from gateway.contract.slips import Slip, SlipLine, SlipOption


def _label(language: str, place: str, line: SlipLine, which: tuple[int, int], **more: object) -> Slip:
    slip = Slip(
        kind="label", language=language, station="", number="", order="A031", place=place, time="12:45", lines=[line],
        order_type="takeaway", portion=which[0], portions=which[1], code=f"A031-{which[0]}",
    )  # fmt: skip
    for name, value in more.items():
        setattr(slip, name, value)
    return slip


LABELS: dict[str, dict[str, Slip]] = {
    "zh-Hans": {
        "cup": _label(
            "zh-Hans", "A031", SlipLine(1, "珍珠奶茶", [SlipOption(t) for t in ("大杯", "三分糖", "少冰")]), (2, 3)
        ),
        "allergy": _label(
            "zh-Hans", "12 桌",
            SlipLine(1, "宫保鸡丁饭", [SlipOption("微辣"), SlipOption("不放花生", True)], "筷子多给一双"), (1, 2),
            order_type="dine_in", allergies=["花生"],
        ),
        "long": _label(
            "zh-Hans", "A031",
            SlipLine(1, "芝士葡萄冻冻多肉杨枝甘露", [
                SlipOption("超大杯 700ml"), SlipOption("七分糖"), SlipOption("去冰"), SlipOption("加脆啵啵"),
                SlipOption("加椰果"), SlipOption("不要芝士奶盖", True),
            ], "奶盖单独装一杯，谢谢，吸管要两根粗的，帮忙打包结实一点"),
            (11, 12), allergies=["牛奶"],
        ),
    },
    "en": {
        "cup": _label(
            "en", "A031",
            SlipLine(1, "Bubble tea", [SlipOption(t) for t in ("large", "30% sugar", "less ice")]), (2, 3),
        ),
        "allergy": _label(
            "en", "Table 12",
            SlipLine(1, "Kung Pao chicken rice", [SlipOption("mild"), SlipOption("no peanuts", True)], "2 chopsticks"),
            (1, 2), order_type="dine_in", allergies=["Peanuts"],
        ),
        "long": _label(
            "en", "A031",
            SlipLine(1, "Cheese foam grape mango pomelo sago", [
                SlipOption("extra large 700 ml"), SlipOption("70% sugar"), SlipOption("no ice"),
                SlipOption("crystal boba"), SlipOption("coconut jelly"), SlipOption("no cheese foam", True),
            ], "foam in a cup of its own please, two thick straws, and pack it well"),
            (11, 12), allergies=["Milk"],
        ),
    },
}  # fmt: skip


def label_for_testing(language: str) -> Slip:
    name = "标签机" if language == "zh-Hans" else "Label printer"
    return Slip(
        kind="test", language=language, station=name, number="", order="", place="", time="12:45", lines=[],
        date="2026-11-23",
    )  # fmt: skip
