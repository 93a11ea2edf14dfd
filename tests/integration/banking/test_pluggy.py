"""Accounts kept in step with Pluggy: keys, cursors, limits, pending entries, webhooks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.factories import statements as files
from tests.factories.identity import make_principal
from tests.factories.statements import Line
from tests.fakes.banking_bench import BankingBench
from tests.fakes.pluggy import WEBHOOK_SECRET

from malha.kit.clock import brazilian_day, utc_now
from malha.kit.ids import new_id
from malha.simulators.pluggy import Fault, Limit, State, event_body

TODAY = brazilian_day(utc_now())


def midnight(days_ago: int = 1) -> str:
    """A day as banks without times arrive: Sao Paulo's midnight in UTC."""
    return f"{TODAY - timedelta(days_ago)}T03:00:00.000Z"


def fill(state: State, account_id: str, count: int) -> None:
    for number in range(count):
        state.add_transaction(
            account_id, date=midnight(1 + number % 300), amount=number + 0.25, description=f"T {number}"
        )


def webhook(bench: BankingBench, body: dict[str, Any], secret: str | None = WEBHOOK_SECRET) -> Any:
    headers = {} if secret is None else {"X-Webhook-Secret": secret}
    return bench.client.post("/api/v1/banking/pluggy/webhooks", json=body, headers=headers)


def deliver(bench: BankingBench, body: dict[str, Any]) -> dict[str, Any]:
    """A webhook, and the sync that it leads to."""
    response = webhook(bench, body)
    assert response.json() == {"jobs": 1}
    return bench.result(str(bench.dispatcher.sent[-1][1]))


def test_a_connected_account_is_read_through_all_pages(bench: BankingBench) -> None:
    item_id = bench.pluggy.state.add_item(str(bench.principal.workspace_id))
    pluggy_id = bench.pluggy.state.add_account(item_id)
    fill(bench.pluggy.state, pluggy_id, 1_201)
    response = bench.post("/pluggy/items", {"item_id": item_id})
    assert bench.result(response.json()["job_ids"][0])["added"] == 1_201
    assert len(bench.transactions()) == 1_201
    asks = [ask.path for ask in bench.pluggy.state.asks if ask.endpoint == "transactions"]
    assert len(asks) == 3
    assert all(ask.startswith("/v2/transactions?") for ask in asks)
    (account,) = response.json()["accounts"]
    assert (account["bank_code"], account["number"], account["balance"]) == ("341", "0001/12345-6", "1000.00")
    assert bench.sync(account["id"]) == {"added": 0, "changed": 0, "replaced": 0, "removed": 0}


def test_only_the_workspace_that_made_an_item_gets_its_accounts(bench: BankingBench) -> None:
    item_id = bench.pluggy.state.add_item(str(bench.principal.workspace_id))
    bench.pluggy.state.add_account(item_id)
    token = bench.post("/pluggy/connect-token").json()["access_token"]
    assert token == f"simulated-connect:{bench.principal.workspace_id}"
    bench.become(make_principal())
    for stranger in (item_id, str(new_id())):
        answer = bench.post("/pluggy/items", {"item_id": stranger})
        assert (answer.status_code, answer.json()["code"]) == (404, "pluggy-item-not-found")
    assert bench.get("/accounts")["items"] == []


def test_the_key_is_shared_and_renewed_when_it_expires(bench: BankingBench) -> None:
    account_id, _ = bench.connect()
    bench.sync(account_id)
    assert bench.pluggy.state.count("auth") == 1
    bench.pluggy.state.keys.clear()
    bench.sync(account_id)
    assert (bench.pluggy.state.count("auth"), bench.pluggy.state.count("transactions", 403)) == (2, 1)


def test_an_account_that_no_webhook_has_reached_is_synced_all_the_same(bench: BankingBench) -> None:
    account_id, pluggy_id = bench.connect()
    other_id, _ = bench.connect()
    bench.pluggy.state.add_transaction(pluggy_id, date=midnight(), amount=9.5, description="PIX")
    assert overdue_syncs(bench) == []
    bench.engine.record.execute(
        "UPDATE bank_accounts SET synced_at = synced_at - interval '13 hours' WHERE id = %s", [account_id]
    )
    [sync] = overdue_syncs(bench)
    assert bench.result(str(sync))["added"] == 1
    assert overdue_syncs(bench) == []
    assert {row["account_id"] for row in bench.transactions()} == {account_id} != {other_id}


def overdue_syncs(bench: BankingBench) -> list[UUID]:
    """The syncs that the recurring task asks for."""
    before = {row["id"] for row in bench.engine.record.execute("SELECT id FROM jobs").fetchall()}
    task = bench.engine.submit("banking.sync_overdue", [{}])
    bench.work(str(task))
    rows = bench.engine.record.execute("SELECT id FROM jobs WHERE kind = 'banking.sync'").fetchall()
    return [row["id"] for row in rows if row["id"] not in before]


