"""The wait between two attempts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from malha.jobs.retry import backoff_seconds


def _least(low: float, _high: float) -> float:
    return low


def _most(_low: float, high: float) -> float:
    return high


def test_the_wait_doubles_from_one_second_to_ten_minutes() -> None:
    waits = [backoff_seconds(attempts, uniform=_least) for attempts in range(1, 12)]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600]


def test_the_other_side_may_ask_for_a_longer_wait_but_not_for_a_shorter_one() -> None:
    assert backoff_seconds(1, retry_after_seconds=90, uniform=_least) == 90
    assert backoff_seconds(8, retry_after_seconds=1, uniform=_least) == 128


@given(st.integers(1, 40))
def test_jitter_adds_at_most_a_quarter_and_never_passes_the_cap(attempts: int) -> None:
    plain, jittered = backoff_seconds(attempts, uniform=_least), backoff_seconds(attempts, uniform=_most)
    assert plain <= jittered <= min(plain * 1.25, 600)
