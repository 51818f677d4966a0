"""The faults that the rules of menu and settings find, in Chinese for who reads Chinese. The rules speak English."""

from __future__ import annotations

import re

from gateway.commands.reader import chinese

_WORDS = [
    (r"item (.+): the id is there twice", r"菜品 \1：这个 id 用了两次，改掉一个"),
    (r"item (.+): no station (.+); there are: (.*)", r"菜品 \1：没有档口 \2；现有：\3"),
    (r"item (.+): has no name in any language", r"菜品 \1：没有写名字，例如 name = { zh-Hans = \"…\" }"),
    (
        r"item (.+), group (.+): min (\d+), max (\d+) of (\d+)",
        r"菜品 \1，做法组 \2：min \3、max \4，一共才 \5 样，请改小",
    ),
    (r"(\d+) items; at most (\d+)", r"\1 道菜，最多 \2 道"),
    (r"the menu has no item", "菜单里一道菜也没有"),
    (r"the settings come first: .*", "先导入设置：菜单要用到其中的档口"),
    (r"currency (.+): the store's is (.+)", r"币种 \1：本店是 \2"),
    (r"station (.+) is there twice", r"档口 \1 写了两次"),
    (r"printer (.+) is there twice", r"打印机 \1 写了两次"),
    (r"area (.+) is there twice", r"区域 \1 写了两次"),
    (r"table (.+) is there twice", r"桌台 \1 写了两次"),
    (r"station (.+): no printer (.+); there are: (.*)", r"档口 \1：没有打印机 \2；现有：\3"),
    (r"station (.+): proof (.+) needs a printer", r"档口 \1：proof = \2 要配一台打印机"),
    (r"station (.+): soon_s must be smaller than late_s", r"档口 \1：soon_s 要小于 late_s"),
    (r"there is no station", "一个档口也没有"),
    (r"default_station: no station (.+)", r"default_station：没有档口 \1"),
    (r"time_zone: (.+) is not a time zone name.*", r"time_zone：\1 不是时区名，例如 'Asia/Shanghai'"),
    (
        r"station (.+): (\d+) open tickets would stand on no screen; bump them at (\S+) first,.*",
        r"档口 \1：还有 \2 张没做完，去掉它就没有屏幕显示了；先在 \3 出餐，或加 --force 全部收掉",
    ),
    (r"printer (.+): (\d+) slips still wait for it; cancel them first", r"打印机 \1：还有 \2 张在等它，先取消这些"),
]


def in_readers_language(fault: str) -> str:
    """The same fault; one without Chinese words stays as it is, for it must be said."""
    if chinese():
        for english, words in _WORDS:
            if match := re.fullmatch(english, fault):
                return match.expand(words)
    return fault
