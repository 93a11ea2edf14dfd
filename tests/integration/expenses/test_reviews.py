"""Reviews of expenses: what people say is kept once, and told as it is kept."""

from __future__ import annotations

from uuid import UUID

from tests.factories.cnpjs import make_cnpj
from tests.factories.identity import make_principal
from tests.integration.expenses.conftest import Desk

from malha.expenses import repository
from malha.expenses.schemas import BulkReviewResult, Review
from malha.expenses.service import review_expenses
from malha.identity.policy import Principal
from malha.identity.service import system_trail


def pending(desk: Desk) -> str:
    """An expense that waits for a review."""
    desk.work(desk.submit({"cnpj": "123", "service_type": "limpeza"}))
    [expense] = desk.client.get("/api/v1/expenses", params={"review": "pending"}).json()["items"]
    return expense["id"]


def test_the_answer_shows_the_review_as_it_is_kept(desk: Desk) -> None:
    expense_id = pending(desk)
    answer = desk.client.post(f"/api/v1/expenses/{expense_id}/reject", json={"note": "duplicada"}).json()
    assert (answer["review"], answer["review_note"]) == ("rejected", "duplicada")
    assert answer == desk.client.get(f"/api/v1/expenses/{expense_id}").json()
    assert answer["reviewed_at"] is not None


def test_a_review_that_came_first_is_not_overwritten(desk: Desk) -> None:
    principal = make_principal()
    desk.become(principal)
    expense_id = UUID(pending(desk))
    result = desk.engine.runtime.run(_review_what_was_read_before(desk, principal, expense_id))
    assert (result.reviewed, result.refused, result.unknown) == ([], [expense_id], [])
    [row] = desk.engine.record.execute("SELECT review, review_note FROM expenses WHERE id = %s", [expense_id])
    assert (row["review"], row["review_note"]) == ("rejected", "antes")


async def _review_what_was_read_before(desk: Desk, principal: Principal, expense_id: UUID) -> BulkReviewResult:
    trail = system_trail(desk.engine.settings.security, principal.workspace_id)
    async with desk.engine.runtime.database.session() as session:
        assert (await repository.get_expense(session, principal, expense_id)).review == Review.PENDING.value
        desk.engine.record.execute(
            "UPDATE expenses SET review = 'rejected', review_note = 'antes', reviewed_at = now() WHERE id = %s",
            [expense_id],
        )
        return await review_expenses(session, principal, trail, [expense_id], Review.APPROVED, note="depois")


def test_an_expense_of_another_workspace_is_404_and_no_reason_to_tell(desk: Desk) -> None:
    expense_id = pending(desk)
    desk.become(make_principal())
    answer = desk.client.post(f"/api/v1/expenses/{expense_id}/approve", json={})
    assert (answer.status_code, answer.json()["code"]) == (404, "expense-not-found")


def test_a_later_decision_leaves_a_review_as_it_is(desk: Desk) -> None:
    cnpj = make_cnpj(3)
    desk.registry.state.companies[cnpj] = None
    task_id = desk.submit({"cnpj": cnpj, "service_type": "limpeza"})
    [expense] = desk.work(task_id)["result"]["results"]
    desk.client.post(f"/api/v1/expenses/{expense['id']}/reject", json={"note": "não existe"})
    desk.engine.record.execute("UPDATE expenses SET is_answered = false WHERE id = %s", [expense["id"]])
    desk.engine.record.execute("UPDATE job_parts SET state = 'queued', run_after = now() WHERE job_id = %s", [task_id])
    desk.engine.record.execute(
        "UPDATE suppliers SET is_found = true, legal_name = 'X', status = 'ATIVA', denials = '{}'"
    )
    desk.engine.record.execute(
        "UPDATE jobs SET state = 'running', done = 0, finished_at = NULL WHERE id = %s", [task_id]
    )
    desk.work(task_id)
    shown = desk.client.get(f"/api/v1/expenses/{expense['id']}").json()
    assert shown["reason_code"] != "supplier-not-found"
    assert (shown["review"], shown["review_note"]) == ("rejected", "não existe")
