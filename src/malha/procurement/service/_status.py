"""How the synchronisation stands: the last run, how far behind PNCP it is, and how much of that is PNCP's own."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from malha.db import ReadSession
from malha.kit.clock import SAO_PAULO, brazilian_day, utc_now
from malha.procurement.errors import SyncRunNotFoundError
from malha.procurement.models import Partition
from malha.procurement.repository import freshness, partitions, runs
from malha.procurement.rules.calendar import CalendarDay, calendar_of
from malha.procurement.rules.partitions import GRACE
from malha.procurement.schemas.sync import (
    AwayRead,
    CalendarDayRead,
    FreshnessRead,
    LagRead,
    OpenPartitionRead,
    PartitionRead,
    SyncStatusRead,
)


async def read_status(session: ReadSession, request_id: UUID | None) -> SyncStatusRead:
    """The run of a request, or the last one, and how fresh things are today; SyncRunNotFoundError without any."""
    run = await runs.find_run(session, request_id)
    if run is None:
        raise SyncRunNotFoundError
    today = brazilian_day(utc_now())
    status = SyncStatusRead.model_validate(run)
    status.lag_seconds = await read_lag(session)
    status.freshness = await read_freshness(session, today, today)
    return status


async def read_lag(session: ReadSession) -> float | None:
    """Seconds since the moment up to which the last update has looked; None before the first."""
    last = await runs.last_update_end(session)
    return None if last is None else (utc_now() - last).total_seconds()


async def read_freshness(session: ReadSession, first: date, last: date) -> FreshnessRead:
    """Lags and outages of these days, and what is open now."""
    last_over = _last_day_over()
    oldest = await freshness.oldest_open(session, last_over)
    return FreshnessRead(
        lags=[LagRead.model_validate(lag) for lag in await freshness.measure_lags(session, first, last)],
        away=[AwayRead.model_validate(away) for away in await freshness.measure_away(session, first, last)],
        open_partitions=await freshness.count_open(session, last_over),
        oldest_open=_told(oldest) if oldest else None,
    )


async def read_coverage(session: ReadSession, first: date, last: date) -> list[PartitionRead]:
    """The partitions of these days."""
    return [PartitionRead.model_validate(partition) for partition in await partitions.list_days(session, first, last)]


async def read_calendar(session: ReadSession, first: date, last: date) -> list[CalendarDayRead]:
    """Each kind and day with what is proved of it; a day that is not here was never asked for."""
    rows = await partitions.list_days(session, first, last)
    days: list[CalendarDay] = calendar_of((row.kind, row.day, row.state, row.wants, row.has) for row in rows)
    return [CalendarDayRead.model_validate(day) for day in days]


def _told(partition: Partition) -> OpenPartitionRead:
    ended = datetime(partition.day.year, partition.day.month, partition.day.day, tzinfo=SAO_PAULO) + timedelta(days=1)
    told = OpenPartitionRead.model_validate(partition)
    told.age_seconds = (utc_now() - ended).total_seconds()
    return told


def _last_day_over() -> date:
    return brazilian_day(utc_now() - GRACE) - timedelta(days=1)
