"""Moments of a cron expression in a time zone, on the days too when the clocks change.

As Debian's cron has it: a fixed time that the clocks leave out comes right after the gap, one that they repeat comes
once, and what comes every so many minutes goes on by the real hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

FIELDS = 5
MOST_CHARACTERS = 200


class CronInvalidError(ValueError):
    """No cron expression of five fields, or one that no day ever fulfils."""


def is_time_zone(name: str) -> bool:
    """Whether the IANA's database has a zone of this name."""
    return name in available_timezones()


def check_cron(expression: str) -> str:
    """The expression with single spaces; raises CronInvalidError."""
    fields = expression.split()
    if len(fields) != FIELDS or len(expression) > MOST_CHARACTERS:
        raise CronInvalidError(f"{expression!r} does not have five fields")
    plain = " ".join(fields)
    try:
        next(CronSim(plain, datetime(2024, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration) as error:
        raise CronInvalidError(str(error) or f"{plain!r} never comes") from error
    return plain


def moments(expression: str, zone: str, after: datetime) -> Iterator[datetime]:
    """Every moment later than an instant, in UTC and in order, each once."""
    last = after
    local = after.astimezone(ZoneInfo(zone))
    for found in CronSim(expression, local):
        moment = found.astimezone(UTC)
        # The second of two repeated hours has the wall clock of the first: what lies behind was here before.
        if moment > last:
            yield moment
            last = moment


def next_moment(expression: str, zone: str, after: datetime) -> datetime:
    """The first moment later than an instant."""
    return next(moments(expression, zone, after))


def count_moments(expression: str, zone: str, after: datetime, until: datetime, *, most: int) -> int:
    """How many moments lie behind an instant and not after another, counted up to a limit."""
    count = 0
    for moment in moments(expression, zone, after):
        if moment > until or count >= most:
            break
        count += 1
    return count


def shortest_gap(expression: str, zone: str, after: datetime) -> timedelta:
    """The shortest time between two of the next moments: what would come too often is told by it."""
    found = moments(expression, zone, after)
    times = [next(found) for _ in range(_LOOKED_AT)]
    return min(later - earlier for earlier, later in pairwise(times))


_LOOKED_AT = 10
