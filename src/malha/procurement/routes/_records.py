"""One record by its number, written as PNCP's own addresses have it: CNPJ, year and sequence."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request

from malha.db.paging import Page, Window
from malha.dependencies import ReadSessionDep, window_of
from malha.errors import preferred_language, problem_responses
from malha.identity.policy import Principal, require
from malha.procurement import service
from malha.procurement.errors import ContractNotFoundError, ProcurementNotFoundError
from malha.procurement.schemas.records import ContractRead, ProcurementRead, VersionRead
from malha.procurement.schemas.search import ItemHit

router = APIRouter()

Reader = Annotated[Principal, Depends(require("procurement:read"))]
Include = Annotated[list[Literal["raw"]] | None, Query()]
Listed = Annotated[Window, window_of(100, most=500)]
Cnpj = Annotated[str, Path(pattern="^[0-9A-Z]{12}[0-9]{2}$")]
Year = Annotated[int, Path(ge=1900, le=9999)]
Sequence = Annotated[int, Path(ge=1, le=999_999)]
NOT_FOUND = problem_responses(ProcurementNotFoundError)
CONTRACT_NOT_FOUND = problem_responses(ContractNotFoundError)


async def procurement_number(cnpj: Cnpj, year: Year, sequence: Sequence) -> str:
    """The control number of a procurement."""
    return f"{cnpj}-1-{sequence:06d}/{year}"


async def contract_number(cnpj: Cnpj, year: Year, sequence: Sequence) -> str:
    """The control number of a contract."""
    return f"{cnpj}-2-{sequence:06d}/{year}"


ProcurementNumber = Annotated[str, Depends(procurement_number)]
ContractNumber = Annotated[str, Depends(contract_number)]


@router.get("/procurements/{cnpj}/{year}/{sequence}", responses=NOT_FOUND)
async def get_procurement(
    principal: Reader, session: ReadSessionDep, request: Request, number: ProcurementNumber, *, include: Include = None
) -> ProcurementRead:
    """A procurement with items, results, contracts, amendments, price records, files, log and marks."""
    language = preferred_language(request)
    return await service.read_procurement(session, principal, number, language, with_raw="raw" in (include or ()))


@router.get("/procurements/{cnpj}/{year}/{sequence}/items", responses=NOT_FOUND)
async def list_procurement_items(
    principal: Reader,
    session: ReadSessionDep,
    number: ProcurementNumber,
    window: Listed,
) -> Page[ItemHit]:
    """The items of a procurement by their numbers, each with its results."""
    return await service.read_items(session, principal, number, window)


@router.get("/procurements/{cnpj}/{year}/{sequence}/history", responses=NOT_FOUND)
async def list_procurement_versions(
    principal: Reader, session: ReadSessionDep, number: ProcurementNumber, *, include: Include = None
) -> list[VersionRead]:
    """Each text that PNCP gave of a procurement, newest first, as differences from the one before."""
    kind = "procurement"
    return await service.read_versions(session, principal, kind, number, with_raw="raw" in (include or ()))


@router.get("/contracts/{cnpj}/{year}/{sequence}", responses=CONTRACT_NOT_FOUND)
async def get_contract(
    principal: Reader, session: ReadSessionDep, number: ContractNumber, *, include: Include = None
) -> ContractRead:
    """A contract with amendments, files, log and bills."""
    return await service.read_contract(session, principal, number, with_raw="raw" in (include or ()))


@router.get("/contracts/{cnpj}/{year}/{sequence}/history", responses=CONTRACT_NOT_FOUND)
async def list_contract_versions(
    principal: Reader, session: ReadSessionDep, number: ContractNumber, *, include: Include = None
) -> list[VersionRead]:
    """Each text that PNCP gave of a contract, newest first, as differences from the one before."""
    kind = "contract"
    return await service.read_versions(session, principal, kind, number, with_raw="raw" in (include or ()))
