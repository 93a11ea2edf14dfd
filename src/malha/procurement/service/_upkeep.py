"""Watching PNCP and ourselves: probes, recounts of what is proved, and what is old put away."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial
from typing import Any

from malha.jobs import PartContext, Snooze
from malha.kit.clock import brazilian_day, utc_now
from malha.outbound import OutboundClient
from malha.procurement.client.hosts import SourceAwayError, SourceFailedError, SourceRefusedError
from malha.procurement.client.persistence import insist
from malha.procurement.client.pncp import Pncp
from malha.procurement.client.probe import probe_hosts
from malha.procurement.models import Partition
from malha.procurement.repository import freshness, recounts
from malha.procurement.rules.pages import PageDoubtfulError
from malha.procurement.rules.partitions import Kind, PartitionKey, PartitionState
from malha.procurement.settings import ProcurementSettings

RECOUNT_SECONDS = 30.0
RECOUNTED_AT_ONCE = 50
SMALLEST_PAGE = 10
PAUSE_SECONDS = 60


async def probe_source(part: PartContext, client: OutboundClient) -> dict[str, Any]:
    """One look at each host, kept."""
    session = await part.session()
    settings, at = part.runtime.settings.of(ProcurementSettings), utc_now()
    known = await freshness.newest_procurement(session)
    probes = await probe_hosts(client, settings, brazilian_day(at), known)
    await freshness.add_probes(session, probes, at)
    return {probe["host"]: probe["outcome"] for probe in probes}


async def recount_partitions(part: PartContext, source: Pncp) -> dict[str, Any] | Snooze:
    """Ask for the length of a random hundredth of what is proved; what has drifted is opened again."""
    session = await part.session()
    deadline = time.monotonic() + RECOUNT_SECONDS
    asked = drifted = 0
    for partition in await recounts.choose(session, RECOUNTED_AT_ONCE):
        if time.monotonic() > deadline or part.is_cancelled():
            break
        key = PartitionKey(Kind(partition.kind), partition.day, partition.modality)
        try:
            page = await insist(partial(source.read_list, key, page=1, size=SMALLEST_PAGE))
        except SourceAwayError:
            break
        except (SourceFailedError, SourceRefusedError, PageDoubtfulError) as error:
            part.log.warning("procurement.not_recounted", partition=key.as_input(), error=str(error))
            continue
        partition.recounted_at = utc_now()
        asked += 1
        drifted += _compare(partition, key, page.total)
    if asked and await recounts.choose(session, 1):
        return Snooze(until=utc_now() + timedelta(seconds=1))
    return {"recounted": asked, "drifted": drifted}


def _compare(partition: Partition, key: PartitionKey, total: int) -> bool:
    """Open the partition again if PNCP has another number of records now; a list of changes may have lost some."""
    wants = partition.wants or 0
    if total == wants or (key.kind.shrinks and total < wants):
        return False
    partition.state, partition.reason = PartitionState.PARTIAL.value, f"PNCP counts {total} records where {wants} were"
    partition.wants = total
    return True


async def tidy(part: PartContext) -> dict[str, int]:
    """Delete what only a reading needed whose job is over, and what is older than jobs are kept."""
    kept = timedelta(days=part.runtime.settings.engine.kept_days)
    return await recounts.delete_old(await part.session(), utc_now() - kept)
