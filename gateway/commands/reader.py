"""The language of whoever sits at the terminal."""

from __future__ import annotations

import os


def chinese() -> bool:
    """As the terminal's locale says. Without one: English, as most tools of a terminal."""
    locale = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return locale.lower().startswith("zh")


def say(zh: str, en: str) -> str:
    return zh if chinese() else en
