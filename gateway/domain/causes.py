"""Why an order stands where it stands: every cause with its words, in both languages. Data; `explanation` chooses.

Placeholders: `paper` is what is printed, such as "slip 0041", `printer`, `other` and `station` are names, `since` and
`at` are clauses with a time (since 12:31, at 12:31) that are left out where nobody knows it. Of causes of one rank the
one further up is the headline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from gateway.domain.texts import TextMap

Rank = Literal["now", "soon", "going", "rest", "done"]
RANKS: tuple[Rank, ...] = ("now", "soon", "going", "rest", "done")
"""What a cause asks of whoever reads it: act now; look soon; nothing, it is on its way; nothing, and it catches up by
itself; nothing, it is over."""

WELL: tuple[Rank, ...] = ("going", "done")
"""Nothing stands in the way."""


@dataclass(frozen=True)
class Kind:
    rank: Rank
    words: TextMap


def _kind(rank: Rank, zh: str, en: str) -> Kind:
    return Kind(rank, {"zh-Hans": zh, "en": en})


KINDS: dict[str, Kind] = {
    # --- a paper that has not come out: what is nearest to the box first, as what lies behind it cannot be known ---
    "broker_down": _kind(
        "now", "{since}店内消息断了，{paper}还没送到{printer}：它会自己重开，每张单只打一次；急的请口头报单",
        "messages inside the box stopped{since}, so {paper} waits for {printer}: it restarts by itself and each slip"
        " prints once; tell the station in person if it is urgent",
    ),
    "bridge_offline": _kind(
        "now", "{since}打印连接程序停了，{paper}在等：它会自己重开；一分钟还没好就给点单盒断电再开",
        "the printer link stopped{since}, so {paper} waits: it restarts by itself; after a minute, power the box off"
        " and on",
    ),
    "device_misfit": _kind(
        "now", "{printer}的设置用不了，{paper}在等：请改设置：{reason}",
        "the settings of {printer} do not fit, so {paper} waits: change them: {reason}",
    ),
    "printer_paused": _kind(
        "now", "{since}{printer}由 {by} 暂停，{paper}在等：在打印机页点“继续打印”，或转到别的打印机",
        "{printer} is paused by {by}{since}, so {paper} waits: tap 'go on' on the printers page, or send it to another",
    ),
    "paper_out": _kind(
        "now", "{since}{printer}没纸，{paper}在等：换一卷纸",
        "{paper} waits for paper at {printer}{since}: put in a roll",
    ),
    "cover_open": _kind(
        "now", "{since}{printer}盖子开着，{paper}在等：合上盖子",
        "{paper} waits because the lid of {printer} is open{since}: close it",
    ),
    "cutter_error": _kind(
        "now", "{since}{printer}切刀卡住，{paper}在等：关电源，拿掉碎纸，再开电源",
        "{paper} waits because the cutter of {printer} is stuck{since}: switch it off, take out the scrap, switch it"
        " on",
    ),
    "label_jam": _kind(
        "now", "{since}{printer}的标签纸卡住，{paper}在等：开盖，把标签纸理直，合上盖子",
        "{paper} waits because the labels of {printer} are jammed{since}: open it, straighten the labels, close it",
    ),
    "ribbon_out": _kind(
        "now", "{since}{printer}碳带用完，{paper}在等：换一卷碳带",
        "{paper} waits because {printer} is out of ribbon{since}: put in a ribbon",
    ),
    "pause_pressed": _kind(
        "now", "{since}{printer}被按了暂停键，{paper}在等：再按一下打印机上的暂停键",
        "{paper} waits because {printer} was paused by its own button{since}: press it again",
    ),
    "printer_error": _kind(
        "now", "{since}{printer}报故障，{paper}在等：等一分钟让打印头凉下来；还不行就关电源再开",
        "{paper} waits because {printer} says that it has a fault{since}: let its head cool for a minute, else switch"
        " it off and on",
    ),
    "printer_offline": _kind(
        "now", "{since}{printer}连不上，{paper}在等：看看电源和数据线",
        "{paper} waits because {printer} cannot be reached{since}: check its power and cable",
    ),
    "printer_mute": _kind(
        "now", "{paper}送到了{printer}，{since}打印机不回话：看看单子出来没有",
        "{paper} went to {printer}, which does not answer{since}: look whether it came out",
    ),
    "printer_waits": _kind(
        "now", "{paper}在等{printer}（{reason}）：看看打印机", "{paper} waits for {printer} ({reason}): look at it",
    ),
    "bridge_silent": _kind(
        "now", "{paper}{at}就该到{printer}了，打印连接程序还没有回音：看看单子出来没有，没出来就口头报单",
        "{paper} should be at {printer}{since}, and the printer link has not said a word: look whether it came out,"
        " else tell the station in person",
    ),
    "slip_silent": _kind(
        "now", "{since}打印连接程序拿着给{printer}的{paper}，没有下文：去{station}当面说一声；它会自己再送一次",
        "the printer link has {paper} for {printer} and says nothing of it{since}: tell {station} in person;"
        " it is sent once more by itself",
    ),
    # --- a paper that needs a person's word ---
    "slip_unknown": _kind(
        "now", "{paper}送了，打印机一直没有回答：看看{printer}出了没有，出了点“已出单”，没出点“补打”",
        "sent, and the printer never answered: look whether {paper} came out at {printer}, then tap 'came out' or"
        " 'reprint'",
    ),
    "slip_stale_unanswered": _kind(
        "now", "{paper}放久了没有打，也没人处理：服务员请去问这桌还要不要，要就点“打印”，不要就点“取消”",
        "{paper} waited too long to print and nobody answers for it: waiter, please ask the table, then tap 'print' or"
        " 'cancel'",
    ),
    "slip_stale": _kind(
        "now", "{paper}在{printer}放久了，没有打：还要做就点“打印”，不要就点“取消”",
        "{paper} waited too long at {printer} and did not print: tap 'print' if it is still wanted, else 'cancel'",
    ),
    "slip_cancelled": _kind(
        "now", "{paper}被 {by} 取消了，也没有屏幕显示它：要做就口头报单",
        "{paper} was cancelled by {by}, and no screen has drawn it: tell the station in person if it is to be cooked",
    ),
    "slip_gap": _kind(
        "soon", "{paper}送了，{printer}没有回答：马上自动补打，两张只做一份",
        "{paper} was sent and {printer} did not answer: it prints again by itself in a moment; cook it once",
    ),
    "slip_missing": _kind(
        "soon", "{station}后面的小票已经出了，{paper}还在{printer}等着：厨师会看到缺号，急的请当面报单",
        "later slips of {station} have come out while {paper} still waits at {printer}: its cook sees the gap; tell the"
        " station in person if it is urgent",
    ),
    "slip_unproven": _kind(
        "soon", "{paper}已打印，{printer}无法核实：看看单子在不在{station}",
        "{paper} is printed, but {printer} cannot confirm: look whether it lies at {station}",
    ),
    # --- the ledger ---
    "ledger_difference": _kind(
        "now", "{since}{dishes}没着落：没有屏幕显示过，也没有出单；去{station}当面说一声，再看看那里的打印机",
        "{dishes} unaccounted for{since}: no screen has drawn it and no slip came out; tell {station} in person and"
        " look at its printer",
    ),
    # --- screens ---
    "no_screen": _kind(
        "now", "{since}{station}没有一块屏幕显示过这张单：看看屏幕，或口头报单",
        "no screen of {station} has drawn it{since}: look at the screen, or tell the station in person",
    ),
    "screen_silent": _kind(
        "soon",
        "{station}没有一块屏幕显示过这张单；{at}已改在{printer}打出{paper}，印着 SCREEN DOWN："
        "厨师看纸，请看看屏幕",
        "no screen of {station} has drawn it; {paper}, marked SCREEN DOWN, came out at {printer} instead{at}: the cook"
        " has it on paper, look at the screen",
    ),
    "change_unseen": _kind(
        "soon", "{station}的屏幕还没有显示{at}的改动：看看屏幕，或口头说一声",
        "no screen of {station} has drawn the change made{at}: look at the screen, or tell the station in person",
    ),
    "notice_unseen": _kind(
        "now", "{station}没人看到{at}的改单（{what}）：去档口说一声",
        "nobody at {station} has seen the change made{at} ({what}): tell the station in person",
    ),
    # --- the order ---
    "awaiting_release": _kind(
        "now", "这张单要先由店员看过才下厨：请放行", "a person must look at it first: release it",
    ),
    "awaiting_payment": _kind("soon", "这张单先付款后下厨：还没付", "it is paid first and cooked then: not yet paid"),
    # --- on its way ---
    "on_its_way": _kind("going", "刚下单，正在送往{station}", "just ordered, on its way to {station}"),
    "taking_back": _kind(
        "going", "正从{printer}收回{paper}{other_clause}", "{paper} is being taken back from {printer}{other_clause}",
    ),
    "in_line": _kind(
        "going", "{paper}在{printer}排队，前面有 {n} 张", "{paper} is in line at {printer}, {n} before it",
    ),
    "printing": _kind("going", "{printer}正在打{paper}", "{paper} is being printed at {printer}"),
    "on_hold": _kind("going", "等叫：还没起菜", "on hold: nobody has fired it yet"),
    "on_screen": _kind(
        "going", "{since}{station}的屏幕上有了，还没动手", "on the screen of {station}{since}, nobody has begun",
    ),
    "on_paper": _kind(
        "going", "{paper}{at}在{printer}打出来了，厨师手里有单", "the cook has {paper} from {printer}{since}",
    ),
    "on_paper_elsewhere": _kind(
        "going", "{paper}没在{other}打，{at}改在{printer}打出来了：单子在那边",
        "{paper} was diverted from {other} and came out at {printer}{at}: it lies there",
    ),
    "screen_down": _kind(
        "going",
        "{station}的屏幕当时没反应，{at}在{printer}打出了{paper}，印着 SCREEN DOWN："
        "厨师按纸做，屏幕好了不用再做",
        "the screen of {station} had stopped, so {paper} came out at {printer}{at}, marked SCREEN DOWN: the cook has it"
        " on paper, and cooks it only once when the screen is back",
    ),
    "started": _kind("going", "{since}{station}在做（{by}）", "{station} has been cooking it{since} ({by})"),
    "ready": _kind("going", "{station}{at}出餐了，等着上菜", "{station} had it ready{at}, waiting to be served"),
    "paper_on_its_way": _kind("going", "{paper}正在送往{printer}", "{paper} is on its way to {printer}"),
    # --- the cloud ---
    "cloud_refused": _kind(
        "soon", "云端拒收这张单的记录（{reason}）：店里不受影响，请联系支持",
        "the cloud refused a record of it ({reason}): the store is not affected, call support",
    ),
    "uplink_unauthorized": _kind(
        "soon", "云端还没有：{since}云端不认这台点单盒，请联系支持更新密钥",
        "the cloud has not got it: the cloud does not know this box{since}; ask support for a new key",
    ),
    "uplink_untrusted": _kind(
        "soon", "云端还没有：{since}云端的证书通不过检查，看看点单盒的日期和时间，或联系支持",
        "the cloud has not got it: the cloud's certificate is not trusted{since}; check the box's date and time, or"
        " call support",
    ),
    "uplink_portal": _kind(
        "soon", "云端还没有：{since}网络要求登录，用浏览器登录一次店里的网络",
        "the cloud has not got it: the network asks for a login{since}; log in to it once with a browser",
    ),
    "uplink_cloud_error": _kind(
        "rest", "云端还没有：{since}云端出错，恢复后会自己补齐",
        "the cloud has not got it: the cloud has a fault{since}; it catches up by itself",
    ),
    "uplink_offline": _kind(
        "rest", "云端还没有：{since}外网断了，恢复后会自己补齐",
        "the cloud has not got it: the internet is gone{since}; it catches up by itself",
    ),
    # --- over ---
    "served": _kind("done", "{station}{at}出餐完毕（{by}）", "served by {station}{at} ({by})"),
    "cancelled": _kind("done", "{at}取消了，不用做", "cancelled{at}, nothing to cook"),
    "expired": _kind("done", "没有付款，已过期", "not paid in time, expired"),
}  # fmt: skip

PRINTER_TROUBLES = (
    "device_misfit", "printer_paused", "paper_out", "cover_open", "cutter_error", "label_jam", "ribbon_out",
    "pause_pressed", "printer_error", "printer_offline", "printer_mute",
)  # fmt: skip
"""Conditions of a printer that keep a paper from it, under the same names; the first that stands is the cause. A low
roll, a new address and another device in its place keep nothing."""

UPLINK_TROUBLES = (
    "uplink_unauthorized", "uplink_untrusted", "uplink_portal", "uplink_cloud_error", "uplink_offline",
)  # fmt: skip

WAITING_FOR = {
    "paper_out": "paper_out", "cover_open": "cover_open", "cutter_error": "cutter_error", "jam": "label_jam",
    "ribbon_out": "ribbon_out", "pause_pressed": "pause_pressed", "error": "printer_error",
    "unplugged": "printer_offline", "offline": "printer_offline", "no_answer": "printer_mute", "busy": "in_line",
}  # fmt: skip
"""What a bridge says a paper waits for, where the printer itself has not said it yet."""

ORDER = {code: place for place, code in enumerate(KINDS)}


class Blank(dict[str, Any]):
    """An unknown placeholder says nothing."""

    def __missing__(self, key: str) -> str:
        return ""
