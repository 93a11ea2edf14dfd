"""Items and results asked for, several procurements at a time, for as long as a part may run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from malha.procurement.client.hosts import SourceAwayError, SourceFailedError, SourceRefusedError
from malha.procurement.client.persistence import insist
from malha.procurement.client.pncp import Pncp
from malha.procurement.rules.pages import PageDoubtfulError
from malha.procurement.rules.records import RecordBrokenError, item_row, result_row

FILL_SECONDS = 20.0
SET_TRIES = 3
"""A set that does not add up is read anew this often before its procurement has failed."""

Rows = list[dict[str, Any]]
Results = dict[int, list[dict[str, Any]]]
"""PNCP's own records of results by item."""


@dataclass(slots=True)
class Fetched:
    """What came of a part's procurements: whole sets, failures with their reason, sets that were begun."""

    whole: dict[str, tuple[Rows, Rows]] = field(default_factory=dict[str, tuple[Rows, Rows]])
    failed: dict[str, str] = field(default_factory=dict[str, str])
    begun: dict[str, Results] = field(default_factory=dict[str, Results])
    until: float | None = None
    """When to go on (epoch seconds), where not all were asked for."""


async def fetch_all(source: Pncp, wanted: Mapping[str, Results], is_cancelled: Callable[[], bool]) -> Fetched:
    """Ask for the sets of these procurements, with the results that are known already."""
    fetched, deadline = Fetched(), time.monotonic() + FILL_SECONDS
    lanes = asyncio.Semaphore(source.parallel)

    async def fetch(number: str, known: Results) -> None:
        async with lanes:
            if time.monotonic() > deadline or is_cancelled():
                fetched.until = fetched.until or time.time()
                return
            if fetched.until is not None:
                return
            await _fetch_one(source, number, known, fetched, deadline)

    await asyncio.gather(*(fetch(number, dict(known)) for number, known in wanted.items()))
    return fetched


async def _fetch_one(source: Pncp, number: str, results: Results, fetched: Fetched, deadline: float) -> None:
    try:
        items = await _read_items(source, number)
        for item in items:
            if time.monotonic() > deadline:
                fetched.until = time.time()
                break
            if item["has_result"] is not False and item["number"] not in results:
                results[item["number"]] = await insist(partial(_read_results, source, number, item))
        else:
            fetched.whole[number] = items, _result_rows(number, items, results)
            return
    except SourceAwayError as error:
        fetched.until = max(error.until, fetched.until or 0.0)
    except (SourceFailedError, SourceRefusedError, PageDoubtfulError, RecordBrokenError) as error:
        fetched.failed[number] = str(error)
    fetched.begun[number] = results


async def _read_items(source: Pncp, number: str) -> Rows:
    """As many items as PNCP counts, each once. Raises PageDoubtfulError where they never add up."""
    for tries_left in reversed(range(SET_TRIES)):
        count = await insist(lambda: source.count_items(number))
        found: dict[int, dict[str, Any]] = {}
        for page in range(1, count + 1):
            had = len(found)
            records = await insist(partial(source.read_items, number, page=page))
            found |= {row["number"]: row for row in (item_row(number, record) for record in records)}
            if len(found) >= count or len(found) == had:  # pages may be smaller than asked for; past the end is nothing
                break
        if len(found) == count:
            return [found[item] for item in sorted(found)]
        if not tries_left:
            raise PageDoubtfulError(f"{len(found)} items came where {count} are counted")
    raise AssertionError("the last try returns or raises")


async def _read_results(source: Pncp, number: str, item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The results of an item. Raises PageDoubtfulError where it says that it has some and none come."""
    found = await source.read_results(number, item["number"])
    if item["has_result"] and not found:
        raise PageDoubtfulError(f"item {item['number']} has a result, and none came")
    return found


def _result_rows(number: str, items: Rows, results: Results) -> Rows:
    rows = {}
    for item in items:
        for record in results.get(item["number"], []):
            row = result_row(number, item["number"], record)
            rows[row["item_number"], row["sequence"]] = row
    return list(rows.values())
