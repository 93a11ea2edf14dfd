"""Days and their blocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from malha.procurement.rules.periods import BLOCK_DAYS, cover, day_number, first_instant, number_of


@given(st.integers(0, 5000), st.integers(0, 3000))
def test_the_keys_of_a_period_are_its_days_each_once(first: int, length: int) -> None:
    last = first + length

    days: list[int] = []
    for key in cover(first, last):
        number = int(key[1:])
        days += range(number * BLOCK_DAYS, (number + 1) * BLOCK_DAYS) if key[0] == "w" else [number]

    assert days == list(range(first, last + 1))


def test_a_period_of_years_has_few_keys() -> None:
    assert len(cover(1, 1024)) <= 2 * BLOCK_DAYS + 1024 // BLOCK_DAYS


def test_a_day_is_brasilias() -> None:
    last_second = datetime(2026, 11, 27, 2, 59, 59, tzinfo=UTC)

    assert day_number(last_second) == number_of(date(2026, 11, 26))
    assert day_number(last_second + timedelta(seconds=1)) == number_of(date(2026, 11, 27))
    assert first_instant(number_of(date(2026, 11, 27))) == datetime(2026, 11, 27, 3, tzinfo=UTC)
