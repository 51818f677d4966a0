"""An amount as people read it. Integers in, text out; no float comes near it."""

from __future__ import annotations

from firmware_bridge.charset import printable

DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3, "JOD": 3}
"""ISO 4217: digits behind the point, where they are not two."""
SIGNS = {"CNY": "¥", "JPY": "¥", "EUR": "€", "USD": "$", "GBP": "£"}


def plain_amount(amount: int, currency: str) -> str:
    """Without its sign of money: for a column where every line has the same."""
    digits = DIGITS.get(currency, 2)
    minus = "-" if amount < 0 else ""
    if not digits:
        return f"{minus}{abs(amount)}"
    whole, rest = divmod(abs(amount), 10**digits)
    return f"{minus}{whole}.{rest:0{digits}}"


def full_amount(amount: int, currency: str) -> str:
    """With its sign of money, or the code of a currency that has none here."""
    sign = SIGNS.get(currency) or (f"{printable(currency)} " if printable(currency) else "")
    minus = "-" if amount < 0 else ""
    return f"{minus}{sign}{plain_amount(abs(amount), currency)}"
