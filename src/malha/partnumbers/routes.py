"""The literal paths of the part numbers' contract, at the root and below `/api/v1`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute

from malha.db.paging import Page, Window
from malha.dependencies import DatabaseDep, ReadSessionDep, SettingsDep, WriteSessionDep, window_of
from malha.errors import preferred_language, problem_responses
from malha.http import download_headers
from malha.identity.policy import Principal, require
from malha.jobs import ACCEPT_REFUSED, AcceptDep, JobMoveIllegalError
from malha.partnumbers import service
from malha.partnumbers.errors import (
    NcmNotFoundError,
    PartNumberInvalidError,
    PartNumberNotFoundError,
    PartNumberRepeatedError,
    PdfReaderMissingError,
    TaskNotFoundError,
)
from malha.partnumbers.schemas import (
    BatchAccepted,
    BatchRequest,
    ClassifyRequest,
    NcmRead,
    PartNumberRead,
    TaskAccepted,
    TaskList,
    TaskRead,
)
from malha.partnumbers.settings import PartNumberSettings
from malha.realtime import EventStreamsDep
from malha.wording import explain_validation


class ContractRoute(APIRoute):
    """Answers an invalid body with 400, as the contract says, and not with 422."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_invalid(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                language = preferred_language(request)
                errors = [
                    {"loc": list(entry["loc"]), "msg": explain_validation(entry, language), "type": entry["type"]}
                    for entry in error.errors()
                ]
                raise PartNumberInvalidError(errors=errors) from error

        return handle_invalid


router = APIRouter(prefix="/partnumbers", tags=["partnumbers"])
root_router = APIRouter(tags=["partnumbers"], route_class=ContractRoute)

Reader = Annotated[Principal, Depends(require("partnumbers:read"))]
Writer = Annotated[Principal, Depends(require("partnumbers:write"))]
INVALID = problem_responses(PartNumberInvalidError)
NOT_FOUND = problem_responses(TaskNotFoundError)
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@root_router.post(
    "/classify-partnumber", status_code=202, responses=INVALID | ACCEPT_REFUSED | {200: {"model": TaskAccepted}}
)
async def classify_partnumber(
    principal: Writer,
    accept: AcceptDep,
    response: Response,
    database: DatabaseDep,
    settings: SettingsDep,
    *,
    body: ClassifyRequest,
) -> TaskAccepted:
    """Classify one part number in the background; its room tells how far it is."""
    new = service.read_single(body)
    accepted = await service.take_task(accept, principal, new, chunk=settings.of(PartNumberSettings).chunk)
    accepted.answer(response, f"/api/v1/partnumbers/tasks/{accepted.job_id}")
    async with database.read_session() as session:
        return await service.show_single(session, principal, accepted)


@root_router.post(
    "/classify-batch",
    status_code=202,
    responses=problem_responses(PartNumberInvalidError, PartNumberRepeatedError)
    | ACCEPT_REFUSED
    | {200: {"model": BatchAccepted}},
)
async def classify_batch(
    principal: Writer,
    accept: AcceptDep,
    response: Response,
    database: DatabaseDep,
    settings: SettingsDep,
    *,
    body: BatchRequest,
) -> BatchAccepted:
    """Classify up to five thousand part numbers."""
    new = service.read_batch(body)
    accepted = await service.take_task(accept, principal, new, chunk=settings.of(PartNumberSettings).chunk)
    accepted.answer(response, f"/api/v1/partnumbers/tasks/{accepted.job_id}")
    async with database.read_session() as session:
        return await service.show_batch(session, principal, accepted)


@root_router.post("/upload-pdf", status_code=202, responses=problem_responses(PdfReaderMissingError))
async def upload_pdf(principal: Writer) -> BatchAccepted:
    """Part numbers of a purchase order or invoice. Refused as long as this installation reads no PDF."""
    raise PdfReaderMissingError


