"""Payments found: what speaks for a transaction, and the best assignment of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malha.banking.rules.assignment import assign
from malha.banking.rules.matching import Candidate, Payment, amount_range, score
from malha.kit.ids import new_id

CNPJ, BRANCH, OTHER = "11222333000181", "11222333000262", "33000167000101"
DAY = date(2026, 3, 10)


def candidate(amount: str = "1000.00", *, day: date = DAY, document: str | None = None, text: str = "PIX") -> Candidate:
    return Candidate(new_id(), day, Decimal(amount), "DEBIT", text, document)


def payment(amount: str = "1000.00", *, name: str | None = None) -> Payment:
    return Payment(CNPJ, Decimal(amount), DAY, name)


@pytest.mark.parametrize(
    ("found", "is_match", "reasons"),
    [
        (candidate(), True, {"amount-equal", "day-equal", "counterpart-unknown"}),
        (candidate(document=CNPJ), True, {"amount-equal", "counterpart-equal"}),
        (candidate(document=BRANCH), True, {f"counterpart-branch:{BRANCH}"}),
        (candidate("1008.00", document=BRANCH), False, {"amount-differs:8.00", f"counterpart-branch:{BRANCH}"}),
        (candidate(document=OTHER), False, {"amount-equal", "counterpart-other"}),
        (candidate("1000.05"), True, {"amount-differs:0.05"}),
        (candidate("1002.50"), True, {"amount-with-fee:2.50"}),
        (candidate("1002.50", day=date(2026, 3, 11)), False, {"amount-with-fee:2.50", "day-differs:+1"}),
        (candidate("1008.00", document=CNPJ), True, {"amount-differs:8.00"}),
        (candidate("1008.00"), False, {"amount-differs:8.00"}),
        (candidate("1100.00", document=CNPJ), False, {"amount-other:100.00"}),
        (candidate(day=date(2026, 3, 12)), True, {"day-differs:+2"}),
        (candidate(day=date(2026, 3, 14)), False, {"day-differs:+4"}),
        (candidate(day=date(2026, 3, 15), document=CNPJ), True, {"day-differs:+5"}),
        (candidate(day=date(2026, 3, 16), document=CNPJ), False, {"amount-equal"}),
    ],
)
def test_a_score_says_what_it_is_made_of(found: Candidate, is_match: bool, reasons: set[str]) -> None:
    judged = score(payment(), found)
    assert (judged.is_match, reasons - set(judged.reasons)) == (is_match, set())


def test_money_that_came_in_paid_nothing() -> None:
    incoming = Candidate(new_id(), DAY, Decimal("1000.00"), "CREDIT", "PIX", CNPJ)
    assert score(payment(), incoming).value == 0


def test_a_payees_name_counts_even_when_the_bank_cuts_it_short() -> None:
    paid = payment(name="Elevadores Atlas Schindler Ltda")
    late = date(2026, 3, 12)
    assert score(paid, candidate("1002.50", day=late, text="PGTO ELEVADORES ATLAS SCHI")).is_match
    assert not score(paid, candidate("1002.50", day=late, text="PGTO PADARIA")).is_match


@given(amount=st.decimals("0.01", "99999999.99", places=2), offset=st.decimals("-20", "20", places=2))
def test_whatever_can_match_lies_in_the_range_that_is_searched(amount: Decimal, offset: Decimal) -> None:
    low, high = amount_range(amount, is_to_payee=True)
    near = Candidate(new_id(), DAY, max(amount + offset, Decimal(0)), "DEBIT", "PIX", CNPJ)
    if score(Payment(CNPJ, amount, DAY), near).is_match:
        assert low <= near.amount <= high


@given(amount=st.decimals("0.01", "99999999.99", places=2), offset=st.decimals("-20", "20", places=2))
def test_whatever_can_match_without_the_payees_cnpj_is_nearer(amount: Decimal, offset: Decimal) -> None:
    low, high = amount_range(amount, is_to_payee=False)
    for document in (None, BRANCH):
        near = Candidate(new_id(), DAY, max(amount + offset, Decimal(0)), "DEBIT", "EXEMPLO SERVICOS", document)
        if score(Payment(CNPJ, amount, DAY, "Exemplo Servicos Ltda"), near).is_match:
            assert low <= near.amount <= high


def total(weights: Sequence[Mapping[UUID, int]], chosen: Sequence[UUID | None]) -> int:
    return sum(row[column] for row, column in zip(weights, chosen, strict=True) if column is not None)


def test_a_payment_leaves_its_best_to_one_that_has_no_other() -> None:
    first, second = new_id(), new_id()
    weights = [{first: 100, second: 90}, {first: 95}]
    assert assign(weights) == [second, first]


COLUMNS = [new_id() for _ in range(4)]
ROW = st.dictionaries(st.sampled_from(COLUMNS), st.integers(1, 100), max_size=4)


@given(weights=st.lists(ROW, max_size=5))
def test_no_other_assignment_is_better(weights: list[dict[UUID, int]]) -> None:
    chosen = assign(weights)
    used = [column for column in chosen if column is not None]
    assert len(used) == len(set(used))
    every = [
        choice
        for choice in product(*([None, *row] for row in weights))
        if len([c for c in choice if c]) == len({c for c in choice if c})
    ]
    assert total(weights, chosen) == max(total(weights, choice) for choice in every)


@given(weights=st.lists(ROW, max_size=5))
def test_a_crowd_gives_as_many_a_column_as_can_have_one(weights: list[dict[UUID, int]]) -> None:
    chosen = assign(weights, most_exact=0)
    used = [column for column in chosen if column is not None]
    assert len(used) == len(set(used))
    assert all(column is None or column in row for row, column in zip(weights, chosen, strict=True))
    assert len(used) == max(
        len([c for c in choice if c])
        for choice in product(*([None, *row] for row in weights))
        if len([c for c in choice if c]) == len({c for c in choice if c})
    )


@pytest.mark.timeout(20)
def test_ten_thousand_equal_payments_of_which_half_were_made_are_assigned_in_a_moment() -> None:
    columns = [new_id() for _ in range(5_000)]
    weights = [{columns[(no // 2 + step) % 5_000]: 70 for step in range(20)} for no in range(10_000)]
    assert len(set(assign(weights)) - {None}) == 5_000


def test_hundreds_of_equal_payments_are_assigned_in_a_moment() -> None:
    columns = [new_id() for _ in range(300)]
    weights = [{columns[(no + step) % 300]: 60 + (no * 7 + step * 3) % 40 for step in range(30)} for no in range(300)]
    chosen = assign(weights)
    assert len(set(chosen) - {None}) == 300
