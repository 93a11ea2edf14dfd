"""Which partitions a run reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from malha.jobs import PartContext
from malha.kit.clock import SAO_PAULO, utc_now
from malha.procurement.client.requests import Mode
from malha.procurement.models import Partition
from malha.procurement.repository import partitions, records, runs
from malha.procurement.rules.partitions import (
    BACKFILLED,
    BACKFILLED_BY_CHANGE,
    DAILY,
    GRACE,
    UPDATED,
    Kind,
    PartitionKey,
    plan,
)
from malha.procurement.service._clock import now
from malha.procurement.settings import ProcurementSettings

HOLE_DAYS = 365
MENDED_AT_ONCE = 40
"""Days that an update tries again besides its own: one that stays open is tried less and less often."""


async def plan_run(part: PartContext) -> dict[str, Any]:
    """Add a part for each partition of the run, which begins with it."""
    session = await part.session()
    settings = part.runtime.settings.of(ProcurementSettings)
    modalities = sorted({*settings.modalities, *await records.known_modalities(session)})
    start, end = (datetime.fromisoformat(part.job_input[name]) for name in ("from", "to"))
    if part.job_input["mode"] == Mode.UPDATE:
        wanted = dict.fromkeys(plan(start, end, UPDATED, modalities))
        wanted |= dict.fromkeys(await _daily(session, modalities))
        wanted |= dict.fromkeys(
            _key(row) for row in await partitions.list_due(session, _last_day_over(), MENDED_AT_ONCE)
        )
    else:
        wanted = dict.fromkeys(await _backfilled(session, part.job_input, (start, end), modalities))
    await runs.change_run(session, part.job_id, state="running", started_at=utc_now())
    part.spawn(partition.as_input() for partition in wanted)
    return {"partitions": len(wanted)}


async def _daily(session: Any, modalities: Sequence[int]) -> list[PartitionKey]:
    """What is read once a day and has not been yet: what is open today, and the plans of yesterday."""
    today = now().astimezone(SAO_PAULO).date()
    days = {Kind.OPEN_PROPOSALS: today, Kind.PLAN_UPDATES: _last_day_over()}
    read = {_key(row) for row in await partitions.list_days(session, min(days.values()), today)}
    wanted = (key for kind in DAILY for key in _of_day(kind, days[kind], modalities))
    return [key for key in wanted if key not in read]


async def _holes(session: Any, modalities: Sequence[int]) -> list[PartitionKey]:
    """Days that are here without a modality of which nobody had heard when they were read."""
    since = _last_day_over() - timedelta(days=HOLE_DAYS)
    found = await partitions.list_holes(session, Kind.PROCUREMENTS, modalities, since)
    return [PartitionKey(Kind.PROCUREMENTS, day, modality) for day, modality in found[-MENDED_AT_ONCE:]]


async def _backfilled(
    session: Any, job_input: dict[str, Any], window: tuple[datetime, datetime], modalities: Sequence[int]
) -> list[PartitionKey]:
    """The days of the window; where a list goes by change alone, all days since, but those that are proved."""
    start, end = window
    chosen = [Kind(kind) for kind in job_input.get("kinds") or ()]
    kinds = chosen or [*BACKFILLED, *BACKFILLED_BY_CHANGE]
    wanted = list(plan(start, end, kinds, modalities))
    later = plan(end + timedelta(days=1), now(), [kind for kind in kinds if kind in BACKFILLED_BY_CHANGE], modalities)
    first, last = start.astimezone(SAO_PAULO).date(), now().astimezone(SAO_PAULO).date()
    proved = {_key(row) for row in await partitions.list_days(session, first, last) if row.state == "complete"}
    wanted += [key for key in later if key not in proved]
    return [key for key in wanted if key not in proved] if job_input.get("only_open") else wanted


def _of_day(kind: Kind, day: date, modalities: Sequence[int]) -> Iterator[PartitionKey]:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=SAO_PAULO)
    return plan(noon, noon, [kind], modalities)


def _last_day_over() -> date:
    return (now() - GRACE).astimezone(SAO_PAULO).date() - timedelta(days=1)


def _key(row: Partition) -> PartitionKey:
    return PartitionKey(Kind(row.kind), row.day, row.modality)
