"""Price references: preview, fix, read, download."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from malha.db.paging import Page, Window
from malha.dependencies import ReadSessionDep, WriteSessionDep, window_of
from malha.errors import problem_responses
from malha.identity.policy import AuditTrailDep, Principal, require
from malha.procurement import service
from malha.procurement.errors import (
    PriceBasketTooWideError,
    PriceIndexMissingError,
    PriceReferenceNotFoundError,
    PricesTooFewError,
    PriceUnitUnknownError,
    PriceUnknownError,
)
from malha.procurement.schemas.prices import (
    PriceBasket,
    PricePreview,
    PriceReferenceRead,
    PriceReferenceSummary,
    PriceReferenceWrite,
)

router = APIRouter(prefix="/price-references")

Reader = Annotated[Principal, Depends(require("procurement:read"))]
Writer = Annotated[Principal, Depends(require("procurement:write"))]
BASKET_REFUSED = problem_responses(
    PriceBasketTooWideError, PriceUnitUnknownError, PriceUnknownError, PriceIndexMissingError
)
NOT_FOUND = problem_responses(PriceReferenceNotFoundError)


class FileFormat(StrEnum):
    """Kinds of files that a price reference can be had as."""

    PDF = "pdf"
    XLSX = "xlsx"
    JSON = "json"


FILE = {200: {"content": {media_type: {} for media_type in service.PRICE_MEDIA_TYPES.values()}}}


@router.post("/preview", responses=BASKET_REFUSED)
async def preview_price_reference(_principal: Reader, session: ReadSessionDep, body: PriceBasket) -> PricePreview:
    """What a basket comes to now, with every price, every removal and its reason. Nothing is kept."""
    return await service.preview_prices(session, body)


@router.post("", status_code=201, responses=BASKET_REFUSED | problem_responses(PricesTooFewError))
async def fix_price_reference(
    principal: Writer, session: WriteSessionDep, response: Response, trail: AuditTrailDep, body: PriceReferenceWrite
) -> PriceReferenceRead:
    """Fix a basket as the next price reference of the workspace. It cannot be changed, nor its number used again."""
    fixed = await service.fix_prices(session, principal, trail, body)
    response.headers["Location"] = f"/api/v1/procurement/price-references/{fixed.id}"
    return fixed


@router.get("")
async def list_price_references(
    principal: Reader, session: ReadSessionDep, window: Annotated[Window, window_of(50, most=200)]
) -> Page[PriceReferenceSummary]:
    """Price references of the workspace, newest first."""
    return await service.read_references(session, principal, window)


@router.get("/{reference_id}", responses=NOT_FOUND)
async def get_price_reference(principal: Reader, session: ReadSessionDep, reference_id: UUID) -> PriceReferenceRead:
    """One price reference with its memory of calculation."""
    return await service.read_reference(session, principal, reference_id)


@router.get("/{reference_id}/file", response_class=Response, responses=FILE | NOT_FOUND)
async def download_price_reference(
    principal: Reader,
    session: ReadSessionDep,
    reference_id: UUID,
    file_format: Annotated[FileFormat, Query(alias="format")] = FileFormat.PDF,
) -> Response:
    """The document as PDF or XLSX, or its canonical JSON, whose SHA-256 is the digest."""
    reference = await service.read_reference(session, principal, reference_id)
    content = await service.write_price_file(reference, file_format.value)
    headers = {
        "Content-Disposition": f'attachment; filename="referencia-de-precos-{reference.number}.{file_format.value}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=service.PRICE_MEDIA_TYPES[file_format.value], headers=headers)
