"""Statistics, suppliers and organs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from malha.db.paging import Window
from malha.dependencies import ReadSessionDep, window_of
from malha.errors import problem_responses
from malha.identity.policy import Principal, require
from malha.procurement import service
from malha.procurement.errors import (
    OrganNotFoundError,
    PersonalNumberRefusedError,
    SearchTextCommonError,
    SellerNotFoundError,
)
from malha.procurement.rules.filters import Grouping
from malha.procurement.schemas.parties import OrganHit, OrganRead, SellerRead, StatisticsRead, SupplierPage
from malha.procurement.schemas.search import RecordQuery

router = APIRouter()

Reader = Annotated[Principal, Depends(require("procurement:read"))]
Text = Annotated[str | None, Query(max_length=200)]
Cnpj = Annotated[str, Path(pattern="^[0-9A-Z]{12}[0-9]{2}$")]
REFUSED = problem_responses(SearchTextCommonError, PersonalNumberRefusedError)


class StatisticsQuery(RecordQuery):
    """A filter, and how its records are grouped and summed."""

    by: Grouping = Grouping.MONTH
    include_marked: bool = False


@router.get("/statistics", responses=REFUSED)
async def read_statistics(
    principal: Reader, session: ReadSessionDep, query: Annotated[StatisticsQuery, Query()]
) -> StatisticsRead:
    """Counts and sums by month, modality, UF, organ or supplier. Doubtful values are counted, and left out of sums."""
    return await service.read_statistics(session, principal, query, query.by, include_marked=query.include_marked)


@router.get("/suppliers", responses=REFUSED)
async def search_suppliers(
    principal: Reader, session: ReadSessionDep, window: Annotated[Window, window_of(20, most=100)], *, q: Text = None
) -> SupplierPage:
    """Suppliers by the words of their names, or by a CNPJ."""
    return await service.search_suppliers(session, principal, q, window)


@router.get("/suppliers/{supplier}", responses=problem_responses(SellerNotFoundError, PersonalNumberRefusedError))
async def get_seller(
    principal: Reader, session: ReadSessionDep, supplier: Annotated[str, Path(min_length=1, max_length=40)]
) -> SellerRead:
    """What a supplier won and contracted, with whom, and its registry data where they are known."""
    return await service.read_seller(session, principal, supplier)


@router.get("/organs")
async def search_organs(
    _principal: Reader, session: ReadSessionDep, *, q: Annotated[str, Query(max_length=200)] = ""
) -> list[OrganHit]:
    """The first fifty organs whose names have every word of the text."""
    return await service.search_organs(session, q)


@router.get("/organs/{cnpj}", responses=problem_responses(OrganNotFoundError))
async def get_organ(principal: Reader, session: ReadSessionDep, cnpj: Cnpj) -> OrganRead:
    """An organ: its units, what it bought by modality, its contracts and from whom."""
    return await service.read_organ(session, principal, cnpj)
