"""Whether what is here of public contracting is as fresh as it should be: for readiness, and as metrics."""

from __future__ import annotations

import asyncio
from typing import Literal

from prometheus_client import Gauge
from sqlalchemy.exc import SQLAlchemyError

from malha.db import Database
from malha.kit.clock import brazilian_day, utc_now
from malha.procurement.schemas.sync import FreshnessRead
from malha.procurement.service import read_freshness, read_lag
from malha.procurement.settings import ProcurementSettings
from malha.settings import Settings

STALE_AFTER_SECONDS = 3600.0
"""Four updates that did not come."""
OPEN_TOO_LONG_SECONDS = 2 * 86_400.0
TIMEOUT_SECONDS = 3.0

LAG = Gauge("malha_procurement_lag_seconds", "Since when no update has looked at PNCP.")
KIND_LAG = Gauge("malha_procurement_kind_lag_seconds", "Version to first sight, today.", ("kind", "quantile"))
OPEN = Gauge("malha_procurement_open_partitions", "Days that are over and not proved complete.")
OLDEST_OPEN = Gauge("malha_procurement_oldest_open_seconds", "Age of the oldest of them.")
AWAY = Gauge("malha_procurement_source_away_minutes", "Minutes in which PNCP was away today, by our probe.", ("host",))


async def check(database: Database, settings: Settings) -> Literal["ok", "degraded"]:
    """`degraded` where updates run by the clock and do not keep up; requests are served all the same."""
    if not settings.of(ProcurementSettings).is_scheduled:
        return "ok"
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            lag, freshness = await _look(database)
    except (SQLAlchemyError, TimeoutError, OSError):
        return "degraded"  # the database's own check says what is wrong
    oldest = freshness.oldest_open
    is_late = lag is not None and lag > STALE_AFTER_SECONDS
    is_open_too_long = oldest is not None and oldest.age_seconds > OPEN_TOO_LONG_SECONDS
    return "degraded" if is_late or is_open_too_long else "ok"


async def measure(database: Database, _settings: Settings) -> None:
    """Set the gauges; without the database they stay as they were."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            lag, freshness = await _look(database)
    except (SQLAlchemyError, TimeoutError, OSError):
        return
    LAG.set(float("nan") if lag is None else lag)
    OPEN.set(freshness.open_partitions)
    OLDEST_OPEN.set(freshness.oldest_open.age_seconds if freshness.oldest_open else 0)
    for kind in freshness.lags:
        KIND_LAG.labels(kind.kind, "0.5").set(kind.p50_seconds)
        KIND_LAG.labels(kind.kind, "0.95").set(kind.p95_seconds)
    for away in freshness.away:
        AWAY.labels(away.host).set(away.away_minutes)


async def _look(database: Database) -> tuple[float | None, FreshnessRead]:
    today = brazilian_day(utc_now())
    async with database.read_session() as session:
        return await read_lag(session), await read_freshness(session, today, today)
