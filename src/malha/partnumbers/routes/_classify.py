"""Part numbers come in: one, a list, or a document that has them."""

from __future__ import annotations

from fastapi import Response

from malha.dependencies import DatabaseDep, SettingsDep
from malha.errors import problem_responses
from malha.jobs import ACCEPT_REFUSED, AcceptDep
from malha.partnumbers import service
from malha.partnumbers.errors import PartNumberInvalidError, PartNumberRepeatedError, PdfReaderMissingError
from malha.partnumbers.routes._contract import INVALID, Writer, root_router
from malha.partnumbers.schemas.requests import BatchRequest, ClassifyRequest
from malha.partnumbers.schemas.tasks import BatchAccepted, TaskAccepted
from malha.partnumbers.settings import PartNumberSettings


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
