"""Expenses and the bank: what paid them, what nothing paid, and what cannot be known."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event
from tests.factories.cnpjs import make_cnpj
from tests.factories.identity import make_principal
from tests.integration.expenses.conftest import Desk

from malha.banking.rules.assignment import assign
from malha.banking.rules.matching import Candidate, Payment, score
from malha.banking.service import find_covered_days, match_payments
from malha.identity.policy import Principal

A, B, C = make_cnpj(1), make_cnpj(2), make_cnpj(3)
DAY = "2026-10-10"

_ADD = """
INSERT INTO bank_transactions (id, workspace_id, account_id, day, amount, direction, status, occurred_at, description,
                               counterpart_document, provider_id, source, identity)
VALUES (%(id)s, %(workspace)s, %(account)s, %(day)s, %(amount)s, %(direction)s, 'POSTED', now(), %(text)s, %(document)s,
        %(provider_id)s, %(source)s, uuid_send(gen_random_uuid()))
"""
_STATE = """
WITH job AS (
    INSERT INTO jobs (id, kind, total, workspace_id) VALUES (gen_random_uuid(), 'banking.import', 1, %s) RETURNING id
)
INSERT INTO bank_statements (id, workspace_id, account_id, job_id, name, sha256, size, storage_path, status,
                             period_start, period_end, imported_at)
