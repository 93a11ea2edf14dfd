"""Codes of the nomenclature."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from malha.errors import problem_responses
from malha.partnumbers import service
from malha.partnumbers.errors import NcmNotFoundError
from malha.partnumbers.routes._contract import Reader, root_router
from malha.partnumbers.schemas.ncm import NcmRead


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
