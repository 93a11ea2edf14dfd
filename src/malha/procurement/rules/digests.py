"""When the next digest of a saved search is due: at an hour of the wall clock, in a time zone."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from malha.schedules.rules.cron import next_moment


class Frequency(StrEnum):
    """How often a search tells of what it has found."""

    AT_ONCE = "at-once"
    DAILY = "daily"
    WEEKLY = "weekly"


def next_digest(after: datetime, frequency: Frequency, *, hour: int, weekday: int, zone: str) -> datetime | None:
    """The first digest later than an instant, in UTC; None for a search that tells at once. Monday is weekday 0.

    An hour that the clocks leave out comes when they have gone forward; one that they repeat comes the first time.
    """
    if frequency is Frequency.AT_ONCE:
        return None
    days = "*" if frequency is Frequency.DAILY else str((weekday + 1) % 7)
    return next_moment(f"0 {hour} * * {days}", zone, after)
