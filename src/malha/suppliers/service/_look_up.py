"""Look-ups for other slices: what is known at once, the rest from the providers as their limits allow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from redis import RedisError

from malha.db import Session
from malha.jobs.errors import TransientError
from malha.jobs.models import Job
from malha.jobs.submit import Owner, submit
from malha.settings import SupplierSettings
from malha.suppliers import repository
from malha.suppliers.client import enabled_providers, provider_rates
from malha.suppliers.rules import Pace, normalize_cnpj, seconds_for
from malha.suppliers.service._cache import Cache
from malha.suppliers.service._desk import ANSWER_SECONDS, Resources, open_desk
from malha.suppliers.service._result import LookUpResult

REFRESH_KIND = "suppliers.refresh"
REFRESH_PART = 200
MOST_SECONDS = 60.0


async def look_up(
    resources: Resources, cnpjs: Sequence[str], *, patience_seconds: float = 0.0, most_seconds: float = MOST_SECONDS
) -> LookUpResult:
    """Everything known about these CNPJs, after asking about as many unknown or stale ones as is allowed now.

    Keys of the result are normalised CNPJs, except for those that are none: they are in `failed` as they were given.
    A stale company whose renewal failed or has to wait is in `found`, marked as stale, and nowhere else. Nothing of
    this happens in the caller's transaction. Raises TransientError when Redis, which keeps the limits, is away.
    """
    result = await _ask(resources, cnpjs, patience_seconds=patience_seconds, most_seconds=most_seconds)
    # A stale company is an answer: its renewal is nobody's reason to wait or to fail.
    for cnpj in result.found.keys() & result.failed.keys():
        del result.failed[cnpj]
    result.pending = [cnpj for cnpj in result.pending if cnpj not in result.found]
    if not result.pending:
        result.retry_at, result.estimate_seconds = None, 0.0
    return result


async def refresh(resources: Resources, cnpjs: Sequence[str]) -> LookUpResult:
    """The same for stale companies: those that could not be renewed now are in `failed` or `pending` as well."""
    return await _ask(resources, cnpjs, patience_seconds=0, most_seconds=MOST_SECONDS)


async def _ask(
    resources: Resources, cnpjs: Sequence[str], *, patience_seconds: float, most_seconds: float
) -> LookUpResult:
    result = LookUpResult()
    wanted: dict[str, None] = {}
    for given in cnpjs:
        cnpj = normalize_cnpj(given)
        if cnpj is None:
            result.failed[given] = "cnpj-invalid"
        else:
            wanted[cnpj] = None
    missing = await Cache(resources.database, resources.settings.suppliers).sort_known(list(wanted), result)
    if missing and not enabled_providers(resources.settings.suppliers):
        result.not_found.update(cnpj for cnpj in missing if cnpj not in result.found)
    elif missing:
        # What nobody knows comes before what is only old.
        waves = [[cnpj for cnpj in missing if (cnpj in result.found) is is_stale] for is_stale in (False, True)]
        try:
            async with open_desk(resources) as desk:
                for wave in waves:
                    if result.retry_at is not None:
                        result.pending += wave
                    elif wave:
                        await desk.ask(wave, result, most_seconds=most_seconds, patience_seconds=patience_seconds)
                if result.pending:
                    result.estimate_seconds = seconds_for(len(result.pending), await desk.paces())
        except RedisError as error:
            raise TransientError(f"the limits cannot be read: {error}") from error
    return result


def estimate_seconds(settings: SupplierSettings, count: int) -> float:
    """How long so many uncached look-ups take when all providers work; infinite when none is enabled."""
    rates = provider_rates(settings).values()
    return seconds_for(count, [Pace(rate.count, rate.seconds + ANSWER_SECONDS, rate.count) for rate in rates])


async def request_refresh(
    session: Session, settings: SupplierSettings, cnpjs: Sequence[str], *, run_after: datetime | None = None
) -> Job | None:
    """Have stale suppliers renewed by a job of its own, unless somebody asked for that within the hour.

    Writes in the caller's transaction; None where there is nobody to ask, or nothing to do.
    """
    if not cnpjs or not enabled_providers(settings):
        return None
    taken = await repository.take_refreshes(session, cnpjs)
    if not taken:
        return None
    parts = [{"cnpjs": taken[start : start + REFRESH_PART]} for start in range(0, len(taken), REFRESH_PART)]
    return await submit(session, REFRESH_KIND, input={}, parts=parts, owner=Owner(None, None), run_after=run_after)
