"""The language of whoever sits at the terminal."""

from __future__ import annotations

import os

from gateway.domain.fault import Fault
from gateway.domain.fault_words import in_words


def chinese() -> bool:
    """As the terminal's locale says. Without one: English, as most tools of a terminal."""
    locale = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return locale.lower().startswith("zh")


def say(zh: str, en: str) -> str:
    return zh if chinese() else en


def told(fault: Fault) -> str:
    return in_words(fault, "zh-Hans" if chinese() else "en")
