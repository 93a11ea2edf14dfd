"""Leases are renewed while their parts are held, and what is lost is known."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import cast
from uuid import UUID

from psycopg import OperationalError

from malha.jobs.leases import Leases
from malha.jobs.ledger import ClaimedPart, Ledger
from malha.kit.ids import new_id

LEASE_SECONDS = 0.03


class Renewals:
    """Stands where the ledger is: waits for the next renewal, and answers it as it is told."""

    def __init__(self) -> None:
        self.answer: Callable[[set[tuple[UUID, int]]], set[tuple[UUID, int]]] = lambda asked: asked
        self._asked: list[Sequence[tuple[UUID, int, int]]] = []
        self._changed = threading.Condition()

    def renew(self, held: Sequence[tuple[UUID, int, int]]) -> set[tuple[UUID, int]]:
        with self._changed:
            self._asked.append(list(held))
            self._changed.notify_all()
        return self.answer({(job_id, no) for job_id, no, _ in held})

    def next(self, count: int = 1) -> list[Sequence[tuple[UUID, int, int]]]:
        """The coming renewals."""
        with self._changed:
            seen = len(self._asked)
            assert self._changed.wait_for(lambda: len(self._asked) >= seen + count, timeout=20)
            return self._asked[seen : seen + count]


def claimed(no: int = 0, fence: int = 1) -> ClaimedPart:
    return ClaimedPart(JOB, no, {}, 1, fence, {}, None, None, 3, None)


JOB = new_id()


@contextmanager
def leases() -> Iterator[tuple[Leases, Renewals]]:
    renewals = Renewals()
    held = Leases(cast("Ledger", renewals), lease_seconds=LEASE_SECONDS)
    yield held, renewals
    held.close()


def test_held_parts_are_renewed_again_and_again_with_their_fence() -> None:
    with leases() as (held, renewals):
        held.hold([claimed(0, fence=3), claimed(2, fence=5)])
        assert renewals.next(3) == [[(JOB, 0, 3), (JOB, 2, 5)]] * 3


def test_a_released_part_is_not_renewed_any_more() -> None:
    with leases() as (held, renewals):
        held.hold([claimed(0), claimed(1)])
        renewals.next()
        held.release([claimed(0)])
        assert renewals.next(2)[1] == [(JOB, 1, 1)]


def test_what_the_database_does_not_renew_is_lost_until_it_is_released() -> None:
    with leases() as (held, renewals):
        renewals.answer = lambda asked: asked - {(JOB, 1)}
        held.hold([claimed(0), claimed(1)])
        renewals.next(2)
        assert (held.is_lost(claimed(0)), held.is_lost(claimed(1))) == (False, True)
        held.release([claimed(1)])
        assert not held.is_lost(claimed(1))


def test_a_database_that_does_not_answer_loses_nothing_and_is_asked_again() -> None:
    def refuse(_asked: set[tuple[UUID, int]]) -> set[tuple[UUID, int]]:
        raise OperationalError("away")

    with leases() as (held, renewals):
        renewals.answer = refuse
        held.hold([claimed()])
        renewals.next(2)
        assert not held.is_lost(claimed())
        renewals.answer = lambda _asked: set()
        renewals.next(2)
        assert held.is_lost(claimed())
