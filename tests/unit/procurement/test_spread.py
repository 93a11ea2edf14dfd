"""Middles and distances that a few wrong values cannot move."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malha.procurement.rules.spread import LEAST_DEVIATION, spread_of

prices = st.lists(st.floats(0.01, 1e9), min_size=1, max_size=60)


def test_the_median_stays_where_most_values_are() -> None:
    sound = [8, 9, 9.5, 10, 10, 10.5, 11, 12]
    spoilt = [*sound[:-3], 1e6, 1e7, 1e8]
    assert spread_of(sound).median == pytest.approx(10)
    assert spread_of(spoilt).median == pytest.approx(10)
    assert spread_of(spoilt).distance(1e6) > 3.5


def test_the_prices_that_a_mean_condemns_are_kept() -> None:
    """Of 0.16, 0.18 and 7.00 the mean is 2.45, which calls the two good ones unfeasible."""
    low, high = spread_of([0.16, 0.18, 7.00]).mad_limits()
    assert low < 0.16
    assert 0.18 < high < 7.00


def test_equal_values_leave_some_room_beside_them() -> None:
    spread = spread_of([10] * 10)
    low, high = spread.mad_limits()
    assert spread.deviation == LEAST_DEVIATION
    assert low < 9.5
    assert 10.5 < high < 20
    low, high = spread.fences()
    assert low < 9.5
    assert 10.5 < high < 20


def test_no_values_have_no_spread() -> None:
    with pytest.raises(ValueError, match="no values"):
        spread_of([])


@given(prices, st.floats(0.01, 1e4))
def test_a_change_of_currency_changes_no_distance(values: list[float], factor: float) -> None:
    before, after = spread_of(values), spread_of([value * factor for value in values])
    assert after.median == pytest.approx(before.median * factor, rel=1e-6)
    assert after.distance(values[0] * factor) == pytest.approx(before.distance(values[0]), abs=1e-4)


@given(prices)
def test_limits_lie_around_the_middle_half(values: list[float]) -> None:
    spread = spread_of(values)
    for low, high in (spread.mad_limits(), spread.fences()):
        assert math.log(low) < spread.middle < math.log(high)
    low, high = spread.fences()
    assert math.log(low) < spread.lower_quartile <= spread.upper_quartile < math.log(high)