def test_wrong_credentials_are_not_tried_again_and_again(bench: BankingBench) -> None:
    account_id, _ = bench.connect()
    bench.pluggy.state.keys.clear()
    bench.pluggy.state.clients.clear()
    job_id = bench.post(f"/accounts/{account_id}/sync").json()["job_id"]
    asked = bench.pluggy.state.count("auth")
    assert bench.work(job_id)["state"] == "failed"
    assert bench.pluggy.state.count("auth") == asked + 1
    bench.pluggy.state.clients["simulated-client"] = "simulated-secret"


def test_a_reached_limit_brings_the_sync_back_later_without_burning_an_attempt(bench: BankingBench) -> None:
    account_id, _ = bench.connect()
    bench.pluggy.state.limits["transactions"] = Limit(1, 30)
    job_id = bench.post(f"/accounts/{account_id}/sync").json()["job_id"]
    bench.work(job_id)
    (part,) = bench.engine.parts(UUID(job_id))
    assert (part["state"], part["attempts"]) == ("queued", 0)
    assert timedelta(seconds=20) < part["run_after"] - datetime.now(UTC) < timedelta(seconds=40)
    asked = bench.pluggy.state.count("transactions")
    bench.engine.make_due(UUID(job_id))
    bench.work(job_id)
    assert bench.pluggy.state.count("transactions") == asked, "the pause holds for all workers"


@pytest.mark.parametrize(
    ("kind", "state", "words"),
    [
        ("error", "queued", "500"),
        ("html", "queued", "502"),
        ("drop", "queued", "127.0.0.1"),
        ("no-results", "queued", "no results"),
        ("foreign-next", "dead", "169.254.169.254"),
        ("loop-next", "queued", "no end"),
    ],
)
def test_a_failing_pluggy_changes_nothing(bench: BankingBench, kind: str, state: str, words: str) -> None:
    account_id, pluggy_id = bench.connect()
    bench.pluggy.state.page_size = 2
    fill(bench.pluggy.state, pluggy_id, 6)
    bench.pluggy.state.faults["transactions"] = Fault(kind, None)
    job_id = bench.post(f"/accounts/{account_id}/sync").json()["job_id"]
    bench.work(job_id)
    (part,) = bench.engine.parts(UUID(job_id))
    assert part["state"] == state
    assert words in part["error"]["message"]
    assert bench.transactions() == []


def test_days_and_directions_are_not_taken_from_signs_and_zones(bench: BankingBench) -> None:
    account_id, pluggy_id = bench.connect()
    evening = f"{TODAY - timedelta(2)}T01:30:00.000Z"
    bench.pluggy.state.add_transaction(pluggy_id, date=evening, amount=-10.1, type="DEBIT")
    payer = {"name": "Fulano", "documentNumber": {"type": "CNPJ", "value": "11.222.333/0001-81"}}
    bench.pluggy.state.add_transaction(
        pluggy_id, date=midnight(2), amount=-20.2, type="CREDIT", paymentData={"payer": payer, "receiver": None}
    )
    bench.sync(account_id)
    rows = bench.transactions()
    assert [(row["day"], row["amount"], row["direction"]) for row in rows] == [
        (str(TODAY - timedelta(3)), "10.10", "DEBIT"),
        (str(TODAY - timedelta(2)), "20.20", "CREDIT"),
    ]
    assert (rows[1]["counterpart_document"], rows[1]["counterpart_name"]) == ("11222333000181", "Fulano")


def test_a_pending_entry_that_changes_its_id_keeps_ours(bench: BankingBench) -> None:
    account_id, pluggy_id = bench.connect()
    state = bench.pluggy.state
    pending = [state.add_transaction(pluggy_id, status="PENDING", date=midnight(2), amount=50.0) for _ in range(2)]
    tip = state.add_transaction(pluggy_id, status="PENDING", date=midnight(2), amount=90.0, description="RESTAURANTE")
    dropped = state.add_transaction(pluggy_id, status="PENDING", date=midnight(2), amount=7.0)
    assert bench.sync(account_id)["added"] == 4
    ours = {row["provider_id"]: row["id"] for row in bench.transactions()}
    new = state.post(pluggy_id, pending[0], date=midnight(1))
    with_tip = state.post(pluggy_id, tip, amount=99.0)
    del state.transactions[pluggy_id][dropped]
    assert bench.sync(account_id) == {"added": 0, "changed": 0, "replaced": 2, "removed": 1}
    rows = {row["provider_id"]: row for row in bench.transactions()}
    assert rows.keys() == {new, with_tip, pending[1]}
    assert (rows[new]["id"], rows[new]["status"]) == (ours[pending[0]], "POSTED")
    assert (rows[with_tip]["id"], rows[with_tip]["amount"]) == (ours[tip], "99.00")
    assert rows[pending[1]]["status"] == "PENDING"


