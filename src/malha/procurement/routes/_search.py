"""Searching public contracting."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from malha.db.paging import Window
from malha.dependencies import ReadSessionDep
from malha.errors import problem_responses
from malha.identity.policy import Principal, require
from malha.procurement import service
from malha.procurement.errors import PersonalNumberRefusedError, SearchTextCommonError
from malha.procurement.schemas.search import (
    ContractHit,
    ItemHit,
    PriceRecordHit,
    ProcurementHit,
    RecordQuery,
    SearchPage,
)

router = APIRouter()

Reader = Annotated[Principal, Depends(require("procurement:read"))]


class ListQuery(RecordQuery):
    """A filter and which stretch of its list is wanted."""

    limit: Annotated[int, Query(ge=1, le=100)] = 20
    cursor: str | None = None

    @property
    def window(self) -> Window:
        """Both as the database's pages know them."""
        return Window(self.limit, self.cursor)


Asked = Annotated[ListQuery, Query()]
REFUSED = problem_responses(SearchTextCommonError, PersonalNumberRefusedError)


@router.get("/procurements", responses=REFUSED)
async def search_procurements(principal: Reader, session: ReadSessionDep, query: Asked) -> SearchPage[ProcurementHit]:
    """Procurements that answer a text and a filter: the newest 10,000 ranked, or all by date."""
    return await service.search_procurements(session, principal, query, query.window)


@router.get("/items", responses=REFUSED)
async def search_items(principal: Reader, session: ReadSessionDep, query: Asked) -> SearchPage[ItemHit]:
    """Items, with who won them: the newest 10,000 ranked, or all by date."""
    return await service.search_items(session, principal, query, query.window)


@router.get("/contracts", responses=REFUSED)
async def search_contracts(principal: Reader, session: ReadSessionDep, query: Asked) -> SearchPage[ContractHit]:
    """Contracts and commitments: the newest 10,000 ranked, or all by date."""
    return await service.search_contracts(session, principal, query, query.window)


@router.get("/price-records", responses=REFUSED)
async def search_price_records(principal: Reader, session: ReadSessionDep, query: Asked) -> SearchPage[PriceRecordHit]:
    """Price records (atas): the newest 10,000 ranked, or all by date."""
    return await service.search_price_records(session, principal, query, query.window)