SELECT gen_random_uuid(), %s, %s, job.id, 'a.ofx', '', 0, '', 'IMPORTED', %s, %s, %s FROM job
"""


@dataclass
class Bank:
    """One account of a workspace."""

    desk: Desk
    principal: Principal
    account_id: UUID

    def pay(self, amount: str, day: str = DAY, **fields: Any) -> str:
        """A transaction; its id."""
        row = {"direction": "DEBIT", "document": None, "provider_id": None, "source": "PLUGGY", "text": "PIX"} | fields
        row |= {"id": uuid4(), "workspace": self.principal.workspace_id, "account": self.account_id}
        self.desk.engine.record.execute(_ADD, row | {"amount": amount, "day": day})
        return str(row["id"])

    def state(self, first: str, last: str, *, imported_at: str = "2026-11-15 12:00Z") -> None:
        """An imported statement of these days."""
        self.desk.engine.record.execute(
            _STATE,
            [self.principal.workspace_id, self.principal.workspace_id, self.account_id, first, last, imported_at],
        )

    def covers(self, *days: str) -> list[str]:
        """Those of the days of which something is known."""

        async def find() -> set[date]:
            async with self.desk.engine.runtime.database.read_session() as session:
                return await find_covered_days(session, self.principal.workspace_id, map(date.fromisoformat, days))

        return sorted(str(day) for day in self.desk.engine.runtime.run(find()))


@pytest.fixture
def bank(desk: Desk) -> Iterator[Bank]:
    yield open_bank(desk)
    desk.engine.record.execute("TRUNCATE bank_accounts CASCADE")


def open_bank(desk: Desk) -> Bank:
    """A workspace with an account; its owner is the caller from here on."""
    principal = make_principal()
    desk.become(principal)
    account_id = uuid4()
    desk.engine.record.execute(
        "INSERT INTO bank_accounts (id, workspace_id, name) VALUES (%s, %s, 'Conta')",
        [account_id, principal.workspace_id],
    )
    return Bank(desk, principal, account_id)


def item(cnpj: str = A, amount: str | None = "100.00", day: str | None = DAY, **fields: Any) -> dict[str, Any]:
    return {"cnpj": cnpj, "service_type": "limpeza", "amount": amount, "spent_on": day, **fields}


def check(desk: Desk, *items: dict[str, Any]) -> list[dict[str, Any]]:
    """The results of a batch, in its order."""
    return desk.work(desk.submit(*items))["result"]["results"]


def unpaid(result: dict[str, Any]) -> dict[str, Any] | None:
    """The evidence that nothing paid an expense."""
    found = [signal["evidence"] for signal in result["signals"] if signal["code"] == "no-matching-transaction"]
    return found[0] if found else None


def test_what_paid_an_expense_is_shown_with_its_reasons(desk: Desk, bank: Bank) -> None:
    bank.state("2026-10-01", "2026-10-31")
    paid = bank.pay("100.00", document=A)
    (result,) = check(desk, item())
    assert result["payment"] == {
        "transaction_id": paid,
        "score": 100,
        "reasons": ["amount-equal", "day-equal", "counterpart-equal"],
    }
    assert unpaid(result) is None
    shown = desk.client.get(f"/api/v1/expenses/{result['id']}").json()
    assert shown["payment"] == result["payment"]
    [row] = csv.DictReader(desk.client.get("/api/v1/expenses/export").text.lstrip("\ufeff").splitlines(), delimiter=";")
    assert json.loads(row["Pagamento"]) == result["payment"]


def test_an_expense_that_nothing_paid_says_so_and_waits_for_a_person(desk: Desk, bank: Bank) -> None:
    bank.state("2026-10-01", "2026-10-31")
    bank.pay("100.00", document=B)
    bank.pay("100.00", direction="CREDIT")
    bank.pay("777.00")
    (result,) = check(desk, item(service_type="dança"))
    assert unpaid(result) == {
        "score": 45,
        "reasons": ["candidates-weak", "amount-equal", "day-equal", "counterpart-other"],
    }
    assert (result["payment"], result["review"]) == (None, "pending")
    listed = desk.client.get("/api/v1/expenses", params={"signal": "no-matching-transaction"}).json()["items"]
    assert [one["id"] for one in listed] == [result["id"]]


@pytest.mark.parametrize("day", ["2026-09-30", "2026-11-01", None])
def test_days_that_no_statement_reaches_say_nothing(desk: Desk, bank: Bank, day: str | None) -> None:
    bank.state("2026-10-01", "2026-10-31")
    (result,) = check(desk, item(day=day))
    assert (result["signals"], result["payment"]) == ([], None)


def test_without_accounts_without_amount_or_with_anothers_statements_nothing_is_said(desk: Desk, bank: Bank) -> None:
    bank.state("2026-10-01", "2026-10-31")
    assert [one["signals"] for one in check(desk, item(amount=None))] == [[]]
    open_bank(desk)
    assert [one["signals"] for one in check(desk, item())] == [[]]
    desk.become(make_principal())
    assert [one["signals"] for one in check(desk, item())] == [[]]


def test_a_day_is_covered_once_it_was_over_when_it_was_told(bank: Bank) -> None:
    bank.state("2026-10-01", "2026-10-05", imported_at="2026-10-05 23:00Z")
    bank.state("2026-10-20", "2026-10-21", imported_at="2026-10-22 02:59Z")
    assert bank.covers("2026-10-04", "2026-10-05", "2026-10-06", "2026-10-20", "2026-10-21") == [
        "2026-10-04",
        "2026-10-20",
    ]
    bank.pay("1.00", "2026-10-21", source="OFX")
    assert bank.covers("2026-10-21") == ["2026-10-21"]


def test_a_sync_covers_the_days_from_the_first_transaction_to_the_day_before(bank: Bank) -> None:
    bank.pay("1.00", "2026-09-10")
    execute = bank.desk.engine.record.execute
    execute("UPDATE bank_accounts SET synced_until = '2026-09-20' WHERE id = %s", [bank.account_id])
    assert bank.covers("2026-09-09", "2026-09-10", "2026-09-15", "2026-09-19", "2026-09-20") == [
        "2026-09-10",
        "2026-09-15",
        "2026-09-19",
    ]


def test_a_named_transaction_is_compared_with_its_expense_alone(desk: Desk, bank: Bank) -> None:
    bank.state("2026-10-01", "2026-10-31")
    ours, theirs, other = bank.pay("100.00"), bank.pay("100.00", provider_id="px-1"), bank.pay("55.00")
    results = check(
        desk,
        item(B),
        item(transaction_id=ours.upper()),
        item(transaction_id="px-1"),
        item(transaction_id=other),
        item(C, "55.00", transaction_id="invoice 17"),
    )
    assert [one["payment"] and one["payment"]["transaction_id"] for one in results] == [None, ours, theirs, None, other]
    assert results[1]["payment"]["reasons"][0] == "named"
    assert unpaid(results[0]) == {"score": 0, "reasons": ["no-candidate"]}
    assert unpaid(results[3])["reasons"][:2] == ["named", "amount-other:-45.00"]  # type: ignore[index]
    assert results[4]["transaction_id"] == "invoice 17"


def test_a_named_transaction_without_an_amount_is_shown_and_a_credit_is_not_a_payment(desk: Desk, bank: Bank) -> None:
    out, back = bank.pay("100.00"), bank.pay("100.00", direction="CREDIT")
    results = check(
        desk, item(amount=None, transaction_id=out), item(amount=None, transaction_id=back), item(B, None, None)
    )
    assert results[0]["payment"] == {"transaction_id": out, "score": 0, "reasons": ["named"]}
    assert unpaid(results[1]) == {"score": 0, "reasons": ["named", "direction-credit"]}
    assert (results[2]["payment"], unpaid(results[2])) == (None, None)


def test_a_transaction_pays_one_expense_named_or_not(desk: Desk, bank: Bank) -> None:
    bank.state("2026-10-01", "2026-10-31")
    ours = bank.pay("100.00")
    first, second, third = check(desk, item(B), item(transaction_id=ours), item(C, transaction_id=ours))
    assert second["payment"]["transaction_id"] == ours
    assert unpaid(first) == {"score": 0, "reasons": ["no-candidate"]}
    assert unpaid(third)["reasons"][:2] == ["candidates-taken", "named"]  # type: ignore[index]


def test_one_fee_paid_for_hundreds_of_condominiums_is_found_for_each(desk: Desk, bank: Bank) -> None:
    bank.state("2026-10-01", "2026-10-31")
    fees = {bank.pay("99.90") for _ in range(150)} | {bank.pay("99.90", document=A) for _ in range(150)}
    results = check(desk, *[item(A, "99.90") for _ in range(310)])
    paid = [one["payment"]["transaction_id"] for one in results if one["payment"]]
    assert set(paid) == fees
    assert len(paid) == 300
    assert {unpaid(one)["reasons"][0] for one in results if not one["payment"]} == {"candidates-taken"}  # type: ignore[index]


def test_a_payee_is_found_among_hundreds_of_equal_payments_to_others(desk: Desk, bank: Bank) -> None:
    cnpjs = [make_cnpj(number) for number in range(200)]
    own = {cnpj: bank.pay("99.90", document=cnpj) for cnpj in cnpjs}
    results = check(desk, *[item(cnpj, "99.90") for cnpj in reversed(cnpjs)])
    assert {one["cnpj"]: one["payment"]["transaction_id"] for one in results} == own


def test_no_matching_over_everything_is_better(desk: Desk, bank: Bank) -> None:
    chance = random.Random(7)  # noqa: S311 - the same dice each time
    start = date(2026, 10, 1)
    cnpjs = [make_cnpj(number) for number in range(6)]
    cents = [Decimal(9000 + 50 * number) / 100 for number in range(8)]
    transactions = []
    for _ in range(150):
        day, amount = start + timedelta(days=chance.randrange(20)), chance.choice(cents)
        document = chance.choice([None, *cnpjs, cnpjs[0][:8] + "000299"])
        id_ = bank.pay(str(amount), str(day), document=document)
        transactions.append(Candidate(UUID(id_), day, amount, "DEBIT", "PIX", document))
    days = [None, *(start + timedelta(days=number) for number in range(20))]
    payments = [Payment(chance.choice(cnpjs), chance.choice(cents), chance.choice(days)) for _ in range(45)]

    async def match() -> list[int]:
        async with desk.engine.runtime.database.read_session() as session:
            matches = await match_payments(session, bank.principal.workspace_id, payments)
        ids = [match.transaction.id for match in matches if match.transaction]
        assert len(ids) == len(set(ids))
        return [match.score for match in matches if match.transaction]

    weights = [{t.id: s.value for t in transactions if (s := score(p, t)).is_match} for p in payments]
    chosen = assign(weights, most_exact=10_000)
    best = [row[id_] for row, id_ in zip(weights, chosen, strict=True) if id_ is not None]
    found = desk.engine.runtime.run(match())
    assert (len(found), sum(found)) == (len(best), sum(best))


def test_the_number_of_statements_does_not_grow_with_the_batch(desk: Desk, bank: Bank) -> None:
    bank.state("2026-10-01", "2026-10-31")
    counts = []
    for size in (10, 400):
        batch = [item(make_cnpj(n), f"{n}.00", transaction_id=str(uuid4())) for n in range(1, size)]
        desk.work(desk.submit(*batch))  # now the suppliers are known
        with counted(desk) as statements:
            desk.work(desk.submit(*batch), rounds=1)
        counts.append(len(statements))
    assert counts[0] == counts[1]


@contextmanager
def counted(desk: Desk) -> Iterator[list[str]]:
    """The statements that the worker's engine runs meanwhile."""
    statements: list[str] = []
    engine = desk.engine.runtime.database.engine.sync_engine

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_the_end_of_a_retried_batch_replaces_what_it_found_before(desk: Desk, bank: Bank) -> None:
    bank.state("2026-10-01", "2026-10-31")
    task_id = desk.submit(item(), item(amount="50.00"))
    job_id = UUID(task_id)
    desk.work(task_id)
    paid = bank.pay("100.00")
    # As after a retry of a failed part.
    record = desk.engine.record
    record.execute("UPDATE job_parts SET state = 'queued', run_after = now() WHERE job_id = %s", [job_id])
    record.execute("UPDATE jobs SET state = 'queued', done = 0, finished_at = NULL WHERE id = %s", [job_id])
    first, second = desk.work(task_id)["result"]["results"]
    assert (first["signals"], first["payment"]["transaction_id"]) == ([], paid)
    assert unpaid(second) is not None
    acts = record.execute(
        "SELECT entity_id, previous_state, new_state, actor_id FROM audit_log WHERE action = 'FLAG_FRAUD'"
        " AND metadata->>'batch_id' = %s ORDER BY performed_at, metadata->>'no'",
        [task_id],
    ).fetchall()
    assert [act["entity_id"] for act in acts] == [first["id"], second["id"], first["id"]]
    assert [len(act["previous_state"]["signals"]) for act in acts] == [0, 0, 1]
    assert [len(act["new_state"]["signals"]) for act in acts] == [1, 1, 0]
    assert {act["actor_id"] for act in acts} == {"SYSTEM"}
