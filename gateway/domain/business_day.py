"""Which business day a moment belongs to. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.domain.settings import Settings


def day_of(rules: Settings, moment: datetime) -> str:
    """By the store's own clock, from `day_starts` on: an order at 01:30 belongs to the evening before."""
    hours, minutes = (int(part) for part in rules.day_starts.split(":"))
    return (moment.astimezone(rules.zone()) - timedelta(hours=hours, minutes=minutes)).date().isoformat()