@root_router.get("/tasks")
async def list_tasks(
    principal: Reader,
    session: ReadSessionDep,
    window: Annotated[Window, window_of(50, most=200)],
    *,
    task_id: UUID | None = None,
    room_id: UUID | None = None,
    job_id: Annotated[str | None, Query(max_length=200)] = None,
    progress_channel: Annotated[str | None, Query(max_length=200)] = None,
    status: Annotated[list[str] | None, Query()] = None,
    user_id: UUID | None = None,
) -> TaskList:
    """Tasks with their classifications, newest first."""
    wanted = service.TaskFilter(
        task_id=task_id,
        room_id=room_id,
        job_id=job_id,
        progress_channel=progress_channel,
        states=service.states_of(status),
        user_id=user_id,
    )
    return await service.read_tasks(session, principal, wanted, window)


@root_router.delete("/tasks/{task_id}", status_code=204, responses=NOT_FOUND)
async def delete_task(principal: Writer, session: WriteSessionDep, task_id: UUID) -> None:
    """Delete a task; what is under way is cancelled first. Its classifications stay."""
    await service.delete_task(session, principal, task_id)


@root_router.get("/ncm")
async def list_ncms(
    principal: Reader,
    prefix: Annotated[str, Query(pattern=r"^[0-9]{0,8}$")] = "",
    after: Annotated[str, Query(pattern=r"^[0-9]{0,8}$", description="The last code of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[NcmRead]:
    """Codes of the nomenclature in force."""
    return service.read_ncms(prefix, limit=limit, after=after)


@root_router.get("/ncm/{code}", responses=problem_responses(NcmNotFoundError))
async def get_ncm(principal: Reader, code: str) -> NcmRead:
    """One code, with the whole path to it."""
    return service.read_ncm(code)


@root_router.get("/export-excel", responses={200: {"content": {WORKBOOK: {}}}} | NOT_FOUND)
async def export_excel(principal: Reader, database: DatabaseDep, task_id: UUID) -> StreamingResponse:
    """The classifications of a task as a workbook."""
    query = service.ClassificationQuery(task_id=task_id)
    async with database.read_session() as session:
        await service.check_task(session, principal, query)
    blocks = service.export_workbook(database, principal, query)
    return StreamingResponse(blocks, media_type=WORKBOOK, headers=download_headers("produtos_importacao.xlsx"))


@root_router.get("/partnumbers")
async def list_partnumbers(
    principal: Reader, session: ReadSessionDep, window: Annotated[Window, window_of(50, most=200)]
) -> Page[PartNumberRead]:
    """Part numbers of the workspace by code, with their classifications."""
    return await service.read_partnumbers(session, principal, window)


@router.get("/tasks/{task_id}", responses=NOT_FOUND)
async def get_task(principal: Reader, session: ReadSessionDep, task_id: UUID) -> TaskRead:
    """One task: what polling asks for."""
    return await service.read_task(session, principal, task_id)


@router.post("/tasks/{task_id}/cancel", responses=problem_responses(TaskNotFoundError, JobMoveIllegalError))
async def cancel_task(principal: Writer, session: WriteSessionDep, task_id: UUID) -> TaskRead:
    """Stop a task that is under way."""
    await service.cancel_task(session, principal, task_id)
    return await service.read_task(session, principal, task_id)


@router.get("/tasks/{task_id}/events", responses=NOT_FOUND)
async def stream_task_events(principal: Reader, streams: EventStreamsDep, task_id: UUID) -> StreamingResponse:
    """The task's event log as Server-Sent Events, resumable with `Last-Event-ID`."""
    return await streams.open(principal, task_id, not_found=TaskNotFoundError)


# Last: part numbers have slashes (LM317T/NOPB), so that this path takes whatever is left.
@root_router.get("/partnumbers/{code:path}", responses=problem_responses(PartNumberNotFoundError))
async def get_partnumber(principal: Reader, session: ReadSessionDep, code: str) -> PartNumberRead:
    """One part number with its classifications, the best first."""
    return await service.read_partnumber(session, principal, code)
