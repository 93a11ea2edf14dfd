"""Messages name parts as ranges."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from malha.jobs.dispatcher import pack_ranges
from malha.kit.ids import new_id

A, B = UUID(int=1), UUID(int=2)


def test_consecutive_numbers_of_a_job_become_one_range() -> None:
    assert pack_ranges([(A, 0), (A, 1), (A, 2)], batch=10) == [[(str(A), 0, 2)]]


def test_a_gap_or_another_job_starts_a_new_range_in_the_same_message() -> None:
    packed = pack_ranges([(A, 0), (A, 2), (B, 3)], batch=10)
    assert packed == [[(str(A), 0, 0), (str(A), 2, 2), (str(B), 3, 3)]]


@given(st.lists(st.tuples(st.sampled_from([A, B, new_id()]), st.integers(0, 30)), unique=True), st.integers(1, 7))
def test_every_part_travels_once_and_no_message_is_over_full(parts: list[tuple[UUID, int]], batch: int) -> None:
    messages = pack_ranges(parts, batch=batch)
    unpacked = [
        (UUID(job), no) for message in messages for job, first, last in message for no in range(first, last + 1)
    ]
    assert unpacked == parts
    assert all(sum(last - first + 1 for _, first, last in message) <= batch for message in messages)
