"""What one run of a part has read of its partition, until it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from malha.procurement.models import Reading
from malha.procurement.rules.pages import ListPage, PagesRead
from malha.procurement.service._clock import now

MOST_RESTARTS = 5
MOST_FAILURES = 8
MOST_DOUBTS_PER_PAGE = 4
SMALLEST_PAGE = 10
RETRY_SECONDS = 5.0


@dataclass(slots=True)
class Turn:
    """A reading as it stands. `read` holds the pages of a day that was over; of others only `next_page` counts."""

    read: PagesRead
    began_at: datetime
    next_page: int = 1
    restarts: int = 0
    failures: int = 0
    doubts: int = 0
    pages: list[ListPage] = field(default_factory=list[ListPage])
    dropped: set[int] = field(default_factory=set[int])
    is_restarted: bool = False
    until: datetime | None = None
    gave_up: str | None = None

    @classmethod
    def of(cls, reading: Reading | None, pages: dict[int, list[str]], page_size: int) -> Turn:
        """On from what an earlier run has left."""
        if reading is None:
            return cls(PagesRead(page_size), now())
        read = PagesRead(reading.page_size, reading.total)
        for number, keys in pages.items():
            read.pages[number] = keys
            read.owners.update(dict.fromkeys(keys, number))
        counted = (reading.next_page, reading.restarts, reading.failures, reading.doubts)
        return cls(read, reading.began_at, *counted)

    @property
    def records(self) -> int:
        """How many were read by this run."""
        return sum(len(page.records) for page in self.pages)

    def take(self, page: ListPage, keys: list[str]) -> None:
        """Add a page of a day that was over; where it shares records with others, they go and so does it."""
        wrong = self.read.take(page.number, page.total, keys)
        if wrong:
            self.dropped.update(wrong)
            self.doubt(f"pages {', '.join(map(str, wrong))} and {page.number} share records")
        else:
            self.failures = 0
            self.pages.append(page)

    def take_open(self, page: ListPage) -> None:
        """Add a page of a day that goes on: the first, then the others from the last one backwards."""
        self.failures, self.read.total = 0, page.total if page.number == 1 else self.read.total
        self.pages.append(page)
        self.next_page = page.number - 1 if page.number > 1 else -(-page.total // self.read.size)

    @property
    def is_open_ended(self) -> bool:
        """Whether the pages of a day that goes on have all been read."""
        return self.read.total is not None and self.next_page <= 1

    def doubt(self, reason: str) -> None:
        """Pages contradict each other."""
        self.doubts += 1
        if self.doubts > MOST_DOUBTS_PER_PAGE * (len(self.read.pages) + SMALLEST_PAGE):
            self.gave_up = reason

    def begin_again(self, reason: str, *, size: int | None = None) -> None:
        """From the first page; what was read stays written, and no longer counts."""
        self.restarts += 1
        self.read, self.next_page, self.began_at = PagesRead(size or self.read.size), 1, now()
        self.is_restarted = True
        if self.restarts > MOST_RESTARTS:
            self.gave_up = reason

    def fail(self, reason: str) -> None:
        """A page did not come, however often it was asked for."""
        self.failures += 1
        self.until = now() + timedelta(seconds=RETRY_SECONDS)
        if self.failures >= MOST_FAILURES:
            self.gave_up = reason

    def values(self, job_id: UUID, part_no: int) -> dict[str, Any]:
        """What the next run goes on from."""
        return {
            "job_id": job_id,
            "part_no": part_no,
            "next_page": self.next_page,
            "page_size": self.read.size,
            "total": self.read.total,
            "restarts": self.restarts,
            "failures": self.failures,
            "doubts": self.doubts,
            "began_at": self.began_at,
        }
