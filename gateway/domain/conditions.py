"""What can be wrong: how urgent it is, what to call it, and what a person should do. Words in both languages.

Placeholders are the condition's subject and params; `wait` and `prints`: how many papers wait behind its printer, and
that they print by themselves, each a whole clause that is left out where none waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from gateway.domain.texts import TextMap, pick

Severity = Literal["now", "soon", "rest"]
URGENCY: tuple[Severity, ...] = ("now", "soon", "rest")


@dataclass(frozen=True)
class Kind:
    severity: Severity
    title: TextMap
    advice: TextMap


def _kind(severity: Severity, zh: str, en: str, do_zh: str, do_en: str) -> Kind:
    return Kind(severity, {"zh-Hans": zh, "en": en}, {"zh-Hans": do_zh, "en": do_en})


KINDS: dict[str, Kind] = {
    "paper_out": _kind(
        "now", "{name}没纸了", "{name} is out of paper",
        "换一卷纸{prints}", "Put in a roll{prints}",
    ),
    "paper_low": _kind("soon", "{name}纸快没了", "{name} is low on paper", "准备一卷纸", "Keep a roll at hand"),
    "cover_open": _kind(
        "now", "{name}盖子开着", "The lid of {name} is open",
        "合上盖子{prints}", "Close it{prints}",
    ),
    "cutter_error": _kind(
        "now", "{name}切刀卡住", "The cutter of {name} is stuck",
        "关电源，拿掉碎纸，再开电源", "Switch it off, take out the scrap, switch it on",
    ),
    "label_jam": _kind(
        "now", "{name}的标签纸卡住", "The labels of {name} are jammed",
        "开盖，把标签纸理直，合上盖子{prints}",
        "Open it, straighten the labels, close it{prints}",
    ),
    "ribbon_out": _kind(
        "now", "{name}碳带用完了", "{name} is out of ribbon",
        "换一卷碳带{prints}", "Put in a ribbon{prints}",
    ),
    "pause_pressed": _kind(
        "now", "{name}被按了暂停键", "{name} was paused by its own button",
        "再按一下打印机上的暂停键{prints}",
        "Press the pause button on the printer again{prints}",
    ),
    "printer_error": _kind(
        "now", "{name}报故障", "{name} says that it has a fault",
        "等一分钟让打印头凉下来；还不行就关电源再开",
        "Let its head cool for a minute; if that does not help, switch it off and on",
    ),
    "printer_offline": _kind(
        "now", "{name}连不上", "{name} cannot be reached",
        "看看电源和数据线，把它接好{prints}",
        "Check its power and cable{prints}",
    ),
    "printer_mute": _kind(
        "soon", "{name}不回话", "{name} does not answer",
        "看看打印机有没有出单；没出单就关电源再开", "See whether slips come out; if not, switch it off and on",
    ),
    "device_offline": _kind(
        "soon", "{name}连不上", "{name} cannot be reached",
        "看看电源和数据线；接好以后会自己恢复", "Check its power and cable; it comes back by itself",
    ),
    "device_mute": _kind(
        "soon", "{name}不正常", "{name} does not work as it should",
        "关电源再开；还不行就看看数据线和设置",
        "Switch it off and on; if that does not help, check its cable and settings",
    ),
    "device_misfit": _kind(
        "soon", "{name}的设置用不了", "The settings of {name} do not fit",
        "请改设置：{reason}", "Change the settings: {reason}",
    ),
    "address_changed": _kind(
        "rest", "{name}换了地址", "{name} has a new address",
        "照常能用，现在是 {address}。请在路由器里把地址固定下来，再改设置",
        "It works, at {address} now. Give it a fixed address in the router, then change the settings",
    ),
    "printer_replaced": _kind(
        "rest", "{name}的位置上换了另一台机器", "Another device has taken the place of {name}",
        "打一张测试单，看看从哪台出来。出来以后这条提示自己消失；不对就改设置里的地址",
        "Send a test slip and look where it comes out; then this ends. If it is the wrong one, change its address",
    ),
    "table_calls": _kind(
        "soon", "{table} 桌叫人", "Table {table} calls", "请去看看，然后点“已去过”", "Go there, then tap 'been there'",
    ),
    "printer_paused": _kind(
        "soon", "{name}暂停了{wait}", "{name} is paused{wait}",
        "由 {by} 暂停：好了就点“继续打印”，或转到别的打印机",
        "Paused by {by}: tap 'go on', or send them to another printer",
    ),
    "bridge_offline": _kind(
        "now", "打印连接程序停了", "The printer link has stopped",
        "它会自己重开；一分钟还没好就给点单盒断电再开",
        "It restarts by itself; after a minute, power the box off and on",
    ),
    "broker_down": _kind(
        "now", "店内消息断了，打印在等", "Messages inside the box stopped; printing waits",
        "点单和屏幕照常。它会自己重开，每张单只打一次",
        "Ordering and screens go on. It restarts by itself; each slip prints once",
    ),
    "slip_unknown": _kind(
        "now", "{number} 不确定是否出单", "Not sure that {number} came out",
        "看看打印机：单号 {slip}，{table} 桌。出来了就点“已出单”，没有就点“补打”",
        "Look at the printer: slip {slip}, table {table}. Tap 'came out' or 'reprint'",
    ),
    "drawer_unknown": _kind(
        "soon", "不确定{name}的钱箱开了没有", "Not sure that the drawer at {name} opened",
        "看一下钱箱：没开就用钥匙，或再按一次“开钱箱”。它不会自己再开",
        "Look at the drawer: if it is shut use the key, or tap 'open drawer' again. It does not open again by itself",
    ),
    "notice_unseen": _kind(
        "now", "{table} 桌的改单没人看到", "Nobody has seen a change for table {table}",
        "单号 {number}，{what} {dishes}：去档口说一声", "Order {number}, {what} {dishes}: tell the station",
    ),
    "slip_gap": _kind(
        "soon", "单号 {slip} 不确定是否出单", "Not sure that slip {slip} came out",
        "{number}，{table} 桌：马上会自动补打，两张只做一份",
        "{number}, table {table}: it prints again by itself in a moment; cook it once",
    ),
    "slip_silent": _kind(
        "now", "单号 {slip} 交给了{device}，没有下文", "Slip {slip} went to {device} and was never heard of again",
        "{number}，{table} 桌，{dishes}：去档口当面说一声。它会自己再打一次；几张都这样就给点单盒断电再开",
        "{number}, table {table}, {dishes}: tell the station in person. It is sent once more by itself; if that "
        "happens again and again, power the box off and on",
    ),
    "slip_missing": _kind(
        "soon", "{place}缺小票 {slip}", "Slip {slip} of {place} is missing",
        "{number}，{table} 桌，{dishes}：后面的号已经出了，这张还在{device}等着。急的请当面报单",
        "{number}, table {table}, {dishes}: later ones have come out, this one still waits at {device}. Tell the "
        "station in person if it is urgent",
    ),
    "slip_stale": _kind(
        "soon", "{number} 的单放久了，没有打", "{number} waited too long and did not print",
        "单号 {slip}，{table} 桌：还要做就点“打印”，不要就点“取消”",
        "Slip {slip}, table {table}: tap 'print' if it is still wanted, else 'cancel'",
    ),
    "slip_stale_unanswered": _kind(
        "now", "{number} 的旧单没人处理", "Nobody answers for the old slip of {number}",
        "服务员请去问：{table} 桌还要不要，单号 {slip}。要就点“打印”，不要就点“取消”",
        "Waiter, please ask table {table} about slip {slip}: tap 'print' if it is still wanted, else 'cancel'",
    ),
    "ticket_unseen": _kind(
        "now", "{table} 桌 {number} 厨房还没看到", "No cook has seen {number}, table {table}",
        "{dishes}：去档口口头报单，并看看屏幕和打印机",
        "{dishes}: tell the station in person; look at its screen and printer",
    ),
    "ledger_difference": _kind(
        "now", "{table} 桌 {number} 有菜没着落", "Dishes of {number}, table {table} are unaccounted for",
        "{dishes}：没有屏幕显示过，也没有出单。去{place}当面说一声，再看看那里的打印机",
        "{dishes}: no screen has drawn them and no slip came out. Tell {place} in person and look at its printer",
    ),
    "station_cut_off": _kind(
        "now", "{name}{where}收不到单，那里做的菜暂停供应",
        "{name}{where} gets no orders, so its dishes are not sold for now",
        "打开它的屏幕，或修好它的打印机，菜会自己恢复供应。客人急要，就由员工下单并当面告诉厨师",
        "Open its screen or mend its printer, and they are sold again by themselves. What a guest cannot wait for, "
        "staff may order: then tell the cook in person",
    ),
    "unknown_item": _kind(
        "soon", "{number} 里有菜单上没有的菜", "{number} has dishes that the menu does not know",
        "已按原样送到默认档口；请核对菜单", "They went to the default station as given; check the menu",
    ),
    "dead_letter": _kind(
        "soon", "云端拒收一条记录", "The cloud refused a record",
        "营业不受影响。请联系支持，记录号 {subject}", "The store is not affected. Call support with record {subject}",
    ),
    "uplink_offline": _kind(
        "rest", "外网断开，点单照常", "Internet is away; ordering works",
        "不用做什么，恢复后会自己补齐", "Nothing to do; it catches up by itself",
    ),
    "uplink_portal": _kind(
        "soon", "网络要求登录", "The network asks for a login",
        "点单照常。用浏览器登录一次店里的网络", "Ordering works. Log in to the store's network once with a browser",
    ),
    "uplink_cloud_error": _kind(
        "rest", "云端出错，点单照常", "The cloud has a fault; ordering works",
        "不用做什么，恢复后会自己补齐", "Nothing to do; it catches up by itself",
    ),
    "uplink_unauthorized": _kind(
        "soon", "云端不认这台点单盒", "The cloud does not know this box",
        "点单照常。请联系支持更新密钥", "Ordering works. Ask support for a new key",
    ),
    "uplink_untrusted": _kind(
        "soon", "云端的证书通不过检查", "The cloud's certificate is not trusted",
        "点单照常。先看点单盒的日期和时间对不对；Wi-Fi 要登录就先登录；都没问题就联系支持",
        "Ordering works. Check the box's date and time first; if the Wi-Fi asks for a login, log in; else call support",
    ),
    "storage_full": _kind(
        "now", "存储满了，暂停接新单", "Storage is full; no new orders",
        "厨房照常出单。清理存储或联系支持，有空间后自动恢复",
        "The kitchen goes on. Free some room or call support; it resumes by itself",
    ),
    "storage_failed": _kind(
        "now", "存储卡出错", "The storage card failed",
        "点单盒正在自己重启；一分钟还没好就联系支持", "The box restarts by itself; after a minute call support",
    ),
    "ordering_paused": _kind(
        "soon", "点单已暂停", "Ordering is paused", "由 {by} 暂停：{reason}", "Paused by {by}: {reason}",
    ),
}  # fmt: skip


_UNCONFIRMED = _kind(
    "now", "{table} 桌 {number} 已打印（无法核实）", "{number}, table {table}: printed, this printer cannot confirm",
    "{dishes}：看看小票出来没有。出来了按“已出单”，没有就按“补打”",
    "{dishes}: look whether the slip came out. Tap 'came out' if it did, else 'reprint'",
)  # fmt: skip
"""What `ticket_unseen` says of a ticket whose printer has had its paper: who looks can answer."""


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def _of_waiting(tag: str, waiting: int) -> dict[str, str]:
    if not waiting:
        return {"wait": "", "prints": ""}
    if tag == "en":
        are = "is" if waiting == 1 else "are"
        return {"wait": f"; {waiting} {are} waiting", "prints": f"; what waits ({waiting}) prints by itself"}
    return {"wait": f"，{waiting} 张在等", "prints": f"，等着的 {waiting} 张会自己打出来"}


def document(
    code: str, subject: str, since: str, params: dict[str, Any], waiting: int, name: TextMap
) -> dict[str, Any]:
    """A condition as pages and programs get it. An unknown code still says itself."""
    kind = KINDS.get(code) or _kind("soon", code, code, "", "")
    if code == "ticket_unseen" and params.get("job"):
        kind = _UNCONFIRMED

    def said(tag: str) -> dict[str, Any]:
        """Params that are texts in several languages are said in this one."""
        return {key: pick(value, tag) if isinstance(value, dict) else value for key, value in params.items()}

    def words(texts: TextMap) -> TextMap:
        return {
            tag: text.format_map(
                _Blank(said(tag), subject=subject, name=name.get(tag) or subject, **_of_waiting(tag, waiting))
            )
            for tag, text in texts.items()
        }

    return {
        "code": code,
        "subject": subject,
        "since": since,
        "severity": kind.severity,
        "title": words(kind.title),
        "advice": words(kind.advice),
        "job": params.get("job"),
        "printer": params.get("printer"),
        "station": params.get("station"),
        "ticket": subject if code == "ticket_unseen" else None,
    }
