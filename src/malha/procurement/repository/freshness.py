"""How fresh what is here is: lags by kind and day, the oldest open day, minutes in which PNCP was away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, LiteralString, NamedTuple

from sqlalchemy import func, select, text

from malha.db import ReadSession, Session
from malha.procurement.models import Partition, Probe, Procurement

# A version that an update met first; what a backfill brings was not waited for.
_LAGS: LiteralString = """
SELECT kind, (seen_at AT TIME ZONE 'America/Sao_Paulo')::date AS day, count(*) AS records,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM seen_at - version_at)) AS p50_seconds,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM seen_at - version_at)) AS p95_seconds
FROM procurement_versions
WHERE is_live AND seen_at >= CAST(:first AS date)::timestamp AT TIME ZONE 'America/Sao_Paulo'
  AND seen_at < (CAST(:last AS date) + 1)::timestamp AT TIME ZONE 'America/Sao_Paulo'
GROUP BY 1, 2 ORDER BY 2, 1
"""
# A probe speaks for the time until the next one, and for no longer than that should take.
_AWAY: LiteralString = """
SELECT host, day, count(*) AS probes,
       coalesce(sum(seconds) FILTER (WHERE outcome = 'away'), 0) / 60 AS away_minutes,
       coalesce(sum(seconds) FILTER (WHERE outcome = 'offline'), 0) / 60 AS offline_minutes,
       coalesce(sum(seconds), 0) / 60 AS watched_minutes
FROM (SELECT host, outcome, (at AT TIME ZONE 'America/Sao_Paulo')::date AS day,
             least(extract(epoch FROM coalesce(lead(at) OVER (PARTITION BY host ORDER BY at), now()) - at), :most)
             AS seconds
      FROM procurement_probes
      WHERE at >= CAST(:first AS date)::timestamp AT TIME ZONE 'America/Sao_Paulo'
        AND at < (CAST(:last AS date) + 1)::timestamp AT TIME ZONE 'America/Sao_Paulo') AS spans
GROUP BY 1, 2 ORDER BY 2, 1
"""
LONGEST_SPAN_SECONDS = 120.0


class Lag(NamedTuple):
    """From a record's version to our first sight of it, over a day."""

    kind: str
    day: date
    records: int
    p50_seconds: float
    p95_seconds: float


class Away(NamedTuple):
    """How long a host was away on a day, and how long nobody can tell because we were offline."""

    host: str
    day: date
    probes: int
    away_minutes: float
    offline_minutes: float
    watched_minutes: float


async def measure_lags(session: ReadSession, first: date, last: date) -> list[Lag]:
    """Lags by kind and day."""
    found = await session.execute(text(_LAGS), {"first": first, "last": last})
    return [Lag(row.kind, row.day, row.records, float(row.p50_seconds), float(row.p95_seconds)) for row in found]


async def measure_away(session: ReadSession, first: date, last: date) -> list[Away]:
    """Outages by host and day."""
    found = await session.execute(text(_AWAY), {"first": first, "last": last, "most": LONGEST_SPAN_SECONDS})
    return [Away(row[0], row[1], row[2], float(row[3]), float(row[4]), float(row[5])) for row in found]


async def oldest_open(session: ReadSession, last: date) -> Partition | None:
    """The open partition of the earliest day that is over."""
    is_open = (Partition.state != "complete", Partition.day <= last, Partition.kind != "open_proposals")
    return await session.scalar(select(Partition).where(*is_open).order_by(Partition.day, Partition.kind).limit(1))


async def count_open(session: ReadSession, last: date) -> int:
    """How many partitions of days that are over are not proved."""
    is_open = (Partition.state != "complete", Partition.day <= last, Partition.kind != "open_proposals")
    return (await session.scalar(select(func.count()).select_from(Partition).where(*is_open))) or 0


async def newest_procurement(session: ReadSession) -> str | None:
    """Some procurement that PNCP has."""
    return await session.scalar(select(Procurement.control_number).order_by(Procurement.published_at.desc()).limit(1))


async def add_probes(session: Session, probes: Sequence[dict[str, Any]], at: datetime) -> None:
    """Keep what looks have found."""
    session.add_all([Probe(at=at, **probe) for probe in probes])
