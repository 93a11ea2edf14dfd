"""What belongs to records beside their items: fetched after them, oldest first, and tried again less and less often."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from malha.db import Session
from malha.jobs import PartContext
from malha.procurement.client.hosts import SourceAwayError, SourceFailedError, SourceRefusedError
from malha.procurement.client.persistence import insist
from malha.procurement.client.pncp import Pncp
from malha.procurement.repository import details, records, runs
from malha.procurement.rules.contracts import amendment_row
from malha.procurement.rules.pages import PageDoubtfulError
from malha.procurement.rules.records import RecordBrokenError
from malha.procurement.rules.traces import file_rows, history_rows
from malha.procurement.rules.wire import digest
from malha.procurement.service._fetching import fetch_all
from malha.procurement.service._store import store_records

SWEEP_SECONDS = 40.0
MOST_AT_ONCE = 200
MOST_BESIDE_UPDATES = 20
"""While an update runs, whose items are wanted sooner."""
FIRST_PAUSE_SECONDS = 300.0
LONGEST_PAUSE_SECONDS = 86_400.0

Write = Callable[[Session], Awaitable[Any]]
Place = Mapping[str, Any]


async def sweep_details(part: PartContext, source: Pncp) -> dict[str, Any]:
    """Fetch what is due, for as long as a sweep may run."""
    session = await part.session()
    places = await details.take_due(session, MOST_BESIDE_UPDATES if await runs.has_open_run(session) else MOST_AT_ONCE)
    deadline = time.monotonic() + SWEEP_SECONDS
    lanes = asyncio.Semaphore(source.parallel)
    writes: list[tuple[Place, Write | str]] = []

    async def fetch(place: Place) -> None:
        async with lanes:
            if time.monotonic() > deadline or part.is_cancelled():
                return
            try:
                writes.append((place, await _FETCHES[place["kind"]](source, place["control_number"])))
            except SourceAwayError:
                return
            except (SourceFailedError, SourceRefusedError, PageDoubtfulError, RecordBrokenError) as error:
                writes.append((place, str(error)))

    await asyncio.gather(*(fetch(place) for place in places))
    settled = []
    # In one order for all writers, so that two of them never wait for each other.
    for place, write in sorted(writes, key=lambda entry: (entry[0]["kind"], entry[0]["control_number"])):
        if not isinstance(write, str):
            await write(session)
        settled.append(_settled(place, write if isinstance(write, str) else None))
    await details.settle(session, settled)
    return {"due": len(places), "asked": len(writes), "failed": sum(isinstance(write, str) for _, write in writes)}


def _settled(place: Place, reason: str | None) -> dict[str, Any]:
    tries = place["tries"] + 1 if reason else 0
    pause = min(FIRST_PAUSE_SECONDS * 2.0 ** min(tries, 12), LONGEST_PAUSE_SECONDS)
    named = {name: place[name] for name in ("kind", "control_number", "digest")}
    return {**named, "state": "partial" if reason else "complete", "tries": tries, "reason": reason, "pause": pause}


async def _fetch_traces(source: Pncp, number: str) -> Write:
    """Files and log of a procurement. PNCP gives no count to hold them against: a list that came is what there is."""
    files = file_rows("procurement", number, await insist(lambda: source.read_files(number)))
    history = history_rows("procurement", number, await insist(lambda: source.read_history(number)))
    return lambda session: details.replace_traces(session, number, files, history)


async def _fetch_amendments(source: Pncp, number: str) -> Write:
    """The amendments of a contract, as many as PNCP counts."""
    count = await insist(lambda: source.count_amendments(number))
    found = await insist(lambda: source.read_amendments(number)) if count else []
    rows = {row["sequence"]: row for row in (amendment_row(number, record) for record in found)}
    if len(rows) != count:
        raise PageDoubtfulError(f"{len(rows)} amendments came where {count} are counted")
    return lambda session: details.replace_amendments(session, number, list(rows.values()))


async def _fetch_procurement(source: Pncp, number: str) -> Write:
    """A procurement that another record names and no list has shown: perhaps of a modality that nobody asks for."""
    record = await insist(lambda: source.read_procurement(number))
    fetched = await fetch_all(source, {number: {}}, lambda: False)
    if number in fetched.failed:
        raise PageDoubtfulError(fetched.failed[number])

    async def write(session: Session) -> None:
        await store_records(session, "procurement", [record], is_live=False)
        items, results = fetched.whole.get(number, ([], []))
        if number in fetched.whole:
            marked = await records.mark_complete(session, {number: (digest(record), len(items))})
            await records.replace_children(session, marked, items, results)

    return write


_FETCHES: Mapping[str, Callable[[Pncp, str], Awaitable[Write]]] = {
    "procurement": _fetch_traces,
    "contract": _fetch_amendments,
    details.UNSEEN: _fetch_procurement,
}
