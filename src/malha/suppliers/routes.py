"""`/api/v1/suppliers`: what the company registry says."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query

from malha.dependencies import DatabaseDep, SettingsDep
from malha.errors import problem_responses
from malha.identity.policy import Principal, require
from malha.suppliers import service
from malha.suppliers.errors import (
    CnpjInvalidError,
    SupplierLookUpFailedError,
    SupplierLookUpLimitedError,
    SupplierNotFoundError,
)
from malha.suppliers.schemas import SupplierRead

router = APIRouter(prefix="/suppliers", tags=["suppliers"])

Reader = Annotated[Principal, Depends(require("suppliers:read"))]
REFUSED = problem_responses(
    SupplierNotFoundError, CnpjInvalidError, SupplierLookUpLimitedError, SupplierLookUpFailedError
)


@router.get("/{cnpj}", responses=REFUSED)
async def get_supplier(
    _principal: Reader,
    database: DatabaseDep,
    settings: SettingsDep,
    cnpj: Annotated[str, Path(max_length=32, description="With or without punctuation (a slash as %2F is not read).")],
    *,
    include: Annotated[list[Literal["raw"]] | None, Query()] = None,
) -> SupplierRead:
    """The profile of a company: kept, or looked up now when the providers' limits allow."""
    resources = service.ApiResources(database, settings)
    return await service.read_supplier(resources, cnpj, with_raw="raw" in (include or ()))
