"""Every fault in words, in both languages: the one place for them. A rule yields codes; whoever shows them asks here.

Placeholders are the fault's params, and `where`: the place in words. Both languages use the same ones, so that neither
reader is told less. Names that a person typed stand in quotes as they are (`!r`); codes and keys are never translated.
"""

from __future__ import annotations

from typing import Any, Literal

from gateway.domain.fault import Fault

Language = Literal["zh-Hans", "en"]
_ORDER: tuple[Language, ...] = ("zh-Hans", "en")

STEPS: dict[str, tuple[str, str]] = {
    "line": ("第 {} 行", "line {}"),
    "key": ("{}", "{}"),
    "item": ("菜品 {!r}", "item {!r}"),
    "group": ("做法组 {!r}", "group {!r}"),
    "station": ("档口 {!r}", "station {!r}"),
    "printer": ("打印机 {!r}", "printer {!r}"),
    "area": ("区域 {!r}", "area {!r}"),
    "device": ("设备 {!r}", "device {!r}"),
    "table": ("桌台 {!r}", "table {!r}"),
    "shift": ("班次 {!r}", "shift {!r}"),
    "slips": ("第 {} 条 [[slips]]", "[[slips]] number {}"),
    "routes": ("第 {} 条 [[routes]]", "[[routes]] number {}"),
}

_MENU: dict[str, tuple[str, str]] = {
    "id_twice": ("{where}：这个 id 用了两次，改掉一个", "{where}: the id is there twice"),
    "no_such_station": (
        "{where}：没有档口 {station!r}；现有：{known}",
        "{where}: no station {station!r}; there are: {known}",
    ),
    "no_name": ('{where}：没有写名字，例如 name = {{ zh-Hans = "…" }}', "{where}: has no name in any language"),
    "group_bounds": (
        "{where}：min {min}、max {max}，一共 {count} 样；min 不能大于 max，max 不能超过一共的样数",
        "{where}: min {min}, max {max} of {count}",
    ),
    "too_many_items": ("{count} 道菜，最多 {most} 道", "{count} items; at most {most}"),
    "no_item": ("菜单里一道菜也没有", "the menu has no item"),
    "settings_first": (
        "先导入设置：菜单要用到其中的档口",
        "the settings come first: the menu speaks of their stations",
    ),
    "other_currency": ("币种 {currency}：本店是 {own}", "currency {currency}: the store's is {own}"),
}

_SETTINGS: dict[str, tuple[str, str]] = {
    "twice": ("{where} 写了两次", "{where} is there twice"),
    "no_such_printer": (
        "{where}：没有打印机 {printer!r}；现有：{known}",
        "{where}: no printer {printer!r}; there are: {known}",
    ),
    "label_without_label_printer": (
        '{where}：label 只用于标签机，请写 driver = "tspl_printer"',
        '{where}: label is for label printers; write driver = "tspl_printer"',
    ),
    "label_printer_encoding": (
        '{where}：标签机的字库是 GBK，encoding = {encoding!r} 不行，请写 "gbk"',
        '{where}: encoding {encoding!r} does not fit: the font of a label printer is GBK; write "gbk"',
    ),
    "label_printer_deed": (
        '{where}：标签机上接不了钱箱和蜂鸣器，去掉 {key}，接到小票打印机上',
        "{where}: no drawer and no buzzer hangs on a label printer; leave out {key} and hang it on a slip printer",
    ),
    "label_printer_of_station": (
        "{where}：{printer!r} 是标签机，打不了厨打单；换一台小票打印机",
        "{where}: {printer!r} is a label printer, no kitchen slip fits it; name a slip printer",
    ),
    "no_label_printer": (
        "{where}：{printer!r} 不是标签机，标签要由 tspl_printer 打",
        "{where}: {printer!r} is no label printer; labels need a tspl_printer",
    ),
    "paper_on_label_printer": (
        "{where}：{printer!r} 是标签机，打不了 {kind}",
        "{where}: {printer!r} is a label printer, no {kind} fits it",
    ),
    "stations_of_labels": (
        '{where}：stations 只用于 kind = "label" 和 "kitchen"，{kind} 是整单的',
        '{where}: stations is for kind = "label" and "kitchen"; a {kind} is of the whole order',
    ),
    "port_not_filled": (
        "{where}：port {port!r} 里的 ${{…}} 只有演示会自动填，请写真实的端口",
        "{where}: port {port!r} holds a ${{…}}, which only the demo fills in; write the real port",
    ),
    "no_such_table": ("{where}：没有桌台 {table!r}", "{where}: no table {table!r}"),
    "no_such_area": ("{where}：没有区域 {area!r}；现有：{known}", "{where}: no area {area!r}; there are: {known}"),
    "proof_needs_printer": ("{where}：proof = {proof!r} 要配一台打印机", "{where}: proof {proof!r} needs a printer"),
    "backups_need_printer": ("{where}：写了 backups，也要写 printer", "{where}: backups need a printer"),
    "no_buzzer": (
        "{where}：buzz = true，可是打印机 {printer!r} 没有写 buzzer",
        "{where}: buzz = true, and its printer {printer!r} has no buzzer",
    ),
    "one_socket": (
        "{where}：钱箱和 buzzer = 'drawer_socket' 用的是同一个插口，响铃会把钱箱弹开；只留一样",
        "{where}: the drawer and buzzer = 'drawer_socket' hang on one socket, and each ring would open the drawer; "
        "keep one of them",
    ),
    "soon_not_before_late": ("{where}：soon_s 要小于 late_s", "{where}: soon_s must be smaller than late_s"),
    "no_station": ("一个档口也没有", "there is no station"),
    "no_default_station": ("{where}：没有档口 {station!r}", "{where}: no station {station!r}"),
    "unknown_time_zone": (
        "{where}：{zone!r} 不是时区名，例如 'Asia/Shanghai'",
        "{where}: {zone!r} is not a time zone name such as 'Asia/Shanghai'",
    ),
    "tickets_left_behind": (
        "{where}：还有 {count} 张制作单没做完，去掉它就没有屏幕显示了；先在 /kds/{station} 出餐，或加 --force 全部收掉",
        "{where}: {count} open tickets would stand on no screen; bump them at /kds/{station} first, or end them all "
        "with --force",
    ),
    "slips_left_behind": (
        "{where}：还有 {count} 张小票在等它，先取消这些",
        "{where}: {count} slips still wait for it; cancel them first",
    ),
}

