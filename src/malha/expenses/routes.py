"""`/api/v1/expenses`, and the literal paths of the batch interface: `/batch-expenses` and `/tasks/{task_id}`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from malha.db.paging import Page, Window
from malha.dependencies import DatabaseDep, ReadSessionDep, SettingsDep, WriteSessionDep, window_of
from malha.errors import preferred_language, problem_responses
from malha.expenses import service
from malha.expenses.errors import (
    ActivityInvalidError,
    ExpenseFileInvalidError,
    ExpenseNotFoundError,
    ExpenseReviewedError,
    TaskNotFoundError,
)
from malha.expenses.rules.decision import Decision
from malha.expenses.rules.signals import Signal
from malha.expenses.schemas import (
    BatchAccepted,
    BatchRequest,
    BulkReviewRequest,
    BulkReviewResult,
    ExpenseItem,
    ExpenseRead,
    Review,
    ReviewRequest,
    ServiceRead,
    ServiceWrite,
    TaskRead,
)
from malha.expenses.service import ExpenseQuery, NewBatch
from malha.http import download_headers, takes_body
from malha.identity.policy import AuditTrailDep, Principal, PrincipalDep, require
from malha.jobs import ACCEPT_REFUSED, AcceptDep, Accepted
from malha.partnumbers import service as partnumbers
from malha.partnumbers.service import ClassificationTaskRead
from malha.settings import MEBIBYTE
from malha.storage.forms import FORM_REFUSED

router = APIRouter(prefix="/expenses", tags=["expenses"])
root_router = APIRouter(tags=["expenses"])

Reader = Annotated[Principal, Depends(require("expenses:read"))]
Writer = Annotated[Principal, Depends(require("expenses:write"))]
_require_expenses = require("expenses:read")


async def _read_tasks(principal: PrincipalDep) -> Principal:
    """Whoever may read expenses or part numbers."""
    return principal if principal.can("partnumbers:read") else await _require_expenses(principal)


TaskReader = Annotated[Principal, Depends(_read_tasks)]
ACCEPTED = {200: {"model": BatchAccepted, "description": "An earlier request under the key made it."}} | ACCEPT_REFUSED
REPLAYED = "Idempotency-Replayed"
NOT_FOUND = problem_responses(ExpenseNotFoundError)
REVIEWED = problem_responses(ExpenseNotFoundError, ExpenseReviewedError)
FILE_REFUSED = FORM_REFUSED | problem_responses(ExpenseFileInvalidError)


@root_router.post("/batch-expenses", status_code=202, responses=ACCEPTED)
@takes_body(64 * MEBIBYTE)  # a hundred thousand expenses
async def create_batch(
    request: Request, response: Response, *, principal: Writer, accept: AcceptDep, body: BatchRequest
) -> BatchAccepted:
    """Check up to a hundred thousand expenses in the background."""
    new = NewBatch(body.items, body.approval_limit)
    return _answer(await service.take_batch(accept, principal, new), request, response)


@router.post(
    "/batches/file", status_code=202, responses=ACCEPTED | FILE_REFUSED, openapi_extra=service.FILE_FORM.describe()
)
async def create_batch_from_file(
    request: Request, response: Response, *, principal: Writer, accept: AcceptDep
) -> BatchAccepted:
    """The same from a CSV or XLSX file: `cnpj`, `service_type`, and `transaction_id`, `amount`, `spent_on` if known."""
    language = preferred_language(request)
    return _answer(await service.take_file(accept, principal, language=language), request, response)


@router.post("/audit", status_code=202, responses=ACCEPTED)
async def audit_expense(
    request: Request, response: Response, *, principal: Writer, accept: AcceptDep, body: ExpenseItem
) -> BatchAccepted:
    """Check one expense, by the same rules as a batch."""
    return _answer(await service.take_batch(accept, principal, NewBatch([body])), request, response)


def _answer(accepted: Accepted, request: Request, response: Response) -> BatchAccepted:
    accepted.answer(response, f"/api/v1/tasks/{accepted.job_id}")
    if accepted.is_replay:
        response.headers[REPLAYED] = "true"
    return service.show_accepted(accepted, language=preferred_language(request))


@root_router.get("/tasks/{task_id}", responses=problem_responses(TaskNotFoundError))
async def get_task(
    request: Request,
    *,
    principal: TaskReader,
    session: ReadSessionDep,
    settings: SettingsDep,
    task_id: UUID,
    results: Annotated[int, Query(ge=0, le=10_000, description="How many results to show; the list has all.")] = 1_000,
) -> TaskRead | ClassificationTaskRead:
    """State, progress and result of a batch; or a task of part numbers, whose contract has the same path."""
    language = preferred_language(request)
    if principal.can("expenses:read"):
        try:
            return await service.read_task(session, principal, task_id, settings, language=language, results=results)
        except TaskNotFoundError:
            if not principal.can("partnumbers:read"):
                raise
    return await partnumbers.read_task(session, principal, task_id)


@router.get("")
async def list_expenses(
    request: Request,
    *,
    principal: Reader,
    session: ReadSessionDep,
    window: Annotated[Window, window_of(100, most=500)],
    decision: Annotated[list[Decision] | None, Query()] = None,
    review: Annotated[list[Review] | None, Query()] = None,
    signal: Annotated[list[Signal] | None, Query()] = None,
    batch_id: UUID | None = None,
    cnpj: Annotated[str | None, Query(max_length=14)] = None,
) -> Page[ExpenseRead]:
    """Expenses in the order of arrival; `review=pending` is the review queue."""
    wanted = _query(decision, review, signal, batch_id=batch_id, cnpj=cnpj).wanted()
    language = preferred_language(request)
    return await service.list_expenses(session, principal, wanted, window, language=language)


@router.get("/export")
async def export_expenses(
    request: Request,
    *,
    principal: Reader,
    database: DatabaseDep,
    decision: Annotated[list[Decision] | None, Query()] = None,
    review: Annotated[list[Review] | None, Query()] = None,
    signal: Annotated[list[Signal] | None, Query()] = None,
    batch_id: UUID | None = None,
    cnpj: Annotated[str | None, Query(max_length=14)] = None,
) -> StreamingResponse:
    """Every expense that matches, as CSV, sent while it is read. `POST /exports` also makes XLSX and JSON."""
    wanted = _query(decision, review, signal, batch_id=batch_id, cnpj=cnpj)
    return StreamingResponse(
        service.export_csv(database, principal, wanted, preferred_language(request)),
        media_type="text/csv; charset=utf-8",
        headers=download_headers("despesas.csv"),
    )


@router.get("/services")
async def list_services(principal: Reader, session: ReadSessionDep) -> list[ServiceRead]:
    """Which activities fit which service."""
    return await service.list_services(session, principal.workspace_id)


@router.put("/services/{name}", responses=problem_responses(ActivityInvalidError))
async def write_service(principal: Writer, session: WriteSessionDep, name: str, body: ServiceWrite) -> ServiceRead:
    """Replace the activities of a service for this workspace."""
    return await service.write_service(session, principal.workspace_id, name, body.cnaes)


@router.delete("/services/{name}", status_code=204)
async def reset_service(principal: Writer, session: WriteSessionDep, name: str) -> Response:
    """Go back to the platform's activities for a service."""
    await service.reset_service(session, principal.workspace_id, name)
    return Response(status_code=204)


