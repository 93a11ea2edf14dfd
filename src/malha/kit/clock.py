"""The wall clock as a value, so that whatever judges dates can be given one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SAO_PAULO = ZoneInfo("America/Sao_Paulo")

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The current instant, aware, in UTC."""
    return datetime.now(UTC)


def brazilian_day(instant: datetime) -> date:
    """The calendar day of an aware instant in America/Sao_Paulo."""
    return instant.astimezone(SAO_PAULO).date()
