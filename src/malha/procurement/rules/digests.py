"""When the next digest of a saved search is due: at an hour of the wall clock, in a time zone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, available_timezones


class Frequency(StrEnum):
    """How often a search tells of what it has found."""

    AT_ONCE = "at-once"
    DAILY = "daily"
    WEEKLY = "weekly"


def is_time_zone(name: str) -> bool:
    """Whether the IANA's database has a zone of this name."""
    return name in available_timezones()


def next_digest(after: datetime, frequency: Frequency, *, hour: int, weekday: int, zone: str) -> datetime | None:
    """The first digest later than an instant, in UTC; None for a search that tells at once. Monday is weekday 0.

    An hour that the clocks leave out comes when they have gone forward; one that they repeat comes the first time.
    """
    if frequency is Frequency.AT_ONCE:
        return None
    clock = ZoneInfo(zone)
    day = after.astimezone(clock).date() - timedelta(days=1)
    while True:
        due = datetime.combine(day, time(hour), clock).astimezone(UTC)
        if due > after and (frequency is Frequency.DAILY or day.weekday() == weekday):
            return due
        day += timedelta(days=1)
