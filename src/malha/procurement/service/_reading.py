"""A partition read page by page: as far as a part may run at a time, and on from there whatever happens between."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from malha.jobs import PartContext, Snooze
from malha.kit.clock import utc_now
from malha.procurement.client.persistence import insist
from malha.procurement.client.pncp import Pncp, SourceAwayError, SourceFailedError, SourceRefusedError
from malha.procurement.models import Reading
from malha.procurement.repository import records, runs
from malha.procurement.rules.pages import ListPage, PageDoubtfulError, TotalChangedError, check_page
from malha.procurement.rules.partitions import PartitionKey, PartitionState
from malha.procurement.rules.records import RecordBrokenError
from malha.procurement.service._store import store_records

TURN_SECONDS = 20.0
"""A part gives its worker back after this long, with what it has written."""
MOST_PAGES = 20
"""And after this many pages, so that what it holds and writes at once stays small."""
MOST_RESTARTS = 5
MOST_FAILURES = 8
SMALLEST_PAGE = 10
CHILDREN_PER_PART = 10
RETRY_SECONDS = 5.0


@dataclass(slots=True)
class _Turn:
    """What one run of the part has read, until it is written."""

    next_page: int
    page_size: int
    total: int | None
    restarts: int
    failures: int
    began_at: datetime
    seen: set[str]
    pages: list[ListPage] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    is_restarted: bool = False
    is_ended: bool = False
    until: datetime | None = None
    gave_up: str | None = None

    @classmethod
    def of(cls, reading: Reading | None, seen: set[str], page_size: int) -> _Turn:
        if reading is None:
            return cls(1, page_size, None, 0, 0, utc_now(), seen)
        return cls(
            reading.next_page,
            reading.page_size,
            reading.total,
            reading.restarts,
            reading.failures,
            reading.began_at,
            seen,
        )

    def take(self, page: ListPage, keys: Sequence[str]) -> None:
        self.total, self.failures = page.total, 0
        self.pages.append(page)
        self.keys += keys
        self.seen.update(keys)
        self.next_page = page.number + 1
        self.is_ended = page.remaining == 0

    def begin_again(self, reason: str) -> None:
        """From the first page; what was read stays written, and no longer counts."""
        self.restarts += 1
        self.next_page, self.total, self.began_at = 1, None, utc_now()
        self.seen, self.keys, self.is_restarted = set(), [], True
        if self.restarts > MOST_RESTARTS:
            self.gave_up = reason

    def fail(self, reason: str) -> None:
        self.failures += 1
        self.until = utc_now() + timedelta(seconds=RETRY_SECONDS)
        if self.failures >= MOST_FAILURES:
            self.gave_up = reason


async def read_partition(part: PartContext, source: Pncp, *, is_live: bool) -> dict[str, Any] | Snooze:
    """Read on; the outcome once the list has come to its end or is given up, else when to go on."""
    key = PartitionKey.of(part.input)
    async with part.runtime.database.read_session() as session:
        reading, seen = await runs.find_reading(session, part.job_id, part.no)
    turn = _Turn.of(reading, seen, key.kind.page_size)
    await _read_pages(turn, key, source, part)
    session = await part.session()
    more = {"pages": len(turn.pages), "errors": int(turn.until is not None and turn.failures > 0)}
    numbers: list[str] = []
    for page in turn.pages:
        numbers += await store_records(session, key.kind.record_kind, page.records, is_live=is_live)
    more[f"{key.kind.record_kind}s"] = len(numbers)
    await runs.count_up(session, part.job_id, more)
    await runs.save_reading(session, _values(part, turn), turn.keys, restart=turn.is_restarted)
    if key.kind.record_kind == "procurement":
        met = [number for page in turn.pages for number in _numbers(page)]
        unfilled = await records.open_items(session, met)
        part.spawn(
            part.input | {"fill": unfilled[start : start + CHILDREN_PER_PART], "list_part": part.no}
            for start in range(0, len(unfilled), CHILDREN_PER_PART)
        )
    if not turn.is_ended and turn.gave_up is None:
        return Snooze(until=turn.until or utc_now())
    await _close(session, part, key, turn)
    return {"records": len(turn.seen), "gave_up": turn.gave_up}


async def _read_pages(turn: _Turn, key: PartitionKey, source: Pncp, part: PartContext) -> None:
    deadline = time.monotonic() + TURN_SECONDS
    while not turn.is_ended and turn.gave_up is None and not part.is_cancelled():
        if time.monotonic() > deadline or len(turn.pages) >= MOST_PAGES:
            return

        async def ask() -> tuple[ListPage, list[str]]:
            page = await source.read_list(key, page=turn.next_page, size=turn.page_size)
            return page, check_page(page, size=turn.page_size, total=turn.total, seen=turn.seen)

        try:
            turn.take(*await insist(ask))
        except TotalChangedError as error:
            turn.begin_again(str(error))
        except SourceAwayError as error:
            if error.failure is not None:  # a page that fails for good must not be waited for without end
                turn.fail(error.failure)
            turn.until = datetime.fromtimestamp(error.until, UTC)
            return
        except SourceRefusedError as error:
            if error.status == 400 and turn.page_size > SMALLEST_PAGE:
                turn.page_size = max(turn.page_size // 2, SMALLEST_PAGE)
                turn.begin_again(str(error))
            else:
                turn.gave_up = str(error)
        except (SourceFailedError, PageDoubtfulError, RecordBrokenError) as error:
            turn.fail(str(error))
            return


async def _close(session: Any, part: PartContext, key: PartitionKey, turn: _Turn) -> None:
    """Say what the reading has come to; a failed one takes nothing from a partition that was proved before."""
    await runs.find_partition(session, key)
    if turn.gave_up is not None:
        has = len(turn.seen)
        state = PartitionState.UNKNOWN if turn.total is None else PartitionState.PARTIAL
        await runs.save_partition(
            session, key, state=state.value, wants=turn.total, has=has, reason=turn.gave_up, job_id=part.job_id,
            part_no=part.no,
        )  # fmt: skip
        return
    is_over = key.ended_before(turn.began_at)
    await runs.save_partition(
        session, key, state=PartitionState.PARTIAL.value, wants=turn.total, has=len(turn.seen),
        reason="the items are still to come" if is_over else "the day was not over", job_id=part.job_id,
        part_no=part.no,
    )  # fmt: skip
    await judge_partition(session, part, key, part.no)


async def judge_partition(session: Any, part: PartContext, key: PartitionKey, list_part: int) -> None:
    """Call a partition complete once its list is whole, its day was over, and every procurement has its items."""
    partition = await runs.find_partition(session, key)
    if partition is None or (partition.job_id, partition.part_no) != (part.job_id, list_part):
        return  # another reading has come to its end since
    await session.refresh(partition)
    reading, seen = await runs.find_reading(session, part.job_id, list_part)
    if reading is None or not key.ended_before(reading.began_at):
        return
    if partition.wants is None or not partition.wants == partition.has == len(seen):
        return
    missing = await runs.count_unfilled(session, part.job_id, list_part)
    partition.state = (PartitionState.PARTIAL if missing else PartitionState.COMPLETE).value
    partition.reason = f"{missing} procurements without all their items" if missing else None


def _values(part: PartContext, turn: _Turn) -> Mapping[str, Any]:
    return {
        "job_id": part.job_id,
        "part_no": part.no,
        "next_page": turn.next_page,
        "page_size": turn.page_size,
        "total": turn.total,
        "restarts": turn.restarts,
        "failures": turn.failures,
        "began_at": turn.began_at,
    }


def _numbers(page: ListPage) -> list[str]:
    return [str(record["numeroControlePNCP"]) for record in page.records]
