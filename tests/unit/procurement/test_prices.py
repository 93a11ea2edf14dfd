"""What prices come to, which of them count, and what is said of the others."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malha.procurement.rules.indexes import IndexMonthMissingError, correction_for, last_month
from malha.procurement.rules.prices import ByHand, Calculation, Method, OutlierRule, Price, Removal, calculate

DAY = date(2026, 3, 10)
BOTH = (OutlierRule.MAD, OutlierRule.FENCES)
RATES = {date(2026, 4, 1): Decimal("1.00"), date(2026, 5, 1): Decimal("-0.50"), date(2026, 6, 1): Decimal("2")}
amounts = st.lists(st.decimals(Decimal("0.01"), Decimal(10**6), places=2), min_size=1, max_size=40)


def prices(*values: str, marks: dict[int, list[str]] | None = None) -> list[Price]:
    return [
        Price(str(place), Decimal(value), DAY, marks=(marks or {}).get(place, ())) for place, value in enumerate(values)
    ]


def removed(calculation: Calculation) -> dict[str, Removal | None]:
    return {entry.price.key: entry.removal for entry in calculation.judged if not entry.is_kept}


@pytest.mark.parametrize(
    ("method", "value"), [(Method.MEAN, "11.25"), (Method.MEDIAN, "11.00"), (Method.LOWEST, "10.00")]
)
def test_the_reference_is_the_mean_the_median_or_the_lowest(method: Method, value: str) -> None:
    assert calculate(prices("10", "11", "11", "13"), method=method, outliers=BOTH).value == Decimal(value)


@pytest.mark.parametrize("values", [[], ["10"], ["10", "11"]])
def test_fewer_than_three_prices_come_to_nothing(values: list[str]) -> None:
    assert calculate(prices(*values), method=Method.MEAN, outliers=BOTH).value is None


def test_prices_far_from_the_others_are_taken_out_with_the_limits_that_they_broke() -> None:
    found = calculate(prices("9", "10", "10.5", "11", "12", "1000", "0.10"), method=Method.MEAN, outliers=BOTH)

    assert removed(found) == {"5": Removal.EXCESSIVE, "6": Removal.UNFEASIBLE}
    assert found.value == Decimal("10.50")
    excessive = found.judged[5]
    assert excessive.rule == "mad"
    assert excessive.numbers["low"] < 9
    assert 12 < excessive.numbers["high"] < excessive.numbers["value"] == 1000


def test_the_two_good_prices_of_a_known_case_are_not_called_unfeasible() -> None:
    found = calculate(prices("0.16", "0.18", "7.00"), method=Method.MEDIAN, outliers=BOTH)
    assert removed(found) == {"2": Removal.EXCESSIVE}
    assert found.value is None


def test_without_outlier_rules_every_price_counts() -> None:
    found = calculate(prices("9", "10", "11", "1000"), method=Method.LOWEST, outliers=())
    assert removed(found) == {}
    assert found.limits == []


def test_a_doubted_value_is_inconsistent_until_somebody_keeps_it_with_a_reason() -> None:
    doubted = prices("10", "11", "12", "13", marks={3: ["filler"]})
    assert removed(calculate(doubted, method=Method.MEAN, outliers=BOTH)) == {"3": Removal.INCONSISTENT}

    kept = calculate(doubted, method=Method.MEAN, outliers=BOTH, by_hand=ByHand(included={"3": "the contract says so"}))
    assert removed(kept) == {}
    assert kept.judged[3].justification == "the contract says so"


def test_a_hand_takes_out_and_keeps_in_against_the_rules() -> None:
    hand = ByHand(excluded={"0": "other brand"}, included={"4": "checked with the organ"})
    found = calculate(prices("10", "10", "11", "12", "1000"), method=Method.LOWEST, outliers=BOTH, by_hand=hand)

    assert removed(found) == {"0": Removal.BY_HAND}
    assert found.judged[0].justification == "other brand"
    assert found.figures is not None
    assert found.figures.highest == 1000


def test_a_price_is_corrected_by_the_months_after_its_own() -> None:
    correction = correction_for("IPCA", RATES, day=DAY, until=date(2026, 5, 1))
    assert correction.factor == Decimal("1.0049500000")
    found = calculate(
        prices("100", "100", "100"), method=Method.MEAN, outliers=BOTH, corrections={"0": correction, "1": correction}
    )
    assert [entry.corrected for entry in found.judged] == [
        Decimal("100.4950"),
        Decimal("100.4950"),
        Decimal("100.0000"),
    ]


def test_outliers_are_looked_for_among_corrected_prices() -> None:
    doubled = {date(2026, 4, 1): Decimal(100)}
    correction = correction_for("IPCA", doubled, day=DAY, until=date(2026, 4, 1))
    values = prices("10", "10", "10", "10", "20")
    assert removed(calculate(values, method=Method.MEAN, outliers=BOTH)) == {"4": Removal.EXCESSIVE}
    corrections = dict.fromkeys("0123", correction)
    assert removed(calculate(values, method=Method.MEAN, outliers=BOTH, corrections=corrections)) == {}


def test_months_that_the_table_lacks_are_named_and_never_guessed() -> None:
    with pytest.raises(IndexMonthMissingError, match=r"IPCA lacks 02/2026, 03/2026"):
        correction_for("IPCA", RATES, day=date(2026, 1, 31), until=date(2026, 5, 1))


@pytest.mark.parametrize("day", [date(2026, 6, 1), date(2026, 6, 30), date(2026, 11, 1)])
def test_a_price_of_the_last_month_or_later_stays_as_it_is(day: date) -> None:
    correction = correction_for("IPCA", RATES, day=day, until=date(2026, 6, 1))
    assert correction.factor == 1
    assert correction.is_none


def test_a_correction_goes_over_the_end_of_a_year() -> None:
    rates = {date(2025, 12, 1): Decimal(1), date(2026, 1, 1): Decimal(1)}
    assert correction_for("IGP-M", rates, day=date(2025, 11, 30), until=date(2026, 1, 1)).factor == Decimal("1.0201")


def test_the_last_month_of_a_table_is_not_one_to_come() -> None:
    assert last_month(RATES, at_most=date(2026, 5, 31)) == date(2026, 5, 1)
    assert last_month(RATES, at_most=date(2026, 3, 31)) is None


@given(amounts, st.sampled_from(Method), st.lists(st.sampled_from(OutlierRule), unique=True))
def test_every_price_is_kept_or_says_why_not(
    values: list[Decimal], method: Method, outliers: list[OutlierRule]
) -> None:
    found = calculate(prices(*map(str, values)), method=method, outliers=outliers)

    assert [entry.price.key for entry in found.judged] == [str(place) for place in range(len(values))]
    kept = [entry for entry in found.judged if entry.is_kept]
    assert (found.value is None) == (len(kept) < 3)
    assert all(entry.rule or entry.justification for entry in found.judged if not entry.is_kept)
    if found.value is not None:
        assert min(entry.corrected for entry in kept) - 1 <= found.value <= max(entry.corrected for entry in kept) + 1


@given(amounts)
def test_the_order_of_the_prices_makes_no_difference(values: list[Decimal]) -> None:
    listed = prices(*map(str, values))
    turned = [*reversed(listed)]
    one = calculate(listed, method=Method.MEDIAN, outliers=BOTH)
    other = calculate(turned, method=Method.MEDIAN, outliers=BOTH)
    assert (one.value, one.figures, removed(one)) == (other.value, other.figures, removed(other))


@given(amounts)
def test_the_median_of_a_basket_is_never_an_outlier(values: list[Decimal]) -> None:
    found = calculate(prices(*map(str, values)), method=Method.MEDIAN, outliers=BOTH)
    assert found.figures is not None
    assert found.figures.count >= len(values) / 2
