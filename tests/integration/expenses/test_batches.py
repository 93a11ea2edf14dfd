"""Batches of expenses from the request to the decision."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.factories.cnpjs import make_cnpj
from tests.factories.identity import make_principal
from tests.integration.expenses.conftest import Desk

from malha.identity.rules.access import Role
from malha.settings import BrokerSettings
from malha.suppliers.service import REFRESH_KIND

A, B = make_cnpj(1), make_cnpj(2)


def item(cnpj: str = A, service: str = "limpeza", **fields: Any) -> dict[str, Any]:
    return {"cnpj": cnpj, "service_type": service, **fields}


def results(task: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["status"], one["reason_code"]) for one in task["result"]["results"]]


def test_a_batch_is_accepted_at_once_and_decided_by_the_worker(desk: Desk) -> None:
    task_id = desk.submit(item(transaction_id="t-1"), item("123"), item(make_cnpj(3), "dança"))
    assert desk.task(task_id)["status"] == "PENDING"
    task = desk.work(task_id)
    assert task["status"] == "SUCCESS"
    assert [one["transaction_id"] for one in task["result"]["results"]] == ["t-1", None, None]
    assert results(task)[1] == ("REJECTED", "cnpj-invalid")
    assert results(task)[2][0] == "MANUAL_REVIEW"
    assert task["result"]["total"] == task["result"]["processed"] == 3


def test_the_order_of_the_results_is_the_order_of_the_request(desk: Desk) -> None:
    task = desk.work(desk.submit(*[item(make_cnpj(n), transaction_id=str(n)) for n in range(40)]))
    assert [one["transaction_id"] for one in task["result"]["results"]] == [str(n) for n in range(40)]


def test_a_cnpj_is_asked_about_once_however_often_it_comes(desk: Desk) -> None:
    desk.work(desk.submit(*[item() for _ in range(5)]))
    desk.work(desk.submit(item(A[:2] + "." + A[2:5] + "." + A[5:8] + "/" + A[8:12] + "-" + A[12:])))
    assert desk.asks(A) == 1


def test_what_is_known_is_decided_while_the_rest_waits_for_the_limit(desk: Desk) -> None:
    desk.work(desk.submit(item(A)))
    desk.ask_providers(cnpj_ws_limit="1/hour")
    desk.work(desk.submit(item(make_cnpj(50))))
    task_id = desk.submit(item(A), item(B), item(make_cnpj(51)))
    task = desk.work(task_id)
    assert task["status"] == "STARTED"
    assert task["progress"]["processed"] == 1
    assert task["progress"]["waiting"] == 2
    assert task["progress"]["estimated_end"] is not None
    part = desk.engine.parts(UUID(task_id))[0]
    assert (part["state"], part["attempts"]) == ("queued", 0)


def test_an_old_answer_decides_at_once_and_is_renewed_by_a_job_of_its_own(desk: Desk) -> None:
    desk.work(desk.submit(item(A), item(B)))
    desk.engine.record.execute("UPDATE suppliers SET fetched_at = now() - interval '31 days' WHERE cnpj = %s", [A])
    task = desk.work(desk.submit(*[item(A, transaction_id=str(n)) for n in range(3)], item(B)))
    assert task["status"] == "SUCCESS"
    assert [one["evidence"]["is_stale"] for one in task["result"]["results"]] == [True, True, True, False]
    assert desk.asks(A) == 1
    [part] = desk.engine.record.execute(
        "SELECT job_id, input, sent_at, run_after <= now() AS is_due FROM job_parts WHERE kind = %s", [REFRESH_KIND]
    ).fetchall()
    assert (part["input"], part["sent_at"], part["is_due"]) == ({"cnpjs": [A]}, None, True)
    desk.engine.deliver(REFRESH_KIND, (part["job_id"], 0, 0))
    assert desk.asks(A) == 2
    assert desk.work(desk.submit(item(A)))["result"]["results"][0]["evidence"]["is_stale"] is False


def test_nobody_renews_where_nobody_may_be_asked(desk: Desk) -> None:
    desk.work(desk.submit(item(A)))
    desk.engine.record.execute("UPDATE suppliers SET fetched_at = now() - interval '31 days'")
    desk.ask_providers(providers=[])
    assert desk.work(desk.submit(item(A)))["status"] == "SUCCESS"
    assert desk.engine.record.execute("SELECT 1 FROM jobs WHERE kind = %s", [REFRESH_KIND]).fetchall() == []


def test_limits_that_cannot_be_read_cost_an_attempt_and_nothing_that_is_answered(desk: Desk) -> None:
    desk.work(desk.submit(item(A)))
    settings = desk.engine.runtime.settings
    away = settings.model_copy(update={"broker": BrokerSettings(redis_url="redis://127.0.0.1:1/0")})
    desk.engine.runtime.settings = away
    task_id = desk.submit(item(A), item(B))
    assert desk.work(task_id)["status"] == "RETRY"
    part = desk.engine.parts(UUID(task_id))[0]
    assert (part["state"], part["attempts"], part["error"]["type"]) == ("queued", 1, "TransientError")
    assert desk.task(task_id)["progress"]["processed"] == 1
    desk.engine.runtime.settings = settings
    desk.engine.make_due(UUID(task_id))
    assert desk.work(task_id)["status"] == "SUCCESS"
    assert (desk.asks(A), desk.asks(B)) == (1, 1)


def test_a_company_that_nobody_knows_is_asked_about_once(desk: Desk) -> None:
    desk.registry.state.companies[A] = None
    tasks = [desk.work(desk.submit(item(A))) for _ in range(2)]
    assert [results(task) for task in tasks] == [[("REJECTED", "supplier-not-found")]] * 2
    assert [task["result"]["results"][0]["cached"] for task in tasks] == [False, True]
    assert desk.asks(A) == 1


def test_a_provider_that_fails_is_retried_and_then_a_person_decides(desk: Desk) -> None:
    desk.ask_providers(cnpj_ws_url="http://127.0.0.1:9")
    task_id = desk.submit(item(), item("123"))
    job_id = UUID(task_id)
    for _ in range(12):
        desk.work(task_id, rounds=1)
        desk.engine.make_due(job_id)
    task = desk.task(task_id)
    assert results(task) == [("MANUAL_REVIEW", "registry-unavailable"), ("REJECTED", "cnpj-invalid")]
    assert task["result"]["errors"][0]["item"] == 0
    dead = desk.engine.parts(job_id)[0]
    assert (dead["state"], dead["attempts"]) == ("dead", 5)


def test_an_unknown_task_is_404_and_so_is_another_tenants(desk: Desk) -> None:
    assert desk.client.get(f"/tasks/{uuid4()}").status_code == 404
    task_id = desk.submit(item())
    desk.become(make_principal())
    assert desk.client.get(f"/tasks/{task_id}").json()["code"] == "task-not-found"


def test_a_repeated_request_under_its_key_finds_its_batch(desk: Desk) -> None:
    body, headers = {"items": [item()]}, {"Idempotency-Key": "k"}
    first = desk.client.post("/batch-expenses", json=body, headers=headers).json()
    again = desk.client.post("/api/v1/batch-expenses", json=body, headers=headers).json()
    assert first["task_id"] == again["task_id"]
    other = desk.client.post("/batch-expenses", json={"items": [item(B)]}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


@pytest.mark.parametrize("body", [{"items": []}, {"items": [{"cnpj": A}]}, {"items": [item(amount="-1")]}, {}])
def test_a_bad_request_is_refused_with_the_field(desk: Desk, body: dict[str, Any]) -> None:
    answer = desk.client.post("/batch-expenses", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation-failed")


def test_a_csv_file_makes_a_batch(desk: Desk) -> None:
    file = ("despesas.csv", f"CNPJ;Serviço;Valor\n{A};Limpeza;10,00\n".encode(), "text/csv")
    answer = desk.client.post("/api/v1/expenses/batches/file", files={"file": file})
    assert answer.status_code == 202, answer.text
    assert desk.work(answer.json()["task_id"])["result"]["total"] == 1


def test_reviews_leave_the_queue_and_enter_the_audit_log(desk: Desk) -> None:
    desk.work(desk.submit(item("123"), item("456")))
    queue = desk.client.get("/api/v1/expenses", params={"review": "pending"}).json()["items"]
    assert len(queue) == 2
    first, second = (one["id"] for one in queue)
    approved = desk.client.post(f"/api/v1/expenses/{first}/approve", json={"note": "conferido"})
    assert (approved.status_code, approved.json()["review"]) == (200, "approved")
    again = desk.client.post(f"/api/v1/expenses/{first}/reject", json={})
    assert (again.status_code, again.json()["code"]) == (409, "expense-not-in-review")
    bulk = desk.client.post("/api/v1/expenses/reviews", json={"review": "rejected", "ids": [first, second]}).json()
    assert bulk == {"reviewed": [second], "refused": [first], "unknown": []}
    logged = desk.engine.record.execute(
        "SELECT action FROM audit_log WHERE entity_type = 'expense' ORDER BY performed_at"
    )
    assert [row["action"] for row in logged][-2:] == ["APPROVE", "REJECT"]


def test_a_finished_batch_is_in_the_audit_log(desk: Desk) -> None:
    task_id = desk.submit(item("123"))
    desk.work(task_id)
    [row] = desk.engine.record.execute(
        "SELECT action, actor_id FROM audit_log WHERE entity_id = %s AND entity_type = 'batch_audit'", [task_id]
    )
    assert (row["action"], row["actor_id"]) == ("BATCH_COMPLETED", "SYSTEM")


def test_the_export_has_every_line_and_no_formula(desk: Desk) -> None:
    desk.work(desk.submit(item(transaction_id="=1+1"), item("123")))
    lines = desk.client.get("/api/v1/expenses/export").text.strip().split("\r\n")
    assert len(lines) == 3
    assert lines[1].startswith("'=1+1;")


def test_a_workspace_changes_its_own_table_of_services(desk: Desk) -> None:
    url = "/api/v1/expenses/services/Dança"
    assert desk.client.put(url, json={"cnaes": ["1234567"]}).json()["code"] == "activity-invalid"
    principal = make_principal(role=Role.OWNER)
    desk.engine.record.execute("INSERT INTO workspaces (id, name) VALUES (%s, 'w')", [principal.workspace_id])
    desk.become(principal)
    written = desk.client.put(url, json={"cnaes": ["8121-4/00"]}).json()
    assert written == {"service": "danca", "cnaes": ["8121400"], "is_own": True}
    task = desk.work(desk.submit(item(service="dança")))
    assert task["result"]["results"][0]["evidence"]["allowed"] == ["8121400"]
    assert desk.client.delete(url).status_code == 204


def test_reviews_of_ids_that_nobody_knows_are_named(desk: Desk) -> None:
    desk.work(desk.submit(item("123")))
    [known] = desk.client.get("/api/v1/expenses", params={"review": "pending"}).json()["items"]
    unknown = str(uuid4())
    body = {"review": "approved", "ids": [unknown, known["id"], unknown]}
    assert desk.client.post("/api/v1/expenses/reviews", json=body).json() == {
        "reviewed": [known["id"]],
        "refused": [],
        "unknown": [unknown],
    }
    desk.become(make_principal())
    assert desk.client.post("/api/v1/expenses/reviews", json=body).json()["unknown"] == [unknown, known["id"]]


def test_a_replayed_request_says_that_nothing_was_made(desk: Desk) -> None:
    body, headers = {"items": [item()]}, {"Idempotency-Key": "k", "Accept-Language": "en"}
    first, again = (desk.client.post("/batch-expenses", json=body, headers=headers) for _ in range(2))
    assert (first.status_code, first.json()["is_replay"], first.headers.get("idempotency-replayed")) == (
        202,
        False,
        None,
    )
    assert (again.status_code, again.json()["is_replay"], again.headers["idempotency-replayed"]) == (200, True, "true")
    assert again.json()["task_id"] == first.json()["task_id"]
    assert "nothing was made again" in again.json()["message"]


@pytest.mark.parametrize("cnpj", ["1,23457E+13", "Oficina de Exemplo", "1" * 15, "12345700000000", "100000037"])
def test_what_no_company_can_have_is_the_senders_mistake(desk: Desk, cnpj: str) -> None:
    answer = desk.client.post("/batch-expenses", json={"items": [item(A), item(cnpj)]})
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body", "items", 1, "cnpj"])


@pytest.mark.parametrize("cnpj", ["\u200b{}", "'{}", '="{}"', "{}\u00a0", "CNPJ {}", "{}.0"])
def test_a_cnpj_has_one_reading_however_it_is_wrapped(desk: Desk, cnpj: str) -> None:
    bare = make_cnpj(7)
    task = desk.work(desk.submit(item(cnpj.format(bare)), item(cnpj.format(bare.lstrip("0")))))
    assert [one["cnpj"] for one in task["result"]["results"]] == [bare, bare]


def test_a_person_is_no_company_that_does_not_exist(desk: Desk) -> None:
    task = desk.work(desk.submit(item("529.982.247-25"), item("52998224725")))
    assert results(task) == [("MANUAL_REVIEW", "supplier-is-person")] * 2
    assert desk.registry.state.asks == []


def test_cancelled_and_paused_are_told_apart_from_failed_and_started(desk: Desk) -> None:
    task_id = desk.submit(item())
    for state, status in (("paused", "PAUSED"), ("cancelled", "CANCELLED"), ("failed", "FAILURE")):
        desk.engine.record.execute("UPDATE jobs SET state = %s WHERE id = %s", [state, task_id])
        task = desk.task(task_id)
        assert task["status"] == status
        assert (task["reason"] is not None) == (state != "failed")
        assert (task["result"], task["progress"]["estimated_end"]) == (None, None)
