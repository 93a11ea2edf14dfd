"""One supplier for one reader: the kept answer at once where there is one, else a look-up."""

from __future__ import annotations

import math
from datetime import datetime

from malha.jobs import TransientError
from malha.kit.clock import utc_now
from malha.suppliers.errors import (
    CnpjInvalidError,
    SupplierLookUpFailedError,
    SupplierLookUpLimitedError,
    SupplierNotFoundError,
)
from malha.suppliers.repository import kept
from malha.suppliers.rules.cnpj import normalize_cnpj
from malha.suppliers.rules.supplier import Supplier
from malha.suppliers.schemas import SupplierRead
from malha.suppliers.service._known import find_known
from malha.suppliers.service._look_up import look_up, request_refresh
from malha.suppliers.service._resolver import Resources
from malha.suppliers.settings import SupplierSettings

PATIENCE_SECONDS = 20.0
FAILURE_RETRY_SECONDS = 30


async def read_supplier(resources: Resources, given: str, *, with_raw: bool = False) -> SupplierRead:
    """A stale answer is given at once while a job renews it. Raises what `errors` has."""
    cnpj = normalize_cnpj(given)
    if cnpj is None:
        raise CnpjInvalidError(cnpj=given)
    fresh_days = resources.settings.of(SupplierSettings).fresh_days
    async with resources.database.read_session() as session:
        supplier = (await find_known(session, [cnpj], fresh_days=fresh_days)).get(cnpj)
    if supplier is None:
        supplier = await _look_up_one(resources, cnpj)
    elif supplier.is_stale:
        await _renew(resources, cnpj)
    if not with_raw:
        return SupplierRead.show(supplier)
    async with resources.database.read_session() as session:
        return SupplierRead.show(supplier, await kept.find_raw(session, cnpj))


async def _look_up_one(resources: Resources, cnpj: str) -> Supplier:
    try:
        result = await look_up(resources, [cnpj], patience_seconds=PATIENCE_SECONDS)
    except TransientError as error:
        raise SupplierLookUpFailedError(reason="limits", headers=_retry_after(FAILURE_RETRY_SECONDS)) from error
    if cnpj in result.found:
        return result.found[cnpj]
    if cnpj in result.not_found:
        raise SupplierNotFoundError(cnpj=cnpj)
    if result.retry_at is not None:
        seconds = _seconds_until(result.retry_at)
        if result.away:
            raise SupplierLookUpFailedError(reason=", ".join(sorted(result.away)), headers=_retry_after(seconds))
        raise SupplierLookUpLimitedError(seconds=seconds, headers=_retry_after(seconds))
    raise SupplierLookUpFailedError(reason=result.failed[cnpj], headers=_retry_after(FAILURE_RETRY_SECONDS))


async def _renew(resources: Resources, cnpj: str) -> None:
    async with resources.database.session() as session:
        await request_refresh(session, resources.settings, [cnpj])


def _seconds_until(moment: datetime) -> int:
    return max(math.ceil((moment - utc_now()).total_seconds()), 1)


def _retry_after(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(seconds)}
