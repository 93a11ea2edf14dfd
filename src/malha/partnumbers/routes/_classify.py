"""Part numbers come in: one, a list, or a document that has them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import Response

from malha.dependencies import DatabaseDep, SettingsDep
from malha.errors import problem_responses
from malha.jobs import ACCEPT_REFUSED, AcceptDep
from malha.partnumbers import service
from malha.partnumbers.errors import (
    DocumentEmptyError,
    DocumentRefusedError,
    DocumentUnreadableError,
    PartNumberInvalidError,
    PartNumberRepeatedError,
)
from malha.partnumbers.routes._contract import INVALID, Writer, root_router, router
from malha.partnumbers.schemas.requests import BatchRequest, ClassifyRequest
from malha.partnumbers.schemas.tasks import BatchAccepted, TaskAccepted
from malha.partnumbers.settings import PartNumberSettings
from malha.storage.errors import UploadRefusedError
from malha.storage.forms import FORM_REFUSED

CONTRACT_REFUSES = frozenset({HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.UNSUPPORTED_MEDIA_TYPE})
DOCUMENT_REFUSED = FORM_REFUSED | problem_responses(DocumentRefusedError, DocumentUnreadableError, DocumentEmptyError)


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


@root_router.post(
    "/upload-pdf",
    status_code=202,
    responses=DOCUMENT_REFUSED | ACCEPT_REFUSED | {200: {"model": BatchAccepted}},
    openapi_extra=service.PDF_FORM.describe(),
)
async def upload_pdf(
    principal: Writer, accept: AcceptDep, response: Response, database: DatabaseDep, settings: SettingsDep
) -> BatchAccepted:
    """Classify the part numbers of a purchase order or an invoice; what was not understood of it is shown."""
    try:
        accepted = await service.take_pdf(accept, principal, chunk=settings.of(PartNumberSettings).chunk)
    except UploadRefusedError as error:  # the contract's 400: no file, without a name, or no PDF
        if error.status not in CONTRACT_REFUSES:
            raise
        said: list[dict[str, Any]] = [{"loc": [service.PDF_FORM.file_field], "type": error.code}]
        raise DocumentRefusedError(pt=error.message("pt"), en=error.message("en"), errors=said) from error
    accepted.answer(response, f"/api/v1/partnumbers/tasks/{accepted.job_id}")
    async with database.read_session() as session:
        return await service.show_batch(session, principal, accepted)


@router.post(
    "/lists",
    status_code=202,
    responses=FORM_REFUSED
    | problem_responses(DocumentUnreadableError, DocumentEmptyError)
    | ACCEPT_REFUSED
    | {200: {"model": BatchAccepted}},
    openapi_extra=service.LIST_FORM.describe(),
)
async def upload_list(
    principal: Writer, accept: AcceptDep, response: Response, database: DatabaseDep, settings: SettingsDep
) -> BatchAccepted:
    """Classify the part numbers of a CSV or XLSX list; columns are recognised by their titles and contents."""
    accepted = await service.take_list(accept, principal, chunk=settings.of(PartNumberSettings).chunk)
    accepted.answer(response, f"/api/v1/partnumbers/tasks/{accepted.job_id}")
    async with database.read_session() as session:
        return await service.show_batch(session, principal, accepted)
