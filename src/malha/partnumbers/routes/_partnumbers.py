"""Part numbers that the workspace knows."""

from __future__ import annotations

from typing import Annotated

from malha.db.paging import Page, Window
from malha.dependencies import ReadSessionDep, window_of
from malha.errors import problem_responses
from malha.partnumbers import service
from malha.partnumbers.errors import PartNumberNotFoundError
from malha.partnumbers.routes._contract import Reader, root_router
from malha.partnumbers.schemas.classifications import PartNumberRead


@root_router.get("/partnumbers")
async def list_partnumbers(
    principal: Reader, session: ReadSessionDep, window: Annotated[Window, window_of(50, most=200)]
) -> Page[PartNumberRead]:
    """Part numbers of the workspace by code, with their classifications."""
    return await service.read_partnumbers(session, principal, window)


@root_router.get("/partnumbers/{code:path}", responses=problem_responses(PartNumberNotFoundError))
async def get_partnumber(principal: Reader, session: ReadSessionDep, code: str) -> PartNumberRead:
    """One part number with its classifications, the best first."""
    return await service.read_partnumber(session, principal, code)
