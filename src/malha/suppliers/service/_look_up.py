"""Look-ups for other slices: what is known at once, the rest from the providers as their limits allow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain

import structlog
from redis import RedisError
from redis.asyncio import Redis

from malha.db import ReadSession, Session
from malha.jobs import Job, Owner, TransientError, submit
from malha.kit.clock import utc_now
from malha.outbound import CircuitBreaker, Limits
from malha.settings import Settings
from malha.suppliers.client.providers import enabled_providers, provider_rates
from malha.suppliers.repository import kept
from malha.suppliers.rules.cnpj import normalize_cnpj
from malha.suppliers.rules.denials import valid_denials
from malha.suppliers.rules.estimate import Pace, seconds_for
from malha.suppliers.service._cache import Cache
from malha.suppliers.service._resolver import Resources, open_resolver
from malha.suppliers.service._result import LookUpResult
from malha.suppliers.service._upstream import Wait, look, pace_from
from malha.suppliers.settings import SupplierSettings

_log = structlog.get_logger(__name__)

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
        result.retry_at, result.estimate_seconds, result.away = None, 0.0, set()
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
    settings = resources.settings.of(SupplierSettings)
    missing = await Cache(resources.database, settings).sort_known(list(wanted), result)
    if missing and not enabled_providers(settings):
        result.not_found.update(cnpj for cnpj in missing if cnpj not in result.found)
    elif missing:
        # What nobody knows comes before what is only old.
        waves = [[cnpj for cnpj in missing if (cnpj in result.found) is is_stale] for is_stale in (False, True)]
        try:
            async with open_resolver(resources) as resolver:
                for wave in waves:
                    if result.retry_at is not None:
                        result.pending += wave
                    elif wave:
                        await resolver.ask(wave, result, most_seconds=most_seconds, patience_seconds=patience_seconds)
                if result.pending:
                    result.estimate_seconds = seconds_for(len(result.pending), await resolver.paces())
        except RedisError as error:
            raise TransientError(f"the limits cannot be read: {error}") from error
    return result


async def estimate_answers(session: ReadSession, settings: Settings, cnpjs: Sequence[str]) -> float:
    """Seconds until CNPJs that wait are answered, as limits and providers stand now; infinite when nobody is enabled.

    CNPJs that some source has denied need every other source, at its own pace.
    """
    oldest = utc_now() - timedelta(days=settings.of(SupplierSettings).not_found_days)
    denied = [valid_denials(each, oldest=oldest) for each in await kept.list_denials(session, cnpjs)]
    paces = await _current_paces(settings)
    unheard = [seconds_for(sum(source not in each for each in denied if each), own) for source, own in paces.items()]
    return max([seconds_for(len(cnpjs), list(chain.from_iterable(paces.values()))), *unheard])


async def _current_paces(settings: Settings) -> dict[str, list[Pace]]:
    """By source; of those who are away only where nobody else is left. Without Redis as if nothing were used up."""
    suppliers = settings.of(SupplierSettings)
    rates = provider_rates(suppliers)
    waits: dict[str, Wait | None] = {}
    async with Redis.from_url(settings.broker.redis_url) as redis:
        limits = Limits(redis, rates)
        try:
            waits = {name: await look(name, limits, CircuitBreaker(redis, name)) for name in rates}
        except RedisError as error:
            _log.warning("suppliers.limits_unreadable", error=str(error))
    away = {name for name, wait in waits.items() if wait is not None and wait.is_away}
    paces: dict[str, list[Pace]] = {}
    for provider in enabled_providers(suppliers):
        if provider.name not in away or len(away) == len(rates):
            pace = pace_from(rates[provider.name], waits.get(provider.name))
            paces.setdefault(provider.source, []).append(pace)
    return paces


async def take_retractions(session: Session, *, limit: int) -> list[str]:
    """CNPJs of which "no such company" was said and is not believed any more: what was decided from it is void.

    Each is given once, to the transaction that takes it.
    """
    return await kept.take_retractions(session, limit)


async def request_refresh(
    session: Session, settings: Settings, cnpjs: Sequence[str], *, run_after: datetime | None = None
) -> Job | None:
    """Have stale suppliers renewed by a job of its own, unless somebody asked for that within the hour.

    Writes in the caller's transaction; None where there is nobody to ask, or nothing to do.
    """
    if not cnpjs or not enabled_providers(settings.of(SupplierSettings)):
        return None
    taken = await kept.take_refreshes(session, cnpjs)
    if not taken:
        return None
    parts = [{"cnpjs": taken[start : start + REFRESH_PART]} for start in range(0, len(taken), REFRESH_PART)]
    return await submit(session, REFRESH_KIND, input={}, parts=parts, owner=Owner(None, None), run_after=run_after)