def test_a_deletion_that_is_told_before_its_successor_loses_nothing(bench: BankingBench) -> None:
    account_id, pluggy_id = bench.connect()
    state = bench.pluggy.state
    (item_id,) = state.items
    old = state.add_transaction(pluggy_id, status="PENDING", date=midnight(2), amount=50.0)
    bench.sync(account_id)
    (before,) = bench.transactions()
    body = state.transactions[pluggy_id].pop(old)
    told = event_body("transactions/deleted", item_id=item_id, accountId=pluggy_id, transactionIds=[old])
    assert deliver(bench, told)["removed"] == 1
    assert bench.transactions() == []
    new = state.add_transaction(pluggy_id, **{**body, "id": None, "status": "POSTED"})
    assert deliver(bench, event_body("transactions/created", item_id=item_id, accountId=pluggy_id))["replaced"] == 1
    (after,) = bench.transactions()
    assert (after["id"], after["provider_id"], after["status"]) == (before["id"], new, "POSTED")


def test_a_statement_and_pluggy_do_not_tell_the_same_twice(bench: BankingBench) -> None:
    account_id, pluggy_id = bench.connect()
    days = [str(TODAY - timedelta(days)) for days in (3, 2, 2)]
    lines = [Line.of(day, "-150.00", f"PIX ENVIADO {no}") for no, day in enumerate(days)]
    bench.import_(account_id, files.ofx(lines[:2], number="12345-6"))
    for line in lines:
        bench.pluggy.state.add_transaction(pluggy_id, date=f"{line.day}T03:00:00.000Z", amount=150.0)
    assert bench.sync(account_id)["added"] == 1
    assert len(bench.transactions()) == 3
    (statement,) = bench.import_(account_id, files.ofx(lines, number="12345-6"))
    assert statement["added_count"] == 0
    assert bench.sync(account_id)["added"] == 0
    assert len(bench.transactions()) == 3


def test_a_webhook_is_taken_once_whatever_its_content(bench: BankingBench) -> None:
    account_id, pluggy_id = bench.connect()
    (item_id,) = bench.pluggy.state.items
    bench.pluggy.state.add_transaction(pluggy_id, date=midnight(400), createdAt=utc_now().isoformat())
    since = (utc_now() - timedelta(hours=1)).isoformat()
    event = event_body("transactions/created", item_id=item_id, accountId=pluggy_id, transactionsCreatedAtFrom=since)
    assert deliver(bench, event)["added"] == 1
    for again in (event, {**event, "event": "item/updated"}):
        assert webhook(bench, again).json() == {"jobs": 0}
    assert webhook(bench, event_body("item/updated", item_id=str(new_id()))).json() == {"jobs": 0}
    assert webhook(bench, event_body("item/error", item_id=item_id)).json() == {"jobs": 0}
    assert [row["account_id"] for row in bench.transactions()] == [account_id]


@pytest.mark.parametrize("secret", [None, "", "guess", WEBHOOK_SECRET + "x"])
def test_a_webhook_without_the_secret_is_refused(bench: BankingBench, secret: str | None) -> None:
    bench.connect()
    (item_id,) = bench.pluggy.state.items
    sent = len(bench.dispatcher.sent)
    answer = webhook(bench, event_body("item/updated", item_id=item_id), secret)
    assert (answer.status_code, answer.json()["code"]) == (401, "webhook-refused")
    assert len(bench.dispatcher.sent) == sent


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"eventId": 3}', b'{"eventId": ""}', b"x" * 300_000])
def test_a_webhook_that_is_none_is_refused(bench: BankingBench, body: bytes) -> None:
    headers = {"X-Webhook-Secret": WEBHOOK_SECRET}
    answer = bench.client.post("/api/v1/banking/pluggy/webhooks", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "webhook-invalid")


def test_a_forged_deletion_removes_nothing_that_pluggy_still_has(bench: BankingBench) -> None:
    account_id, pluggy_id = bench.connect()
    (item_id,) = bench.pluggy.state.items
    kept = bench.pluggy.state.add_transaction(pluggy_id, date=midnight(2))
    bench.sync(account_id)
    forged = event_body("transactions/deleted", item_id=item_id, accountId=pluggy_id, transactionIds=[kept])
    assert deliver(bench, forged)["removed"] == 0
    assert [row["provider_id"] for row in bench.transactions()] == [kept]
