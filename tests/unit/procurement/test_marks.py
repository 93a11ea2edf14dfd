"""Which values are doubted, which are not, and what is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malha.procurement.rules.mark_words import explain_mark
from malha.procurement.rules.marks import (
    AwardValues,
    ItemValues,
    Mark,
    MarkRule,
    is_nines,
    mark_item,
    mark_procurement,
)
from malha.procurement.rules.spread import Spread, spread_of

AROUND_TEN = spread_of([8, 9, 9.5, 10, 10, 10.5, 11, 12])
amounts = st.decimals(Decimal("0.0001"), Decimal("9000000"), places=4)


def item(
    quantity: str | None = "10",
    unit_value: str | None = "10",
    total: str | None = "100",
    *,
    awards: Sequence[tuple[str, str, str]] = (),
    peers: Spread | None = None,
    is_secret: bool = False,
    criterion: int | None = None,
) -> ItemValues:
    stated = [Decimal(value) if value is not None else None for value in (quantity, unit_value, total)]
    won = [AwardValues(*map(Decimal, award)) for award in awards]
    return ItemValues(1, stated[0], stated[1], stated[2], won, peers, is_secret, criterion)


def rules(item: ItemValues) -> list[str]:
    return sorted({mark.rule.value for mark in mark_item(item)})


@pytest.mark.parametrize(
    ("quantity", "unit_value", "total", "found"),
    [
        ("10", "10", "100", []),
        ("10", "10", "100.01", []),
        ("10", "10", "100.02", ["total-mismatch"]),
        ("3", "33.3333", "100", []),
        ("12000", "0.0545", "654.30", []),
        ("12000", "0.0545", "655", ["total-mismatch"]),
        ("100000", "1.2346", "123456.78", []),
        ("12", "1226.70", "147204.00", ["magnitude-jump"]),
        ("12", "1226.70", "1472040000000.0001", ["magnitude-jump"]),
        ("12", "1226.70", "1.472040", ["magnitude-jump"]),
        ("12", "1226.70", "0", []),
        ("0", "10", "100", []),
        (None, "10", "100", []),
        ("10", None, "100", []),
        ("10", "10", None, []),
    ],
)
def test_a_total_is_the_quantity_times_the_unit_value_as_far_as_pncp_keeps_decimals(
    quantity: str | None, unit_value: str | None, total: str | None, found: list[str]
) -> None:
    assert rules(item(quantity, unit_value, total)) == found


@pytest.mark.parametrize(
    "value", ["999", "999.99", "9999.00", "99999", "9999999999999.99", "1", "1.00", "0.01", "0.0001"]
)
def test_fillers_are_no_prices(value: str) -> None:
    assert rules(item("1", value, value)) == ["filler"]


@pytest.mark.parametrize("value", ["99.99", "9.99", "998", "999.50", "1.01", "2", "1999", "0.02"])
def test_prices_that_only_look_a_little_like_fillers_are_not_doubted(value: str) -> None:
    assert rules(item("1", value, value)) == []


def test_a_filler_that_others_pay_as_well_is_a_price() -> None:
    about_one = spread_of([0.8, 0.9, 0.95, 1, 1, 1.05, 1.1, 1.2])
    assert rules(item("1", "1", "1", peers=about_one)) == []
    assert rules(item("1", "1", "1", peers=AROUND_TEN)) == ["far-from-median", "filler"]


def test_a_total_of_nines_is_a_filler_even_where_no_unit_value_stands() -> None:
    assert rules(item(None, None, "9999999999999.99")) == ["filler"]
    assert rules(item(None, None, "99999.99")) == []


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("10", []),
        ("3.4", []),
        ("29", []),
        ("1000", ["magnitude-jump"]),
        ("100000", ["magnitude-jump"]),
        ("0.1", ["magnitude-jump"]),
        ("0.001", ["magnitude-jump"]),
        ("100", ["far-from-median"]),
        ("45", ["far-from-median"]),
        ("2.2", ["far-from-median"]),
        ("0", []),
    ],
)
def test_a_value_is_held_against_the_median_of_its_code_and_unit(value: str, found: list[str]) -> None:
    assert rules(item(None, value, None, peers=AROUND_TEN)) == found
    assert rules(item(None, value, None)) == []


def test_codes_whose_prices_differ_widely_leave_more_room() -> None:
    wide = spread_of([2, 4, 8, 16, 32, 64, 128, 256])
    assert rules(item(None, "1000", None, peers=wide)) == []


@pytest.mark.parametrize(
    ("awarded", "found"),
    [
        ("10", []),
        ("1.05", []),
        ("20", []),
        ("0.9", ["award-ratio"]),
        ("21", ["award-ratio"]),
        ("1000", ["magnitude-jump"]),
        ("0.1", ["magnitude-jump"]),
        ("100500", ["magnitude-jump"]),
        ("0", []),
    ],
)
def test_an_award_is_held_against_its_estimate(awarded: str, found: list[str]) -> None:
    total = str(Decimal(awarded) * 10)
    assert rules(item(awards=[("10", awarded, total)])) == found


def test_what_cannot_be_compared_is_not_doubted() -> None:
    assert rules(item(is_secret=True, awards=[("10", "500", "5000")])) == []
    assert rules(item("10", "0", "0", awards=[("10", "500", "5000")])) == []


def test_a_discount_is_no_price_whatever_it_looks_like() -> None:
    assert rules(item("1", "999", "100", criterion=2, peers=AROUND_TEN)) == ["discount-not-price"]
    assert rules(item("1", "100", "100", criterion=1)) == []


def test_a_procurements_total_is_the_sum_of_its_items_or_doubted() -> None:
    def judge(estimated: str | None, *items: ItemValues, awarded: str | None = None) -> list[tuple[int, str]]:
        totals = [Decimal(value) if value else None for value in (estimated, awarded)]
        return [
            (mark.item, mark.rule.value) for mark in mark_procurement(items, estimated=totals[0], awarded=totals[1])
        ]

    assert judge("100", item()) == []
    assert judge("100.01", item()) == []
    assert judge("140", item()) == [(0, "sum-mismatch")]
    assert judge("10000", item()) == [(0, "magnitude-jump")]
    assert judge("140", item(total=None)) == []
    assert judge("140", item(is_secret=True)) == []
    assert judge("140") == []
    assert judge(None, item(), awarded="9999999999999.99") == [(0, "filler")]
    assert judge("1", item(total=None)) == [(0, "filler")]


def test_every_doubt_is_said_in_both_languages_with_its_numbers() -> None:
    doubted = [
        item("10", "10", "105"), item("10", "10", "1000"), item("1", "999", "999"), item(None, None, "9999999999"),
        item(None, "45", None, peers=AROUND_TEN), item(None, "1000", None, peers=AROUND_TEN),
        item(awards=[("10", "25", "250")]), item(awards=[("10", "1000", "10000")]), item(criterion=2),
    ]  # fmt: skip
    marks = [mark for entry in doubted for mark in mark_item(entry)]
    for estimated in ("150", "1000"):
        marks += mark_procurement([item()], estimated=Decimal(estimated), awarded=None)
    assert {mark.rule for mark in marks} == set(MarkRule)
    for mark in marks:
        words = {language: explain_mark(mark.rule, mark.numbers, language) for language in ("pt", "en")}
        assert words["pt"] != words["en"]
        assert all(text.endswith(".") and "{" not in text for text in words.values())
    assert "homologado" in explain_mark("filler", {"side": "awarded", "unit_value": "999"}, "pt")
    assert explain_mark("of-another-version", {}, "pt") == "of-another-version"


@given(quantity=st.integers(1, 10**6), unit_value=amounts)
def test_values_that_agree_up_to_a_cent_are_never_a_mismatch(quantity: int, unit_value: Decimal) -> None:
    total = (quantity * unit_value).quantize(Decimal("0.01"))
    found = rules(ItemValues(1, Decimal(quantity), unit_value, total))
    assert "total-mismatch" not in found
    assert "magnitude-jump" not in found or total == 0


@given(quantity=amounts, unit_value=amounts, total=amounts, award=amounts)
def test_marks_never_change_a_value_and_always_hold_what_they_compared(
    quantity: Decimal, unit_value: Decimal, total: Decimal, award: Decimal
) -> None:
    judged = ItemValues(1, quantity, unit_value, total, [AwardValues(quantity, award, quantity * award)], AROUND_TEN)
    before = repr(judged)
    found: list[Mark] = list(mark_item(judged))
    assert repr(judged) == before
    assert all(mark.numbers and mark.item == 1 for mark in found)


@given(st.integers(3, 15), st.integers(0, 4), st.sampled_from("90"))
def test_nines_are_nines_at_any_length(length: int, decimals: int, digit: str) -> None:
    text = "9" * length + ("." + digit * decimals if decimals else "")
    assert is_nines(Decimal(text))
    assert not is_nines(Decimal("8" + text))
