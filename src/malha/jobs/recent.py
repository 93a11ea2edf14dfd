"""Which parts a worker process has claimed lately, so that pointless messages are recognised without asking."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from uuid import UUID

from malha.jobs.ledger import ClaimedPart, PartRange

REMEMBERED_PARTS = 10_000


class RecentClaims:
    """A bounded memory, the oldest forgotten first. What it does not know costs one statement, never a part."""

    def __init__(self, limit: int = REMEMBERED_PARTS) -> None:
        self._order: deque[tuple[UUID, int]] = deque()
        self._known: set[tuple[UUID, int]] = set()
        self._limit = limit

    def add(self, parts: Iterable[ClaimedPart]) -> None:
        """Remember parts that this process has claimed."""
        for part in parts:
            key = (part.job_id, part.no)
            if key not in self._known:
                self._known.add(key)
                self._order.append(key)
        while len(self._order) > self._limit:
            self._known.discard(self._order.popleft())

    def covers(self, ranges: Sequence[PartRange]) -> bool:
        """Whether all that a message names has been claimed here."""
        return all((UUID(job_id), no) in self._known for job_id, first, last in ranges for no in range(first, last + 1))