_ROUTES: dict[str, tuple[str, str]] = {
    "no_such_item": ("{where}：菜单上没有菜品 {item!r}", "{where}: the menu has no item {item!r}"),
    "no_such_category": (
        "{where}：菜单上没有分类 {category!r}；现有：{known}",
        "{where}: the menu has no category {category!r}; there are: {known}",
    ),
    "route_without_time": (
        "{where}：from 和 until 都是 {time}；整天有效就两个都不写",
        "{where}: from and until are both {time}; leave both out for the whole day",
    ),
    "route_never_fits": (
        "{where}：永远轮不到，前面的路线已经全部拿走；把它移到前面，或去掉",
        "{where}: never fits, for earlier ones take all that it could; move it up or leave it out",
    ),
    "too_many_routes": ("{count} 条 [[routes]]，最多 {most} 条", "{count} [[routes]]; at most {most}"),
    "item_without_path": (
        "{where}：档口 {station!r} 没有打印机，单子到不了厨师面前",
        "{where}: station {station!r} has no printer, so nothing brings it before a cook",
    ),
    "station_cut_off": (
        "{where}：没有开着的屏幕，也没有能打的打印机；{items} 没人能看到",
        "{where}: no screen is there and no printer prints; no cook would see {items}",
    ),
}

_STORE: dict[str, tuple[str, str]] = {
    "no_settings_yet": ("还没有导入设置，先用 gateway settings import", "no settings have been imported"),
    "no_menu_yet": ("还没有导入菜单，先用 gateway menu import", "no menu has been imported"),
    "not_stored": ("这次没写进数据库：{reason}", "the database did not take it: {reason}"),
    "refused": ("点单盒不收：{code}", "the box refuses it: {code}"),
}

_FILE: dict[str, tuple[str, str]] = {
    "no_file": ("没有这个文件", "there is no such file"),
    "is_folder": ("这是文件夹，请写文件名", "cannot be read: it is a folder; name the file in it"),
    "not_permitted": (
        "没有权限读：请用点单盒的用户，或加 sudo",
        "cannot be read: you may not; use sudo or the gateway's own user",
    ),
    "cannot_be_read": ("读不了：{reason}", "cannot be read: {reason}"),
    "not_utf8": (
        "{where}：不是 UTF-8 文本，请另存为 UTF-8",
        "{where}: cannot be read: not UTF-8 text; save it as UTF-8",
    ),
    "not_toml": ("不是 TOML，写法不对（{said}）", "not TOML: {said}"),
    "not_toml_at": (
        "{where}第 {column} 列：不是 TOML，写法不对（{said}）",
        "not TOML: {said} (at {where}, column {column})",
    ),
    "no_secret_file": (
        "{where}：没有文件 {file!r}：把密钥写进去，一行，别的不写",
        "{where}: there is no file {file!r}; write the secret there, one line and nothing else",
    ),
    "secret_not_permitted": (
        "{where}：{file!r} 没有权限读：请用点单盒的用户，或加 sudo",
        "{where}: {file!r} cannot be read: you may not; use sudo or the gateway's own user",
    ),
    "secret_cannot_be_read": ("{where}：{file!r} 读不了：{reason}", "{where}: {file!r} cannot be read: {reason}"),
}

