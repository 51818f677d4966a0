"""The fixed words of every slip in both languages. The names of things are those of docs/glossary.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """`title` is a kind's name on its paper, `announce` the loud word over it and `tell` what to do about it."""

    title: dict[str, str]
    announce: dict[str, str]
    tell: dict[str, str]
    addition: str
    reprint: str
    check: str
    note: str
    note_before: str
    no_note: str
    by: str
    reason: str
    allergy: str
    also: str
    previous: str
    missing: str
    instead_of: str
    screen_down: str
    screen_down_tell: str
    counted: str
    see_slip: str
    covers: str
    portion: str
    waited: str
    moved_from: str
    order_types: dict[str, str]
    not_a_receipt: str
    ask_staff: str
    comma: str
    item: str
    count: str
    amount: str
    sum: dict[str, str]
    change: str
    order: str
    period: str
    printed: str
    signed: str
    old_slips: str
    check_old: str
    age: str
    answer_them: str
    sample: tuple[str, ...]
    ruler: str
    looks: tuple[str, str, str, str]
    scan: str


CHINESE = Words(
    title={
        "guest_list": "客单", "full_order": "总单", "kitchen": "厨打单", "dish": "一菜一单", "runner": "传菜单",
        "add": "加菜单", "return": "退菜单", "refire": "重做单", "recall": "退回单", "rush": "催菜单", "hold": "等叫单",
        "fire": "起菜单", "move": "转台单", "merge": "并台单", "change": "改单",
        "bill": "预结单", "receipt": "结账单", "shift": "交班单", "day": "日结单",
        "stale": "旧单待确认", "label": "标签", "test": "测试单",
    },
    announce={
        "return": "退菜", "refire": "重做", "recall": "退回", "rush": "催菜", "hold": "等叫", "fire": "起菜",
        "move": "转台", "merge": "并台", "change": "改单",
    },
    tell={
        "return": "这些不要了，请停做", "refire": "再做一份，不另收钱", "recall": "传菜台退回来了，请补做好",
        "rush": "客人在催，请先做",
        "hold": "先别做，等起菜单",
        "fire": "可以做了", "move": "换桌不换菜，不用重做", "merge": "并桌不换菜，不用重做",
        "change": "备注改了，照新的做，份数不变",
    },
    addition="加菜",
    reprint="补打 REPRINT",
    check="先核对再做 check before cooking",
    note="备注：",
    note_before="原备注：",
    no_note="备注取消",
    by="经手：",
    reason="原因：",
    allergy="过敏：",
    also="也在：",
    previous="上一张",
    missing="缺单 MISSING ",
    instead_of="代打 FOR：",
    screen_down="屏幕没反应 SCREEN DOWN",
    screen_down_tell="按这张做，屏幕好了不用再做",
    counted="改动，上面已算好：",
    see_slip="（单 {}）",
    covers="{} 人",
    portion="第 {} 份，共 {} 份",
    waited="已等 {} 分钟",
    moved_from="原桌：",
    order_types={"dine_in": "堂食", "takeaway": "外带", "delivery": "外卖"},
    not_a_receipt="仅供核对，不是收据",
    ask_staff="请核对菜品，有不对的请告诉服务员",
    comma="，",
    item="菜品",
    count="数量",
    amount="金额",
    sum={"guest_list": "合计", "bill": "应付", "receipt": "合计"},
    change="找零",
    order="单号",
    period="时段",
    printed="打印",
    signed="签字：",
    old_slips="旧单 {} 张",
    check_old="没有打出来，先别做",
    age="{} 分钟前",
    answer_them="请在屏幕上逐张选：打印或取消。取消的不会再打",
    sample=("宫保鸡丁 麻婆豆腐 鱼香肉丝", "￥56.00（微辣，不放花生）—…·", "Crème brûlée Jalapeño Größe €5"),
    ruler="{} 列，每行正好到纸边：",
    looks=("大字", "高字", "粗体", "反白"),
    scan="用扫码枪和手机各扫一次",
)
ENGLISH = Words(
    title={
        "guest_list": "Your order", "full_order": "full order", "kitchen": "kitchen", "dish": "one dish",
        "runner": "runner", "add": "addition", "return": "return", "refire": "cook again",
        "recall": "sent back", "rush": "rush",
        "hold": "hold", "fire": "fire", "move": "table move", "merge": "tables merged",
        "change": "note changed", "bill": "Bill", "receipt": "Receipt", "shift": "Shift report",
        "day": "Day report", "stale": "Old slips", "label": "Label",
        "test": "Test slip",
    },
    announce={
        "return": "RETURN", "refire": "COOK AGAIN", "recall": "SENT BACK", "rush": "RUSH", "hold": "HOLD",
        "fire": "FIRE", "move": "TABLE MOVE", "merge": "MERGED", "change": "CHANGE",
    },
    tell={
        "return": "not wanted any more: stop", "refire": "once more, free of charge",
        "recall": "the pass sends it back: make it right",
        "rush": "guests wait: do this first",
        "hold": "do not cook yet, wait for FIRE", "fire": "cook it now",
        "move": "same dishes, do not cook again", "merge": "same dishes, do not cook again",
        "change": "same dishes, cook by the new note",
    },
    addition="Addition",
    reprint="REPRINT",
    check="check before cooking",
    note="note: ",
    note_before="note before: ",
    no_note="no note any more",
    by="by: ",
    reason="reason: ",
    allergy="ALLERGY: ",
    also="also at: ",
    previous="previous",
    missing="MISSING ",
    instead_of="FOR: ",
    screen_down="SCREEN DOWN",
    screen_down_tell="cook from this paper, and only once",
    counted="Changes, already counted above:",
    see_slip=" (slip {})",
    covers="{} guests",
    portion="portion {} of {}",
    waited="waiting {} min",
    moved_from="from: ",
    order_types={"dine_in": "dine in", "takeaway": "takeaway", "delivery": "delivery"},
    not_a_receipt="Please check. Not a receipt.",
    ask_staff="Anything wrong? Please tell us.",
    comma=", ",
    item="Item",
    count="Qty",
    amount="Amount",
    sum={"guest_list": "Total", "bill": "To pay", "receipt": "Total"},
    change="Change",
    order="No.",
    period="Period",
    printed="Printed",
    signed="Signed: ",
    old_slips="{} OLD SLIPS",
    check_old="never printed: do not cook yet",
    age="{} min ago",
    answer_them="Answer each on the screen: print or cancel. A cancelled one never prints.",
    sample=("The quick brown fox, 0123456789", "Crème brûlée Jalapeño Größe €5", "宫保鸡丁 ￥56.00（微辣）"),
    ruler="{} columns, edge to edge:",
    looks=("large", "tall", "bold", "inverse"),
    scan="Scan both: scanner and phone",
)


def words_of(language: str) -> Words:
    """By BCP 47 tag; every Chinese tag speaks Chinese, all others English."""
    return CHINESE if language.lower().split("-")[0] == "zh" else ENGLISH
