"""Signals: each with its evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.factories.cnpjs import make_cnpj
from tests.factories.suppliers import make_supplier

from malha.expenses.rules.signals import Spending, find_signals
from malha.suppliers.rules.supplier import Partner, Status, Supplier

A, B = make_cnpj(1), make_cnpj(2)
DAY = date(2026, 10, 1)


def spend(key: int, cnpj: str = A, amount: str = "100.00", day: date | None = DAY) -> Spending:
    return Spending(key, cnpj, "limpeza", Decimal(amount), day)


def codes(
    spendings: list[Spending], suppliers: list[Supplier] | None = None, *, limit: str | None = None
) -> dict[int, list[str]]:
    found = find_signals(
        spendings,
        {supplier.cnpj: supplier for supplier in suppliers or []},
        approval_limit=Decimal(limit) if limit else None,
    )
    return {key: [signal["code"] for signal in signals] for key, signals in found.items()}


def evidence(found: dict[int, list[dict[str, Any]]], key: int) -> dict[str, Any]:
    return found[key][0]["evidence"]


def test_an_ordinary_expense_gives_no_signal() -> None:
    assert codes([spend(0)], [make_supplier(A)], limit="1000") == {}


def test_a_company_younger_than_the_expense() -> None:
    young = make_supplier(A, opened_on=date(2026, 10, 2))
    assert codes([spend(0)], [young]) == {0: ["company-younger-than-expense"]}
    assert codes([spend(0)], [replace(young, opened_on=DAY)]) == {}


def test_inactive_at_the_date_and_not_only_today() -> None:
    closed = replace(make_supplier(A), status=Status.BAIXADA, status_since=DAY)
    assert codes([spend(0)], [closed]) == {0: ["inactive-at-date"]}
    assert codes([spend(0, day=date(2026, 9, 30))], [closed]) == {}


def test_an_amount_just_under_the_limit() -> None:
    amounts = ["89.99", "90.00", "99.99", "100.00"]
    found = codes([spend(n, make_cnpj(n), amount) for n, amount in enumerate(amounts)], limit="100")
    assert found == {1: ["just-under-limit"], 2: ["just-under-limit"]}


def test_the_same_amount_to_the_same_supplier_within_thirty_days() -> None:
    later, much_later = date(2026, 10, 31), date(2026, 12, 1)
    found = codes([spend(0), spend(1, day=later), spend(2, day=much_later), spend(3, B)])
    assert found == {0: ["duplicate-payment"], 1: ["duplicate-payment"]}


@given(st.lists(st.tuples(st.sampled_from([A, B]), st.none() | st.integers(0, 90)), max_size=25))
def test_repeated_payments_are_those_with_another_within_thirty_days(payments: list[tuple[str, int | None]]) -> None:
    days = [None if offset is None else DAY + timedelta(days=offset) for _, offset in payments]
    spendings = [spend(key, cnpj, day=day) for key, ((cnpj, _), day) in enumerate(zip(payments, days, strict=True))]

    def are_near(one: Spending, other: Spending) -> bool:
        if one.spent_on is None or other.spent_on is None:
            return one.spent_on is other.spent_on
        return abs(one.spent_on - other.spent_on) <= timedelta(days=30)

    repeated = {one.key for one, other in permutations(spendings, 2) if one.cnpj == other.cnpj and are_near(one, other)}
    assert set(codes(spendings)) == repeated


def test_a_hundred_thousand_equal_payments_name_ten_others_each() -> None:
    found = find_signals([spend(key) for key in range(100_000)], {}, approval_limit=None)
    assert len(found) == 100_000
    assert {len(evidence(found, key)["items"]) for key in found} == {10}
    assert all(key not in evidence(found, key)["items"] for key in found)


def test_suppliers_that_share_a_partner_or_an_address_and_are_not_branches_of_one() -> None:
    partner = (Partner("MARIA EXEMPLO", "***123456**", None, None),)
    one, other = replace(make_supplier(A), partners=partner), replace(make_supplier(B), partners=partner)
    found = codes([spend(0, A), spend(1, B, "50.00")], [one, other])
    assert found == {0: ["shared-partner", "shared-address"], 1: ["shared-partner", "shared-address"]}
    branch = replace(one, cnpj=A[:8] + "000200")
    assert codes([spend(0, A)], [one, branch]) == {}


def test_an_amount_far_from_what_the_service_costs() -> None:
    usual = [spend(n, make_cnpj(n), f"{100 + n}.00") for n in range(10)]
    found = find_signals([*usual, spend(10, make_cnpj(99), "9000.00")], {}, approval_limit=None)
    assert list(found) == [10]
    assert evidence(found, 10)["median"].startswith("105")


def test_few_expenses_have_no_outlier() -> None:
    assert codes([spend(0), spend(1, B, "9000.00")]) == {}
