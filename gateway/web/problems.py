"""Refusals as `application/problem+json` (RFC 9457), in the reader's language."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Flask, Response, request
from markupsafe import escape
from werkzeug.exceptions import HTTPException

from gateway.contract.refusals import OTHERWISE, STATUS
from gateway.domain.errors import Refused
from gateway.domain.fault_words import in_words
from gateway.web.language import chinese

_WORDS: dict[str, tuple[str, str]] = {
    "idempotency_key_missing": ("缺少请求编号", "The Idempotency-Key header is missing"),
    "idempotency_key_reused": ("这个请求编号已用于另一份订单", "This key belongs to another request"),
    "not_json": ("内容不是有效的 JSON", "The body is not valid JSON"),
    "bad_request": ("请求无法理解", "The request cannot be understood"),
    "login_needed": ("请先登录", "Log in first"),
    "wrong_login": ("用户名、密码或 PIN 不对", "Wrong name, password or PIN"),
    "table_closed": ("这桌还没开，请叫服务员", "This table is not open yet; please ask staff"),
    "not_allowed": ("您的账号不能做这件事", "Your account may not do this"),
    "foreign_origin": ("请求来自别的网页", "The request came from another page"),
    "unknown_table": ("找不到这张桌", "There is no such table"),
    "unknown_order": ("找不到这张单", "There is no such order"),
    "unknown_day": ("没有这个营业日", "There is no such business day"),
    "unknown_check": ("找不到这张账单", "There is no such bill"),
    "unknown_ticket": ("找不到这张制作单", "There is no such ticket"),
    "unknown_line": ("这张订单没有这道菜", "The order has no such line"),
    "unknown_job": ("找不到这张小票", "There is no such slip"),
    "unknown_printer": ("没有这台打印机", "There is no such printer"),
    "unknown_bridge": ("没有这个设备桥", "There is no such bridge"),
    "unknown_device": ("找不到这个设备", "There is no such device"),
    "unknown_inquiry": ("找不到这次查询", "There is no such inquiry"),
    "unknown_item": ("菜单上没有这道菜", "The menu has no such item"),
    "unknown_station": ("没有这个档口", "There is no such station"),
    "not_found": ("这里没有您要的页面", "There is nothing here"),
    "method_not_allowed": ("这个地址不支持这种请求", "This address does not take this method"),
    "sold_out": ("有菜刚卖完，其他菜都在", "A dish just sold out; the rest is still in your cart"),
    "not_served_now": (
        "有菜现在暂停供应，其他菜都在",
        "A dish is not available right now; the rest is still in your cart",
    ),
    "price_changed": ("有菜改了价，请看一下再下单", "A price has changed; please look before you order"),
    "table_taken": ("那一桌已经有人", "Somebody sits at that table"),
    "stale": ("这张单刚被别人改过", "Someone else has just changed this ticket"),
    "illegal_move": ("现在不能这样做", "This cannot be done now"),
    "not_ready": ("还没齐", "Not all of it is ready"),
    "too_large": ("内容太大", "The body is too large"),
    "wrong_host": ("地址不对", "Wrong host name"),
    "invalid": ("有一项填得不对", "One field is not right"),
    "invalid_settings": ("设置有误，仍用原来的", "The settings are wrong; the old ones go on"),
    "invalid_menu": ("菜单有误，仍用原来的", "The menu is wrong; the old one goes on"),
    "unknown_fault": ("没有这种演练", "There is no such drill"),
    "too_many": ("次数太多，请稍等再试", "Too many tries; please wait a little"),
    "internal": ("点单盒出了错，已记下", "The box made a mistake; it has been written down"),
    "ordering_paused": ("现在暂停点单，请问服务员", "Ordering is paused; please ask staff"),
    "storage_full": ("点单盒存满了，服务员已知道；请口头点单", "The box is full, staff know; please order in person"),
    "storage_failed": ("点单盒正在重启，请稍等", "The box is restarting; a moment please"),
    "storage_slow": ("还没有存好，请用同一编号再问一次", "Not stored yet; ask again with the same key"),
    "busy": ("人太多，马上再试", "Very busy; trying again in a moment"),
    "not_set_up": ("点单盒还没有设置好", "The box is not set up yet"),
    "stopping": ("点单盒正在重启，请稍等", "The box is restarting; a moment please"),
    "streams_full": ("屏幕太多，请稍后再连", "Too many screens; connect again shortly"),
    "drills_away": ("演练现在开不了", "Drills are not available now"),
}

_REASONS: dict[str, tuple[str, str]] = {
    "unknown_item": ("菜单上没有这道菜", "the menu has no such item"),
    "control_character": ("含有不能显示的字符", "has a character that cannot be shown"),
    "variant_missing": ("请选规格", "choose a variant"),
    "unknown_variant": ("没有这个规格", "there is no such variant"),
    "no_variants": ("这道菜没有规格", "this dish has no variants"),
    "unknown_modifier": ("没有这个做法", "there is no such modifier"),
    "modifier_count": ("做法要选 {min} 到 {max} 样", "choose {min} to {max} of these"),
    "not_by_line": ("这个操作不能只对几行", "this cannot be done to single lines"),
    "only_all_of_it": ("只能整行一起", "only all of the line at once"),
    "same_as_before": ("跟原来的一样", "the same as before"),
    "more_than_there_are": ("没有这么多份", "there are not so many of it"),
    "modifier_twice": ("同一做法选了两次", "the same modifier twice"),
    "unknown_revision": ("没有这一版菜单", "there is no such menu revision"),
    "table_missing": ("堂食要有桌号", "an order to eat in needs a table"),
    "labels_only": ("标签机只打标签，请选小票打印机", "a label printer prints labels only; choose a slip printer"),
    "no_such_printer": ("没有这台打印机", "there is no such printer to send it to"),
    "from_the_future": ("版本比现在的还新", "this version does not exist yet"),
    "too_many_stations": ("档口太多", "too many stations for one order"),
    "too_long": ("一次点得太多，请分两次下单", "too much for one order; please send it in two"),
    "order_closed": ("这张单已经结束，还要做就重新下单", "the order is closed; order anew what is to be cooked again"),
    "not_a_set": ("这道菜不是套餐", "this dish is not a set"),
}

_WHAT_TO_DO: dict[str, tuple[str, str]] = {
    "idempotency_key_missing": (
        "请加上请求头 Idempotency-Key：每份订单一个新的随机值，重发同一份时用原来的值",
        "Send the header Idempotency-Key: a new random value for each order, the same value when you send it again",
    ),
    "idempotency_key_reused": (
        "同一编号只能用于同样的内容；新的请求请换新编号",
        "A key stands for one body; take a new key for a new request",
    ),
    "not_json": ("请发送 JSON 对象", "Send a JSON object"),
    "bad_request": ("请对照 docs/http.md", "See docs/http.md"),
    "login_needed": (
        "页面请先登录；程序请带 Authorization: Bearer TOKEN",
        "Pages log in; programs send Authorization: Bearer TOKEN",
    ),
    "wrong_login": ("请再看一遍再输入", "Look again and type it once more"),
    "not_allowed": ("请让有权限的同事来做", "Ask a colleague who may"),
    "foreign_origin": (
        "Origin 必须是本页自己的地址（含端口）；程序不要登录，请用 Authorization: Bearer TOKEN",
        "Origin must be this page's own address, port included; programs do not log in, they send "
        "Authorization: Bearer TOKEN",
    ),
    "table_closed": ("请员工开台，再扫一次桌上的码", "Staff open the table; then scan its code again"),
    "unknown_table": ("请扫桌上的码；桌号见 GET /api/v1/tables", "Scan the table's code; staff: GET /api/v1/tables"),
    "sold_out": ("lines 里是卖完的菜，去掉再下单", "`lines` names what is gone; leave it out and send again"),
    "not_served_now": (
        "lines 里是暂停供应的菜，去掉再下单；恢复以后菜单上又有",
        "`lines` names what no cook could see now; leave it out and send again. It comes back on the menu by itself",
    ),
    "price_changed": ("lines 里是新旧价格，看过再下单", "`lines` has old and new prices; look, then send again"),
    "table_taken": ("选空桌，或者用并台", "Choose a free table, or merge the two"),
    "stale": ("ticket 是现在的样子，看过再按", "`ticket` is how it stands now; look, then press again"),
    "illegal_move": ("状态已经变了，请刷新再看", "Its state does not allow it; look at it again"),
    "not_ready": (
        "missing 里是还没做好的；要先上就长按",
        "`missing` names what is not ready; to serve it all the same, say `early`",
    ),
    "too_large": ("内容最多 64 KiB", "A body is 64 KiB at most"),
    "too_many": ("Retry-After 是要等的秒数", "Retry-After says how many seconds to wait"),
    "wrong_host": (
        "请用盒子的地址，或把这个名字写进 gateway.toml 的 hosts",
        "Use the box's address, or name this host in gateway.toml under hosts",
    ),
    "ordering_paused": ("恢复后用同一编号再发即可", "Send it again with the same key when ordering is open"),
    "storage_slow": ("用同一编号再发，不会多一份", "Send it again with the same key; it will not come twice"),
    "busy": ("用同一编号再发，不会多一份", "Send it again with the same key; it will not come twice"),
    "stopping": ("用同一编号再发，不会多一份", "Send it again with the same key; it will not come twice"),
    "not_found": ("请看 GET /api/v1/openapi.json（员工端口）", "See GET /api/v1/openapi.json on the staff listener"),
    "method_not_allowed": ("Allow 列出可用的方法", "Allow lists the methods that there are"),
}  # fmt: skip
"""Said as `detail` where the refusal itself has nothing more precise to say."""


PAGE = """<!doctype html><html lang="{lang}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>{title}</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/static/tokens.css">
<main class="empty"><h1>{title}</h1><p>{do}</p></main></html>"""

_WAY_ON = (
    "点单请扫桌上的二维码；员工请打开收藏的页面。",
    "To order, scan the code on your table. Staff: open the page that you have kept.",
)


def _for_a_person() -> bool:
    """A browser that came by its address bar, not a program."""
    return request.method == "GET" and "text/html" in request.headers.get("Accept", "") and "/api/" not in request.path


def _page(title: str, status: int) -> Response:
    index = 0 if chinese() else 1
    text = PAGE.format(lang=("zh-Hans", "en")[index], title=escape(title), do=_WAY_ON[index])
    return Response(text, status=status, content_type="text/html; charset=utf-8")


def in_english(code: str) -> tuple[str, str]:
    """(title, detail) of a refusal, as the OpenAPI documents show it; its own case may have more precise a detail."""
    return _WORDS[code][1], _WHAT_TO_DO.get(code, ("", ""))[1]


def problem(refused: Refused) -> Response:
    code = refused.code
    status = STATUS.get(code, OTHERWISE)
    index = 0 if chinese() else 1
    title = _WORDS.get(code, (code, code))[index]
    if status == 404 and _for_a_person():
        return _page(title, status)
    detail = {name: value for name, value in refused.detail.items() if name != "words"}
    if "faults" in detail:
        detail["faults"] = [in_words(fault, ("zh-Hans", "en")[index]) for fault in detail["faults"]]
    reason = str(detail.get("reason", ""))
    if reason in _REASONS:
        words = _REASONS[reason][index].format(**{k: v for k, v in detail.items() if k in ("min", "max")})
    else:
        words = str(refused.detail.get("words") or reason)
    if not words and code in _WHAT_TO_DO:
        words = _WHAT_TO_DO[code][index]
    if "field" in detail:
        words = f"{detail['field']}: {words}"
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": words}
    answer = Response(
        msgspec.json.encode({**detail, **body}), status=status, content_type="application/problem+json; charset=utf-8"
    )
    if refused.retry_after_s is not None:
        answer.headers["Retry-After"] = str(refused.retry_after_s)
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if request.method == "HEAD":
        answer.headers["Problem-Code"] = code  # such an answer has no body to say it in
    return answer


_HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 400: "bad_request"}


def register(app: Flask) -> None:
    @app.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        return problem(error)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        known = _HTTP_CODES.get(error.code or 500)
        if known is None:
            return Response(error.name, status=error.code, content_type="text/plain")
        answer = problem(Refused(known))
        if error.code == 405 and isinstance(getattr(error, "valid_methods", None), (list, set)):
            answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # type: ignore[attr-defined]
        return answer

    @app.errorhandler(Exception)
    def bug(error: Exception) -> Response:
        app.logger.exception("a request failed")
        return problem(Refused("internal"))
