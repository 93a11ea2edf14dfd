"""The memory of claimed parts is bounded and never claims to know what it does not."""

from __future__ import annotations

from uuid import UUID

from malha.jobs.ledger import ClaimedPart
from malha.jobs.recent import RecentClaims

A, B = UUID(int=1), UUID(int=2)


def part(job_id: UUID, no: int) -> ClaimedPart:
    return ClaimedPart(job_id, no, {}, 1, 1, {}, None, None, 1, None)


def test_a_message_is_covered_when_all_its_parts_are() -> None:
    claims = RecentClaims()
    claims.add([part(A, 0), part(A, 1), part(B, 5)])
    assert claims.covers([(str(A), 0, 1), (str(B), 5, 5)])
    assert not claims.covers([(str(A), 0, 2)])
    assert not claims.covers([(str(B), 0, 0)])


def test_the_oldest_are_forgotten_first() -> None:
    claims = RecentClaims(limit=2)
    claims.add([part(A, 0), part(A, 1)])
    claims.add([part(A, 0), part(A, 2)])
    assert claims.covers([(str(A), 1, 2)])
    assert not claims.covers([(str(A), 0, 0)])