@router.post("/reviews")
async def review_expenses(
    principal: Writer, session: WriteSessionDep, trail: AuditTrailDep, body: BulkReviewRequest
) -> BulkReviewResult:
    """Approve or reject many expenses that wait for it."""
    return await service.review_expenses(session, principal, trail, body.ids, Review(body.review), note=body.note)


@router.get("/{expense_id}", responses=NOT_FOUND)
async def get_expense(request: Request, principal: Reader, session: ReadSessionDep, expense_id: UUID) -> ExpenseRead:
    """One expense."""
    return await service.read_expense(session, principal, expense_id, language=preferred_language(request))


@router.post("/{expense_id}/approve", responses=REVIEWED)
async def approve_expense(
    request: Request,
    *,
    principal: Writer,
    session: WriteSessionDep,
    trail: AuditTrailDep,
    expense_id: UUID,
    body: ReviewRequest,
) -> ExpenseRead:
    """Approve an expense that waits for a review."""
    expense = await service.review_expense(session, principal, trail, expense_id, Review.APPROVED, note=body.note)
    return service.show_expense(expense, language=preferred_language(request))


@router.post("/{expense_id}/reject", responses=REVIEWED)
async def reject_expense(
    request: Request,
    *,
    principal: Writer,
    session: WriteSessionDep,
    trail: AuditTrailDep,
    expense_id: UUID,
    body: ReviewRequest,
) -> ExpenseRead:
    """Reject an expense that waits for a review."""
    expense = await service.review_expense(session, principal, trail, expense_id, Review.REJECTED, note=body.note)
    return service.show_expense(expense, language=preferred_language(request))


def _query(
    decision: list[Decision] | None,
    review: list[Review] | None,
    signal: list[Signal] | None,
    *,
    batch_id: UUID | None,
    cnpj: str | None,
) -> ExpenseQuery:
    return ExpenseQuery(decision=decision or [], review=review or [], signal=signal or [], batch_id=batch_id, cnpj=cnpj)
