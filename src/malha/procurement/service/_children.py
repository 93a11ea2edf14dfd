"""The items and results of procurements, taken over only as whole sets that PNCP's own count agrees with."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from malha.jobs import PartContext, Snooze
from malha.kit.clock import utc_now
from malha.procurement.client.persistence import insist
from malha.procurement.client.pncp import ITEMS_PER_PAGE, Pncp, SourceAwayError, SourceFailedError, SourceRefusedError
from malha.procurement.repository import records, runs
from malha.procurement.rules.pages import PageDoubtfulError
from malha.procurement.rules.partitions import PartitionKey
from malha.procurement.rules.records import RecordBrokenError, item_row, result_row
from malha.procurement.service._reading import TURN_SECONDS, judge_partition

Rows = list[dict[str, Any]]


async def fill_procurements(part: PartContext, source: Pncp) -> dict[str, Any] | Snooze:
    """Fetch the items of the part's procurements that have none yet, and write each set as it stands."""
    async with part.runtime.database.read_session() as session:
        wanted = await records.digests_to_fill(session, part.input["fill"])
    deadline = time.monotonic() + TURN_SECONDS
    filled: dict[str, tuple[Rows, Rows]] = {}
    failed: dict[str, str] = {}
    until: datetime | None = None
    for number in wanted:
        if time.monotonic() > deadline or part.is_cancelled():
            until = utc_now()
            break
        try:
            filled[number] = await _fetch(source, number)
        except SourceAwayError as error:
            if error.failure is not None:
                failed[number] = error.failure
            until = datetime.fromtimestamp(error.until, UTC)
            break
        except (SourceFailedError, SourceRefusedError, PageDoubtfulError, RecordBrokenError) as error:
            failed[number] = str(error)
    await _write(part, wanted, filled, failed)
    if until is not None:
        return Snooze(until=until)
    return {"filled": len(filled), "failed": len(failed)}


async def _write(
    part: PartContext, wanted: dict[str, str], filled: dict[str, tuple[Rows, Rows]], failed: dict[str, str]
) -> None:
    session = await part.session()
    for number, (items, results) in filled.items():
        # A version that came meanwhile has its own items to be fetched: these are not its.
        if await records.mark_items(session, number, wanted[number], state="complete", wanted=len(items)):
            await records.replace_children(session, number, items, results)
    for number, reason in failed.items():
        await records.mark_items(session, number, wanted[number], state="partial", wanted=None, reason=reason)
    counted = {"items": sum(len(items) for items, _ in filled.values()), "errors": len(failed)}
    await runs.count_up(session, part.job_id, counted)
    await judge_partition(session, part, PartitionKey.of(part.input), part.input["list_part"])


async def _fetch(source: Pncp, number: str) -> tuple[Rows, Rows]:
    """The items that PNCP counts, each once, with the results of those that have some."""

    async def whole_set() -> Rows:
        count = await source.count_items(number)
        found: dict[int, dict[str, Any]] = {}
        page = 1
        while len(found) < count:
            rows = [item_row(number, record) for record in await source.read_items(number, page=page)]
            if not rows:
                break
            found |= {row["number"]: row for row in rows}
            page += 1
            if len(rows) < ITEMS_PER_PAGE:
                break
        if len(found) != count:
            raise PageDoubtfulError(f"{len(found)} items came where {count} are counted")
        return [found[item] for item in sorted(found)]

    items = await insist(whole_set)
    results: Rows = []
    for item in items:
        if item["has_result"]:
            results += await insist(lambda chosen=item["number"]: _results(source, number, chosen))
    return items, results


async def _results(source: Pncp, number: str, item: int) -> Rows:
    found = [result_row(number, item, record) for record in await source.read_results(number, item)]
    if not found:
        raise PageDoubtfulError(f"item {item} has a result, and none came")
    return found
