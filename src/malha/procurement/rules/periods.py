"""Days and blocks of sixteen days by number, the keys by which records of a time are found in an index."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from malha.kit.clock import SAO_PAULO

EPOCH = datetime(2020, 1, 1, 3, tzinfo=UTC)
"""A midnight in Brasília, which has had no other offset since."""
BLOCK_DAYS = 16
_DAY = timedelta(days=1)


def day_number(instant: datetime) -> int:
    """The day of an instant, counted from 2020."""
    return (instant - EPOCH) // _DAY


def first_instant(day: int) -> datetime:
    """When a day begins."""
    return EPOCH + day * _DAY


def number_of(day: date) -> int:
    """The number of a calendar day."""
    return day_number(datetime(day.year, day.month, day.day, 12, tzinfo=SAO_PAULO))


def cover(first: int, last: int) -> list[str]:
    """The keys of exactly these days: `d` and a day, `w` and a block."""
    keys: list[str] = []
    day = first
    while day <= last:
        if day % BLOCK_DAYS == 0 and day + BLOCK_DAYS - 1 <= last:
            keys.append(f"w{day // BLOCK_DAYS}")
            day += BLOCK_DAYS
        else:
            keys.append(f"d{day}")
            day += 1
    return keys
