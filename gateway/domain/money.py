"""Amounts are integers in the smallest unit of a currency. There is no float in the house's money."""

from __future__ import annotations

MAX_AMOUNT = 100_000_000
"""One million in a currency of cents: above any check of a restaurant, below every integer limit."""


def round_half_up(numerator: int, denominator: int) -> int:
    """The quotient rounded half away from zero, as tills round."""
    sign = -1 if (numerator < 0) != (denominator < 0) else 1
    quotient, rest = divmod(abs(numerator), abs(denominator))
    return sign * (quotient + (1 if 2 * rest >= abs(denominator) else 0))