_KEYS: dict[str, tuple[str, str]] = {
    "unknown_key": ("{where}：没有这一项；可以写：{known}", "{where}: unknown key; there are: {known}"),
    "unknown_key_near": ("{where}：没有这一项，是不是 {near!r}？", "{where}: unknown key; did you mean {near!r}?"),
    "missing": ("{where}：没有写，必须有", "{where}: is missing; it must be there"),
    "missing_in_boot_file": ("{where}：没有写，必须有", "{where} is missing; it must be there"),
    "not_a_table": ("{where}：这里要一张表", "{where}: a table belongs here"),
    "not_tables": ("{where}：这里要一张表的列表 [[…]]", "{where}: a list of tables [[…]] belongs here"),
    "not_a_section": ("{where}：这里要一张表 [{section}]", "{where}: a table [{section}] belongs here"),
    "file_does_not_fit": ("内容不合要求（{said}）", "the content does not fit ({said})"),
}


def _write(zh: str, en: str) -> tuple[str, str]:
    """Of a value that does not fit: what to write instead."""
    return f"{{where}}：{{value!r}} 不行，{zh}", f"{{where}}: {{value!r}} does not fit; write {en}"


_VALUES: dict[str, tuple[str, str]] = {
    "not_one_of": ("{where}：{value!r} 不行，可以写：{choices}", "{where}: {value!r} is not one of: {choices}"),
    "too_small": ("{where}：{value!r} 不行，最小 {limit}", "{where}: {value!r} is too small; at least {limit}"),
    "too_large": ("{where}：{value!r} 不行，最大 {limit}", "{where}: {value!r} is too large; at most {limit}"),
    "too_short": (
        "{where}：{value!r} 不行，至少 {limit} 个字",
        "{where}: {value!r} is too short; at least {limit} characters",
    ),
    "too_long": (
        "{where}：{value!r} 不行，最多 {limit} 个字",
        "{where}: {value!r} is too long; at most {limit} characters",
    ),
    "not_an_id": _write("要小写字母、数字、- 和 _，不超过 40 个", "small letters, figures, - and _; at most 40"),
    "not_a_box_name": _write("要小写字母、数字和 -，不超过 40 个", "small letters, figures and -; at most 40"),
    "not_an_address": _write("要以 http:// 或 https:// 开头的地址", "an address that begins with http:// or https://"),
    "not_a_currency": _write("要三个大写字母，例如 CNY", "three capital letters such as CNY"),
    "not_a_time_of_day": _write("要一天里的时刻，例如 04:00", "a time of day such as 04:00"),
    "not_a_language": _write("要语言标记，例如 zh-Hans", "a language tag such as zh-Hans"),
    "not_a_number": _write(
        "要整数，例如 30；钱以分计，38 元写 3800",
        "a whole number such as 30; money in the smallest unit, 38.00 as 3800",
    ),
    "not_a_boot_number": _write("要整数，不加引号，例如 8081", "a whole number without quotes, such as 8081"),
    "not_a_text": _write("要引号里的文字", 'text in quotes, "…"'),
    "not_true_or_false": _write("要 true 或 false", "true or false"),
    "not_a_list": _write("要一个列表 […]", "a list […]"),
    "not_a_boot_list": _write('要一个列表，例如 ["order.example.com"]', 'a list such as ["order.example.com"]'),
    "not_a_text_map": _write(
        '要一张表 {{ … }}，文字按语言写：{{ zh-Hans = "…" }}', 'a table {{ … }}; texts go by language: {{ en = "…" }}'
    ),
    "does_not_fit": ("{where}：{value!r} 不行（{said}）", "{where}: {value!r} does not fit ({said})"),
}

WORDS: dict[str, tuple[str, str]] = _MENU | _SETTINGS | _ROUTES | _STORE | _FILE | _KEYS | _VALUES


def in_words(fault: Fault, language: Language) -> str:
    """The fault as one line. A code without words still says itself; `tests/commands/test_fault_words.py` finds it."""
    index = _ORDER.index(language)
    template = WORDS.get(fault.code, ("{where} {code}",) * 2)[index]
    params = {name: _listed(value, index) for name, value in fault.params.items()}
    return template.format_map({"code": fault.code, **params, "where": _place(fault, index)})


def _listed(value: Any, index: int) -> Any:
    if not isinstance(value, tuple):
        return value
    return ("、", ", ")[index].join(map(str, value)) or ("无", "none")[index]


def _place(fault: Fault, index: int) -> str:
    """A line is what a person looks for first; rows are named from the outside in."""
    named = [(kind, STEPS[kind][index].format(name)) for kind, name in fault.where]
    lines = [words for kind, words in named if kind == "line"]
    rows = ("，", ", ")[index].join(words for kind, words in named if kind != "line")
    return ("：", ": ")[index].join([*lines, rows] if rows else lines)
