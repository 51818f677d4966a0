"""Every word about a probe's findings, as (Chinese, English): the page, the doctors and the reports say the same."""

from __future__ import annotations

Words = dict[str, tuple[str, str]]

CAPABILITIES: Words = {
    "dle_eot": ("问状态马上答（DLE EOT）", "answers status questions at once (DLE EOT)"),
    "asb": ("状态变了自己说（GS a）", "tells changes by itself (GS a)"),
    "gs_r": ("打完才回答，没有名字（GS r）", "answers when printed, without a name (GS r)"),
    "gs_h": ("打完回我们的号（GS ( H）", "answers when printed, with our mark (GS ( H)"),
    "gs_h_order": ("两个号按顺序回", "answers two marks in their order"),
    "identity": ("说自己的型号（GS I，不一定真）", "says who it is (GS I, not to be trusted)"),
    "qr": ("自己会画二维码", "draws QR codes by itself"),
    "raster": ("能打图片（GS v 0）", "prints pictures (GS v 0)"),
    "cutter": ("有切刀", "has a cutter"),
    "gbk": ("简体中文（GBK）", "simplified Chinese (GBK)"),
    "big5": ("繁体中文（Big5）", "traditional Chinese (Big5)"),
    "cp437": ("西文代码页 CP437", "code page CP437"),
    "cp858": ("西文代码页 CP858（有 €）", "code page CP858 (with €)"),
    "drawer": ("能开钱箱", "opens a drawer"),
    "buzzer": ("有蜂鸣器", "has a buzzer"),
    "status_port": ("网络状态口 4000", "status port 4000 on the network"),
    "flow_control": ("满了会叫停（流控）", "says stop when full (flow control)"),
}
STATES: Words = {
    "works": ("可以", "works"), "does_not": ("不行", "does not"), "unknown": ("不知道", "not known"),
    "should": ("应该可以", "should work"), "should_not": ("应该不行", "should not work"),
}  # fmt: skip
"""The last two are of what nobody has verified."""
KNOWN: Words = {
    "probed": ("这台机器刚答的", "this printer answered"),
    "documented": ("资料上说的", "a source says so"),
    "unverified": ("没有核实", "not verified"),
}
NOTES: Words = {
    "late": ("回答可能慢一拍", "its answers may be one question late"),
    "noise": ("线上有杂音，不算数", "there was noise on the line, so it does not count"),
    "foreign": ("回的是别人的号", "it answered with somebody else's mark"),
    "newest_only": ("只回了后一个", "it answered only the later one"),
    "serial_only": ("资料说只在串口上有", "its manual says on a serial line only"),
    "first_late": ("第一个回答常常晚到", "its first answer often comes late"),
    "jammed": ("切刀报错", "the cutter reports an error"),
    "see_slip": ("看检测单上的字母", "look at its letter on the slip"),
    "differs": ("和资料说的不一样", "other than its papers say"),
    "size_by_fs": ("中文放大只认 FS !", "enlarges Chinese by FS ! only"),
    "old_boards": ("有的老机器缺纸也答", "some old ones answer without paper too"),
}
TITLES: Words = {
    "printed": ("检测单已打出，打印机回答了", "The probe's slip is on paper; the printer answered"),
    "not_printed": ("检测单没有回执，请看打印机", "Nothing proves the probe's slip; look at the printer"),
    "no_answer": (
        "打印机什么都没说；检测单可能已打出，请看打印机",
        "The printer said nothing; its slip may be there: look",
    ),
    "not_sent": ("检测单没有送出", "The probe's slip was not sent whole"),
    "paper_out": ("打印机没纸了", "The printer is out of paper"),
    "cover_open": ("打印机盖子开着", "The printer's cover is open"),
    "cutter_error": ("切刀卡住了", "The printer's cutter is jammed"),
    "error": ("打印机报错", "The printer reports an error"),
    "offline": ("打印机离线", "The printer is off line"),
    "said": ("它自己说是", "It calls itself"),
    "disagrees": (
        "设置里 {0} = \"{1}\"，可是这台打印机不支持：{2}", "The settings say {0} = \"{1}\"; this printer does not: {2}"
    ),
    "disagrees_documented": (
        "设置里 {0} = \"{1}\"，可是资料说这种打印机不支持：{2}",
        "The settings say {0} = \"{1}\"; a source says that this model does not: {2}",
    ),
}  # fmt: skip
ADVICE: Words = {
    "fence": ("合适的设置：fence = \"{0}\"", "a setting that fits: fence = \"{0}\""),
}
LETTERS: Words = {
    "A": ("简体中文清楚吗？（没有乱码，右边是 ￥56.00）", "Simplified Chinese: readable, with ￥56.00 at its end?"),
    "B": (
        "繁体中文清楚吗？（简体机器上是乱码，照实写）",
        "Traditional Chinese: readable? (Garbage on most mainland printers.)",
    ),
    "C": ("看到 é è ü ñ 吗？（CP437）", "Do you see é è ü ñ ? (CP437)"),
    "D": ("看到 é ü € 吗？（CP858）", "Do you see é ü € ? (CP858)"),
    "E": (
        "四行各不一样吗：普通、加宽、加高、又宽又高？中文和字母一样大吗？",
        "Four lines: plain, wide, tall, both? Chinese as large as the letters beside it?",
    ),
    "F": (
        "F 下面那行数字印满整行吗？不满或换行了，写下来（设置里的 columns 是纸的宽度）",
        "Does the row of figures below F fill one whole line? If it ends early or wraps, write that down (columns).",
    ),
    "G": (
        "有二维码吗？扫出 TABLEPASS G 吗？（打印机画的；没有就设 qr = \"drawn\"）",
        "A QR code that scans as TABLEPASS G? (Drawn by the printer; if not, set qr = \"drawn\".)",
    ),
    "H": ("有二维码吗？扫出 TABLEPASS H 吗？（图片）", "A QR code that scans as TABLEPASS H? (A picture.)"),
    "I": ("有条码吗？扫出 PROBE-01 吗？", "A bar code that scans as PROBE-01?"),
    "J": ("纸在这一行下面切断了吗？", "Is the paper cut below this line?"),
    "K": ("最上面有多余的字母吗？写下来", "Odd letters at the very top? Write them down."),
}
"""In the order of the slip; K is what a printer prints that takes a question for text."""
