"""What a declaration says of part numbers, the attributes that DUIMP asks, and the catalogue as it is filed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from fastapi.responses import StreamingResponse

from malha.db.paging import Page, Window
from malha.dependencies import DatabaseDep, ReadSessionDep, WriteSessionDep, window_of
from malha.errors import preferred_language, problem_responses
from malha.identity.policy import AuditTrailDep
from malha.partnumbers import service
from malha.partnumbers.errors import (
    CatalogueEmptyError,
    CatalogueIncompleteError,
    ManufacturerNotFoundError,
    ManufacturerRepeatedError,
    NcmNotFoundError,
    PartNumberNotFoundError,
    ProductChangedError,
    TaskNotFoundError,
)
from malha.partnumbers.routes._contract import Reader, Writer, router
from malha.partnumbers.schemas.products import (
    FormRead,
    ManufacturerRead,
    ManufacturerWrite,
    ProductRead,
    ProductWrite,
    SoonRequired,
)


class CatalogueFormat(StrEnum):
    """Kinds of files of the catalogue."""

    CSV = "csv"
    JSON = "json"


_MEDIA = {CatalogueFormat.CSV: "text/csv; charset=utf-8", CatalogueFormat.JSON: "application/json"}


@router.get("/attributes/required-soon")
async def list_attributes_required_soon(
    principal: Reader, session: ReadSessionDep, days: Annotated[int, Query(ge=1, le=3650)] = 180
) -> list[SoonRequired]:
    """Attributes that become mandatory for codes that the workspace has confirmed, the next first."""
    return await service.read_soon_required(session, principal, days=days)


@router.get("/attributes/{code}", responses=problem_responses(NcmNotFoundError))
async def get_attribute_form(_principal: Reader, session: ReadSessionDep, code: str) -> FormRead:
    """The form of a code: its attributes, their conditions and choices."""
    return await service.read_form(session, code)


@router.get("/manufacturers")
async def list_manufacturers(
    principal: Reader, session: ReadSessionDep, window: Annotated[Window, window_of(50, most=200)]
) -> Page[ManufacturerRead]:
    """Makers by name, with their data as foreign operators."""
    return await service.read_manufacturers(session, principal, window)


@router.patch(
    "/manufacturers/{manufacturer_id}",
    responses=problem_responses(ManufacturerNotFoundError, ProductChangedError, ManufacturerRepeatedError),
)
async def update_manufacturer(
    principal: Writer, session: WriteSessionDep, trail: AuditTrailDep, manufacturer_id: UUID, body: ManufacturerWrite
) -> ManufacturerRead:
    """Complete the data of a maker."""
    return await service.write_manufacturer(session, principal, trail, manufacturer_id, body)


@router.get("/catalogue", responses=problem_responses(TaskNotFoundError, CatalogueEmptyError, CatalogueIncompleteError))
async def export_catalogue(
    principal: Reader,
    database: DatabaseDep,
    *,
    format: CatalogueFormat = CatalogueFormat.JSON,  # noqa: A002 - what exports call it
    task_id: UUID | None = None,
    incomplete: Annotated[bool, Query(description="Export products that lack something, too.")] = False,
    root: Annotated[str | None, Query(pattern=r"^[0-9A-Z]{8}$", description="The importer's CNPJ root.")] = None,
) -> StreamingResponse:
    """Confirmed part numbers for the catalogue of products, with makers and foreign operators."""
    query = service.CatalogueQuery(task_id=task_id)
    async with database.read_session() as session:
        await service.check_catalogue(session, principal, query)
    await service.refuse_incomplete(database, principal, query, allows_gaps=incomplete)
    headers = {
        "Content-Disposition": f'attachment; filename="catalogo_produtos.{format.value}"',
        "X-Content-Type-Options": "nosniff",
    }
    if format is CatalogueFormat.CSV:
        blocks = service.export_table(database, principal, query)
    else:
        blocks = service.export_json(database, principal, query, root=root)
    return StreamingResponse(blocks, media_type=_MEDIA[format], headers=headers)


@router.get("/products")
async def list_products(
    request: Request,
    *,
    principal: Reader,
    session: ReadSessionDep,
    window: Annotated[Window, window_of(50, most=200)],
    task_id: UUID | None = None,
    is_confirmed: bool | None = None,
) -> Page[ProductRead]:
    """What declarations say of part numbers, by code, and what is missing."""
    return await service.read_products(
        session, principal, window, task_id=task_id, is_confirmed=is_confirmed, language=preferred_language(request)
    )


@router.get("/products/{code:path}", responses=problem_responses(PartNumberNotFoundError))
async def get_product(request: Request, principal: Reader, session: ReadSessionDep, code: str) -> ProductRead:
    """What a declaration says of one part number, its form of attributes, and what is missing."""
    return await service.read_product(session, principal, code, language=preferred_language(request))


@router.patch("/products/{code:path}", responses=problem_responses(PartNumberNotFoundError, ProductChangedError))
async def update_product(
    request: Request,
    *,
    principal: Writer,
    session: WriteSessionDep,
    trail: AuditTrailDep,
    code: str,
    body: ProductWrite,
) -> ProductRead:
    """Write what evidence does not say, or says wrongly."""
    language = preferred_language(request)
    return await service.write_product(session, principal, trail, code, body, language=language)
