"""The items and results of procurements, taken over only as whole sets that PNCP's own count agrees with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from malha.db import Session
from malha.jobs import PartContext, Snooze
from malha.kit.clock import utc_now
from malha.procurement.client.pncp import Pncp
from malha.procurement.repository import children, records, runs
from malha.procurement.rules.partitions import PartitionKey
from malha.procurement.service._fetching import Fetched, fetch_all
from malha.procurement.service._judging import judge_partition

MOST_ROUNDS = 6
"""A procurement whose items do not add up is asked for this often, each time after the others of its part."""


async def fill_procurements(part: PartContext, source: Pncp) -> dict[str, Any] | Snooze:
    """Fetch the items of the part's procurements that have none yet, and write each set as it stands."""
    async with part.runtime.database.read_session() as session:
        digests = await records.digests_to_fill(session, part.input["fill"])
        known = await children.find_results(session, digests)
    fetched = await fetch_all(source, {number: known.get(number, {}) for number in digests}, part.is_cancelled)
    session = await part.session()
    await _write(session, part, digests, fetched)
    if fetched.until is not None:
        return Snooze(until=max(datetime.fromtimestamp(fetched.until, UTC), utc_now()))
    await _try_again(session, part, digests, fetched.failed)
    await judge_partition(session, part, PartitionKey.of(part.input), part.input["list_part"])
    return {"filled": len(fetched.whole), "failed": len(fetched.failed)}


async def _write(session: Session, part: PartContext, digests: Mapping[str, str], fetched: Fetched) -> None:
    whole = {number: (digests[number], len(items)) for number, (items, _) in fetched.whole.items()}
    # A version that came meanwhile has its own items to be fetched: these are not its.
    marked = await records.mark_complete(session, whole)
    items = [item for number in marked for item in fetched.whole[number][0]]
    results = [result for number in marked for result in fetched.whole[number][1]]
    await records.replace_children(session, marked, items, results)
    await children.forget_results(session, list(whole))
    await children.keep_results(session, digests, fetched.begun)
    await runs.count_up(session, part.job_id, {"items": len(items), "results": len(results)})


async def _try_again(
    session: Session, part: PartContext, digests: Mapping[str, str], failed: Mapping[str, str]
) -> None:
    """Another part for what has failed, until it has failed too often: then it is said why."""
    spent = part.input.get("round", 1)
    if failed and spent < MOST_ROUNDS:
        part.spawn([part.input | {"fill": sorted(failed), "round": spent + 1}])
        return
    for number, reason in sorted(failed.items()):
        await records.mark_partial(session, number, digests[number], reason=reason)
    await runs.count_up(session, part.job_id, {"errors": len(failed)})
