"""`/api/v1/expenses`, and the literal paths of the batch interface: `/batch-expenses` and `/tasks/{task_id}`."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from malha.dependencies import DatabaseDep, DispatcherDep, ReadSessionDep, SettingsDep, WriteSessionDep
from malha.errors import preferred_language, problem_responses
from malha.expenses import repository, service
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
    ExpensePage,
    ExpenseRead,
    Review,
    ReviewRequest,
    ServiceRead,
    ServiceWrite,
    TaskRead,
)
from malha.expenses.service import ExpenseQuery, NewBatch
from malha.identity.policy import AuditTrailDep, Principal, require
from malha.jobs import idempotency
from malha.jobs.errors import IdempotencyKeyInFlightError, IdempotencyKeyReusedError
from malha.kit.pagination import decode_cursor, encode_cursor
from malha.storage.errors import (
    UploadEmptyError,
    UploadFileTooLargeError,
    UploadMalformedError,
    UploadNotMultipartError,
    UploadTooLargeError,
    UploadTypeRefusedError,
)

router = APIRouter(prefix="/expenses", tags=["expenses"])
batch_router = APIRouter(tags=["expenses"])

Reader = Annotated[Principal, Depends(require("expenses:read"))]
Writer = Annotated[Principal, Depends(require("expenses:write"))]
PageLimit = Annotated[int, Query(ge=1, le=500)]
Key = Annotated[str | None, Header(alias="Idempotency-Key", description="Makes a repeated request find its batch.")]
REPLAYED = "Idempotency-Replayed"
ACCEPTED: dict[int | str, dict[str, Any]] = problem_responses(
    IdempotencyKeyInFlightError, IdempotencyKeyReusedError
) | {
    200: {"model": BatchAccepted, "description": f"The batch of an earlier request with this key; `{REPLAYED}: true`."}
}
NOT_FOUND = problem_responses(ExpenseNotFoundError)
REVIEWED = problem_responses(ExpenseNotFoundError, ExpenseReviewedError)
FILE_REFUSED = problem_responses(
    UploadFileTooLargeError,
    UploadTooLargeError,
    UploadNotMultipartError,
    UploadTypeRefusedError,
    UploadMalformedError,
    UploadEmptyError,
    ExpenseFileInvalidError,
)
FILE_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [service.FILE_FIELD],
                    "properties": {
                        service.FILE_FIELD: {
                            "type": "string",
                            "format": "binary",
                            "description": "CSV or XLSX with a title for each column.",
                        },
                        "approval_limit": {"type": "string", "description": "As in `POST /batch-expenses`."},
                    },
                }
            }
        },
    }
}


@batch_router.post("/batch-expenses", status_code=202, responses=ACCEPTED)
async def create_batch(
    request: Request,
    response: Response,
    *,
    principal: Writer,
    dispatcher: DispatcherDep,
    body: BatchRequest,
    key: Key = None,
) -> BatchAccepted:
    """Check up to a hundred thousand expenses in the background."""
    return await _accept(
        request,
        response,
        NewBatch(body.items, body.approval_limit),
        principal=principal,
        dispatcher=dispatcher,
        key=key,
    )


@router.post(
    "/batches/file",
    status_code=202,
    responses=ACCEPTED | FILE_REFUSED,
    openapi_extra=FILE_FORM,
)
async def create_batch_from_file(
    request: Request,
    response: Response,
    *,
    principal: Writer,
    dispatcher: DispatcherDep,
    settings: SettingsDep,
    key: Key = None,
) -> BatchAccepted:
    """The same from a CSV or XLSX file: `cnpj`, `service_type`, and `transaction_id`, `amount`, `spent_on` if known."""
    return await _accept(
        request,
        response,
        await service.take_file(request, settings.uploads),
        principal=principal,
        dispatcher=dispatcher,
        key=key,
    )


@router.post("/audit", status_code=202, responses=ACCEPTED)
async def audit_expense(
    request: Request,
    response: Response,
    *,
    principal: Writer,
    dispatcher: DispatcherDep,
    body: ExpenseItem,
    key: Key = None,
) -> BatchAccepted:
    """Check one expense, by the same rules as a batch."""
    return await _accept(request, response, NewBatch([body]), principal=principal, dispatcher=dispatcher, key=key)


async def _accept(
    request: Request,
    response: Response,
    new: NewBatch,
    *,
    principal: Principal,
    dispatcher: DispatcherDep,
    key: str | None,
) -> BatchAccepted:
    database = request.app.state.database
    language = preferred_language(request)
    reservation = None
    if key is not None:
        reservation = await idempotency.reserve(
            database, scope=principal.idempotency_scope, route=service.ROUTE, key=idempotency.parse_key(key)
        )
        if reservation.job_id is not None:
            reservation.check_same(new.fingerprint)
            response.status_code = HTTPStatus.OK
            response.headers[REPLAYED] = "true"
            return service.show_accepted(reservation.job_id, new, language=language, is_replay=True)
    try:
        async with database.session() as session:
            job = await service.submit_batch(session, principal, new, reservation=reservation)
            await session.commit()
    except BaseException:
        if reservation is not None:
            await idempotency.release(database, reservation)
        raise
    dispatcher.dispatch(job.kind, job.id, job.total)
    return service.show_accepted(job.id, new, language=language)


@batch_router.get("/tasks/{task_id}", responses=problem_responses(TaskNotFoundError))
async def get_task(
    request: Request,
    *,
    principal: Reader,
    session: ReadSessionDep,
    settings: SettingsDep,
    task_id: UUID,
    results: Annotated[int, Query(ge=0, le=10_000, description="How many results to show; the list has all.")] = 1_000,
) -> TaskRead:
    """State, progress and result of a batch."""
    batch = await repository.get_batch(session, principal, task_id)
    language = preferred_language(request)
    return await service.read_task(session, principal, batch, settings, language=language, results=results)


@router.get("")
async def list_expenses(
    request: Request,
    *,
    principal: Reader,
    session: ReadSessionDep,
    decision: Annotated[list[Decision] | None, Query()] = None,
    review: Annotated[list[Review] | None, Query()] = None,
    signal: Annotated[list[Signal] | None, Query()] = None,
    batch_id: UUID | None = None,
    cnpj: Annotated[str | None, Query(max_length=14)] = None,
    limit: PageLimit = 100,
    cursor: str | None = None,
) -> ExpensePage:
    """Expenses in the order of arrival; `review=pending` is the review queue."""
    wanted = _query(decision, review, signal, batch_id=batch_id, cnpj=cnpj).wanted()
    after = _after(cursor)
    found = await repository.list_expenses(session, principal, wanted, limit=limit + 1, after=after)
    language = preferred_language(request)
    following = encode_cursor([str(found[limit - 1].id)]) if len(found) > limit else None
    items = [service.show_expense(expense, language=language) for expense in found[:limit]]
    return ExpensePage(items=items, next_cursor=following)


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
    headers = {"Content-Disposition": 'attachment; filename="despesas.csv"', "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(
        service.export_csv(database, principal, wanted), media_type="text/csv; charset=utf-8", headers=headers
    )


@router.get("/services")
async def list_services(principal: Reader, session: ReadSessionDep) -> list[ServiceRead]:
    """Which activities fit which service."""
    return await service.list_services(session, principal.workspace_id)


@router.put("/services/{name}", responses=problem_responses(ActivityInvalidError))
async def write_service(principal: Writer, session: WriteSessionDep, name: str, body: ServiceWrite) -> ServiceRead:
    """Replace the activities of a service for this workspace."""
    written = await service.write_service(session, principal.workspace_id, name, body.cnaes)
    await session.commit()
    return written


@router.delete("/services/{name}", status_code=204)
async def reset_service(principal: Writer, session: WriteSessionDep, name: str) -> Response:
    """Go back to the platform's activities for a service."""
    await service.reset_service(session, principal.workspace_id, name)
    await session.commit()
    return Response(status_code=204)


@router.post("/reviews")
async def review_expenses(
    principal: Writer, session: WriteSessionDep, trail: AuditTrailDep, body: BulkReviewRequest
) -> BulkReviewResult:
    """Approve or reject many expenses that wait for it."""
    result = await service.review_expenses(session, principal, trail, body.ids, Review(body.review), note=body.note)
    await session.commit()
    return result


@router.get("/{expense_id}", responses=NOT_FOUND)
async def get_expense(request: Request, principal: Reader, session: ReadSessionDep, expense_id: UUID) -> ExpenseRead:
    """One expense."""
    expense = await repository.get_expense(session, principal, expense_id)
    return service.show_expense(expense, language=preferred_language(request))


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
    await session.commit()
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
    await session.commit()
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


def _after(cursor: str | None) -> UUID | None:
    return None if cursor is None else UUID(decode_cursor(cursor, length=1)[0])
