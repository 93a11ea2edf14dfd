"""A partition read page by page: as far as a part may run at a time, and on from there whatever happens between.

A day that is over is read until its pages prove each other. One that goes on is read from its end backwards, where
what is new stands in PNCP's order: the list moves meanwhile, and what slips through is met by the next reading.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from functools import partial
from typing import Any

from malha.db import Session
from malha.jobs import PartContext, Snooze
from malha.kit.clock import utc_now
from malha.procurement.client.hosts import SourceAwayError, SourceFailedError, SourceRefusedError
from malha.procurement.client.persistence import insist
from malha.procurement.client.pncp import Pncp
from malha.procurement.repository import records, runs
from malha.procurement.rules.pages import ListPage, PageDoubtfulError, TotalChangedError, check_total, page_keys
from malha.procurement.rules.partitions import PartitionKey
from malha.procurement.rules.records import RecordBrokenError, control_number_of
from malha.procurement.service._judging import close_partition
from malha.procurement.service._store import store_records
from malha.procurement.service._turn import SMALLEST_PAGE, Turn

TURN_SECONDS = 20.0
"""A part gives its worker back after this long, with what it has written."""
MOST_RECORDS = 2_000
"""And after so many records, so that what it holds and writes at once stays small."""
CHILDREN_PER_PART = 20

Answer = tuple[ListPage, list[str]]


async def read_partition(part: PartContext, source: Pncp, *, is_live: bool) -> dict[str, Any] | Snooze:
    """Read on; the outcome once the list has come to its end or is given up, else when to go on."""
    key = PartitionKey.of(part.input)
    async with part.runtime.database.read_session() as session:
        turn = Turn.of(*await runs.find_reading(session, part.job_id, part.no), key.kind.page_size)
    is_over = key.ended_before(turn.began_at)
    await _read_pages(turn, key, source, part, is_over=is_over)
    session = await part.session()
    await _write(session, part, key, turn, is_live=is_live, is_over=is_over)
    is_ended = turn.read.is_whole if is_over else turn.is_open_ended
    if not is_ended and turn.gave_up is None:
        return Snooze(until=turn.until or utc_now())
    await close_partition(session, part, key, turn, is_over=is_over)
    return {"records": turn.read.total, "gave_up": turn.gave_up}


async def _read_pages(turn: Turn, key: PartitionKey, source: Pncp, part: PartContext, *, is_over: bool) -> None:
    deadline = time.monotonic() + TURN_SECONDS
    while turn.gave_up is None and turn.until is None and not part.is_cancelled():
        numbers = turn.read.missing(source.parallel) if is_over else _open_pages(turn, source.parallel)
        if not numbers or time.monotonic() > deadline or turn.records >= MOST_RECORDS:
            return
        total = turn.read.total if is_over else None
        asked = [insist(partial(_ask, source, key, number, turn.read.size, total)) for number in numbers]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        for number, answer in zip(numbers, answers, strict=True):
            if not _take(turn, number, answer, is_over=is_over):
                break


def _open_pages(turn: Turn, most: int) -> list[int]:
    if turn.read.total is None:
        return [1]
    return list(range(turn.next_page, max(turn.next_page - most, 1), -1))


async def _ask(source: Pncp, key: PartitionKey, number: int, size: int, total: int | None) -> Answer:
    page = await source.read_list(key, page=number, size=size)
    check_total(page, total)
    return page, page_keys(page, size=size)


def _take(turn: Turn, number: int, answer: Answer | BaseException, *, is_over: bool) -> bool:
    """Take an answer over; False when the others of its batch no longer count."""
    if isinstance(answer, tuple):
        if is_over:
            turn.take(*answer)
        else:
            turn.take_open(answer[0])
        return True
    if isinstance(answer, TotalChangedError):
        turn.begin_again(str(answer))
        return False
    if isinstance(answer, SourceRefusedError):
        _take_refusal(turn, number, answer, is_over=is_over)
        return False
    if isinstance(answer, SourceAwayError):
        if answer.failure is not None:  # a page that fails for good must not be waited for without end
            turn.fail(answer.failure)
        turn.until = datetime.fromtimestamp(answer.until, UTC)
    elif isinstance(answer, (SourceFailedError, PageDoubtfulError, RecordBrokenError)):
        turn.fail(str(answer))
    else:
        raise answer
    return is_over  # the pages of a day that goes on are taken in their order


def _take_refusal(turn: Turn, number: int, refusal: SourceRefusedError, *, is_over: bool) -> None:
    """A 400 may mean that pages are smaller by now, and of a later page that the list has become shorter."""
    if refusal.status == 400 and number > 1 and not is_over:
        turn.begin_again(str(refusal))
    elif refusal.status == 400 and turn.read.size > SMALLEST_PAGE:
        turn.begin_again(str(refusal), size=max(turn.read.size // 2, SMALLEST_PAGE))
    else:
        turn.gave_up = str(refusal)


async def _write(
    session: Session, part: PartContext, key: PartitionKey, turn: Turn, *, is_live: bool, is_over: bool
) -> None:
    """What was read, how far, and parts that fetch the items of what has none."""
    kind = key.kind.record_kind
    met = {control_number_of(record): record for page in turn.pages for record in page.records}
    changed = await store_records(session, kind, list(met.values()), is_live=is_live)
    more = {"pages": len(turn.pages), "errors": int(turn.failures > 0), f"{kind}s": len(changed)}
    await runs.count_up(session, part.job_id, more)
    pages = {page.number: keys for page in turn.pages if (keys := turn.read.pages.get(page.number))}
    await runs.save_reading(
        session, turn.values(part.job_id, part.no), pages if is_over else {}, restart=turn.is_restarted,
        dropped=turn.dropped - pages.keys(),
    )  # fmt: skip
    if kind == "procurement":
        unfilled = await records.open_items(session, list(met)) if is_over else sorted(changed)
        part.spawn(
            part.input | {"fill": unfilled[start : start + CHILDREN_PER_PART], "list_part": part.no}
            for start in range(0, len(unfilled), CHILDREN_PER_PART)
        )
