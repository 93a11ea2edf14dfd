"""Providers that are away, and providers that answer without their base: nobody is judged for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.factories.cnpjs import make_cnpj
from tests.integration.expenses.conftest import Desk

from malha.expenses.service import AGAIN_KIND, REOPEN_KIND
from malha.kit.clock import utc_now
from malha.simulators.cnpj import Fault

ONE_SOURCE = ["brasilapi", "minha_receita"]
EVERY_SOURCE = ["cnpj_ws", *ONE_SOURCE, "receitaws"]
CNPJS = [make_cnpj(number) for number in range(12)]


def items(cnpjs: list[str] = CNPJS) -> list[dict[str, Any]]:
    return [{"cnpj": cnpj, "service_type": "limpeza"} for cnpj in cnpjs]


def lose_base(desk: Desk, *providers: str) -> None:
    desk.registry.state.faults |= {provider: Fault("not-found", None) for provider in providers}


def reasons(task: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["status"], one["reason_code"]) for one in task["result"]["results"]}


def until_the_end(desk: Desk, task_id: str) -> dict[str, Any]:
    """Let the batch run as if time had passed, until nothing is left to try."""
    for _ in range(40):
        task = desk.work(task_id, rounds=1)
        if task["status"] in {"SUCCESS", "FAILURE"}:
            return task
        desk.engine.make_due(UUID(task_id))
        desk.forget_breakers()
    raise AssertionError("the batch does not end")


def test_a_lost_base_rejects_nobody_and_the_other_providers_are_waited_for(desk: Desk) -> None:
    lose_base(desk, *ONE_SOURCE)
    desk.ask_providers(providers=EVERY_SOURCE, cnpj_ws_limit="3/hour", receitaws_limit="3/hour")
    task_id = desk.submit(*items())
    task = desk.work(task_id)
    assert task["status"] == "STARTED", "limits are waited for, and nobody is away who alone could tell"
    assert (task["progress"]["processed"], task["progress"]["waiting"]) == (6, 6)
    end = datetime.fromisoformat(task["progress"]["estimated_end"])
    assert end > utc_now() + timedelta(minutes=30)
    decided = desk.client.get("/api/v1/expenses", params={"batch_id": task_id, "decision": "REJECTED"}).json()
    assert decided["items"] == []
    desk.ask_providers(providers=EVERY_SOURCE)
    desk.engine.make_due(UUID(task_id))
    assert until_the_end(desk, task_id)["result"]["decisions"].get("REJECTED") is None


def test_without_another_source_a_person_decides(desk: Desk) -> None:
    lose_base(desk, *ONE_SOURCE)
    desk.ask_providers(providers=ONE_SOURCE)
    task = until_the_end(desk, desk.submit(*items()))
    assert reasons(task) == {("MANUAL_REVIEW", "registry-unavailable")}
    assert task["error"]["message"] == "O cadastro de empresas não respondeu em nenhuma das tentativas."


def test_who_is_away_is_named_with_an_honest_end(desk: Desk) -> None:
    desk.registry.state.faults["cnpj_ws"] = Fault("error", None)
    task_id = desk.submit(*items())
    desk.work(task_id, rounds=1)
    desk.engine.make_due(UUID(task_id))
    desk.work(task_id, rounds=1)
    before = utc_now()
    task = desk.client.get(f"/tasks/{task_id}", headers={"Accept-Language": "en"}).json()
    assert task["status"] == "RETRY"
    assert task["reason"].startswith("Waiting for providers that do not answer (cnpj_ws)")
    assert desk.task(task_id)["reason"].startswith("Aguardando provedores que não respondem (cnpj_ws)")
    retry_at, end = (datetime.fromisoformat(task["progress"][name]) for name in ("retry_at", "estimated_end"))
    assert before + timedelta(seconds=20) < retry_at <= end
    part = desk.engine.parts(UUID(task_id))[0]
    assert (part["state"], part["attempts"]) == ("queued", 1), "waiting for it burns no attempt"


def wait_for_hours(desk: Desk, task_id: str, hours: float) -> None:
    desk.engine.record.execute(
        "UPDATE expense_batches SET away_since = away_since - %s WHERE job_id = %s", [timedelta(hours=hours), task_id]
    )
    desk.engine.make_due(UUID(task_id))


def test_who_is_away_for_ever_leaves_the_rest_to_a_person(desk: Desk) -> None:
    desk.registry.state.faults["cnpj_ws"] = Fault("error", None)
    task_id = desk.submit(*items())
    for hours in (0, 0, 23.9):
        wait_for_hours(desk, task_id, hours)
        task = desk.work(task_id, rounds=1)
    assert task["status"] == "RETRY"
    gives_up_at = datetime.fromisoformat(task["progress"]["gives_up_at"])
    assert utc_now() < gives_up_at < utc_now() + timedelta(minutes=10)
    assert "fica para uma pessoa decidir" in task["reason"]
    wait_for_hours(desk, task_id, 0.2)
    task = desk.work(task_id, rounds=1)
    assert task["status"] in {"SUCCESS", "FAILURE"}
    assert reasons(task) == {("MANUAL_REVIEW", "registry-unavailable")}
    assert task["error"]["message"].startswith("Provedores sem resposta por tempo demais (cnpj_ws)")
    assert (task["progress"]["gives_up_at"], task["reason"]) == (None, None)


def test_an_answer_begins_the_wait_anew(desk: Desk) -> None:
    desk.registry.state.faults["cnpj_ws"] = Fault("error", None)
    task_id = desk.submit(*items())
    for hours in (0, 0, 23):
        wait_for_hours(desk, task_id, hours)
        desk.work(task_id, rounds=1)
    desk.registry.state.faults.clear()
    desk.forget_breakers()
    desk.ask_providers(cnpj_ws_limit="16/hour")
    wait_for_hours(desk, task_id, 0)
    task = desk.work(task_id, rounds=1)
    assert 0 < task["progress"]["processed"] < len(CNPJS)
    row = desk.engine.record.execute("SELECT away_since FROM expense_batches WHERE job_id = %s", [task_id]).fetchone()
    assert row is not None
    assert row["away_since"] is None


def test_a_limit_used_up_by_questions_that_failed_is_no_limit_to_wait_for(desk: Desk) -> None:
    desk.ask_providers(providers=["cnpj_ws", "receitaws"], cnpj_ws_limit="3/hour", receitaws_limit="3/hour")
    desk.registry.state.faults |= {provider: Fault("error", None) for provider in ("cnpj_ws", "receitaws")}
    task_id = desk.submit(*items())
    for _ in range(3):
        desk.work(task_id, rounds=1)
        desk.engine.make_due(UUID(task_id))
    task = desk.work(task_id, rounds=1)
    assert task["status"] == "RETRY"
    assert "(cnpj_ws, receitaws)" in task["reason"]
    assert desk.look_up(make_cnpj(50)) == (503, "supplier-look-up-failed")


def test_a_supplier_of_which_nobody_can_tell_now_is_no_reached_limit(desk: Desk) -> None:
    desk.registry.state.faults["cnpj_ws"] = Fault("error", None)
    desk.work(desk.submit(*items()), rounds=1)
    assert desk.look_up(make_cnpj(50)) == (503, "supplier-look-up-failed")


@pytest.mark.parametrize("is_reviewed", [False, True])
def test_what_was_decided_from_a_lost_base_is_decided_again(desk: Desk, *, is_reviewed: bool) -> None:
    desk.ask_providers(providers=["minha_receita"])
    cnpj, other = CNPJS[:2]
    desk.registry.state.companies[cnpj] = None
    task_id = desk.submit(*items([other, cnpj]))
    desk.work(task_id)
    expense = desk.task(task_id)["result"]["results"][1]
    assert (expense["status"], expense["reason_code"]) == ("REJECTED", "supplier-not-found")
    if is_reviewed:
        desk.client.post(f"/api/v1/expenses/{expense['id']}/approve", json={"note": "contrato visto"})
    desk.registry.state.companies.clear()
    lose_base(desk, "minha_receita")
    desk.look_up(make_cnpj(50))
    assert desk.run_recurring(REOPEN_KIND) == {"reopened": 1}
    doubted = desk.client.get(f"/api/v1/expenses/{expense['id']}").json()
    assert (doubted["status"], doubted["reason_code"]) == ("MANUAL_REVIEW", "registry-in-doubt")
    desk.registry.state.faults.clear()
    desk.forget_breakers()
    desk.work_kind(AGAIN_KIND)
    again = desk.client.get(f"/api/v1/expenses/{expense['id']}").json()
    assert again["reason_code"] not in {"supplier-not-found", "registry-in-doubt"}
    assert again["review_note"] == ("contrato visto" if is_reviewed else None)
    assert (again["review"] == "approved") == is_reviewed
    assert "REJECTED" not in desk.task(task_id)["result"]["decisions"]
    logged = desk.engine.record.execute(
        "SELECT action, previous_state, new_state FROM audit_log WHERE entity_id = %s ORDER BY performed_at, id",
        [expense["id"]],
    ).fetchall()
    acts = [row["action"] for row in logged if row["action"] not in {"APPROVE", "FLAG_FRAUD"}]
    assert acts == ["REOPEN", "DECIDE_AGAIN"]
    reopened = next(row for row in logged if row["action"] == "REOPEN")
    assert reopened["previous_state"] == {"decision": "REJECTED", "reason": "supplier-not-found"}
    assert desk.run_recurring(REOPEN_KIND) == {"reopened": 0}


def test_a_company_that_turns_up_later_has_its_expenses_decided_again(desk: Desk) -> None:
    cnpj = CNPJS[0]
    desk.registry.state.companies[cnpj] = None
    task_id = desk.submit(*items([cnpj]))
    assert reasons(desk.work(task_id)) == {("REJECTED", "supplier-not-found")}
    desk.registry.state.companies.clear()
    desk.ask_providers(providers=["cnpj_ws", "receitaws"])
    assert desk.look_up(cnpj) == (200, None)
    desk.run_recurring(REOPEN_KIND)
    desk.work_kind(AGAIN_KIND)
    [(_, reason)] = reasons(desk.task(task_id))
    assert reason not in {"supplier-not-found", "registry-in-doubt"}


def test_what_a_base_really_lacks_is_decided_the_same_again(desk: Desk) -> None:
    desk.ask_providers(providers=["minha_receita"])
    desk.registry.state.companies[CNPJS[0]] = None
    task_id = desk.submit(*items(CNPJS[:1]))
    desk.work(task_id)
    lose_base(desk, "minha_receita")
    desk.look_up(make_cnpj(50))
    desk.run_recurring(REOPEN_KIND)
    desk.registry.state.faults.clear()
    desk.forget_breakers()
    desk.work_kind(AGAIN_KIND)
    assert reasons(desk.task(task_id)) == {("REJECTED", "supplier-not-found")}
