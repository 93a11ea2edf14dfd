"""The desk where questions about CNPJs are put to the providers, one question a CNPJ, within everybody's limits."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

import structlog
from redis.asyncio import Redis

from malha.db import Database
from malha.kit.clock import utc_now
from malha.kit.ids import new_id
from malha.outbound import AddressForbiddenError, CircuitBreaker, Limits, OutboundClient, OutboundError, Permit, Reply
from malha.settings import Settings
from malha.suppliers.client.answers import (
    Answer,
    Provider,
    ProviderBrokenError,
    ProviderLimitedError,
    ProviderUnableError,
)
from malha.suppliers.client.providers import enabled_providers, provider_rates
from malha.suppliers.rules.estimate import Pace
from malha.suppliers.service._cache import Cache
from malha.suppliers.service._known import values_of, values_of_nobody
from malha.suppliers.service._result import LookUpResult

LANES = 8
CLAIM_SLACK_SECONDS = 15.0
ELSEWHERE_SECONDS = 2.0
"""How long another process's question is left to run before it is looked at again."""
ANSWER_SECONDS = 0.5
"""What a permit's round costs beside the provider's window: the answer itself, and being woken."""

_log = structlog.get_logger(__name__)


class Resources(Protocol):
    """What a look-up needs of its process: the worker's Runtime has it, and so has `ApiResources`."""

    @property
    def database(self) -> Database: ...

    @property
    def settings(self) -> Settings: ...


@dataclass(frozen=True, slots=True)
class ApiResources:
    """The same in the API's process."""

    database: Database
    settings: Settings


@dataclass(slots=True)
class _Trial:
    """How the providers took one question."""

    nobody: tuple[str, Answer] | None = None
    waits: list[float] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def was_asked(self) -> bool:
        """Whether anybody was asked yet."""
        return bool(self.nobody or self.reasons)


@asynccontextmanager
async def open_desk(resources: Resources) -> AsyncIterator[Desk]:
    """A desk with connections of its own to Redis and to the providers."""
    suppliers, outbound = resources.settings.suppliers, resources.settings.outbound
    redis = Redis.from_url(resources.settings.broker.redis_url)
    client = OutboundClient(
        user_agent=outbound.user_agent,
        allowed_hosts=outbound.allowed_hosts,
        timeout_seconds=suppliers.timeout_seconds,
    )
    try:
        async with client:
            cache = Cache(resources.database, suppliers)
            breakers = {each.name: CircuitBreaker(redis, each.name) for each in enabled_providers(suppliers)}
            yield Desk(enabled_providers(suppliers), cache, client, Limits(redis, provider_rates(suppliers)), breakers)
    finally:
        await redis.aclose()


class Desk:
    """Asks as many as the limits allow now, keeps every answer at once, and says when the rest may be asked."""

    def __init__(
        self,
        providers: Sequence[Provider],
        cache: Cache,
        client: OutboundClient,
        limits: Limits,
        breakers: Mapping[str, CircuitBreaker],
    ) -> None:
        self._providers = providers
        self._cache = cache
        self._client = client
        self._limits = limits
        self._breakers = breakers
        self._claim_seconds = client.timeout_seconds + CLAIM_SLACK_SECONDS

    async def ask(
        self, cnpjs: Sequence[str], result: LookUpResult, *, most_seconds: float, patience_seconds: float
    ) -> None:
        """Sort every CNPJ into the result. `patience_seconds`: how long to wait for other processes' answers."""
        round_ = _Round(deque(cnpjs), result, deadline=time.monotonic() + most_seconds)
        try:
            async with asyncio.TaskGroup() as lanes:
                for _ in range(min(LANES, len(cnpjs))):
                    lanes.create_task(self._run_lane(round_))
        except ExceptionGroup as group:
            # Lanes fail for the same reason, and callers wait for that one by its class.
            raise group.exceptions[0] from group
        await self._await_others(round_, patience_seconds)
        result.pending += [*round_.limited, *round_.elsewhere, *round_.waiting]
        if result.pending:
            retry = min(round_.retry_epochs, default=time.time() + ELSEWHERE_SECONDS)
            if round_.elsewhere:
                retry = min(retry, time.time() + ELSEWHERE_SECONDS)
            result.retry_at = datetime.fromtimestamp(retry, UTC)

    async def paces(self) -> list[Pace]:
        """What the providers that work allow from now on."""
        found: list[Pace] = []
        for provider in self._providers:
            rate = self._limits.rate(provider.name)
            until = (await self._breakers[provider.name].state()).open_until
            wait = max(until - time.time(), 0) if until else 0.0
            found.append(Pace(rate.count, rate.seconds + ANSWER_SECONDS, rate.count, wait))
        return found

    async def _run_lane(self, round_: _Round) -> None:
        while round_.waiting and not round_.is_over:
            opening = await self._next_opening()
            if opening is not None:
                round_.retry_epochs.append(opening)
                round_.is_limited = True
                return
            if round_.waiting:
                await self._ask_one(round_.waiting.popleft(), round_)

    async def _next_opening(self) -> float | None:
        """None when somebody may be asked now, else when; a look that takes nothing, and spares claims in vain."""
        waits: list[float] = []
        for provider in self._providers:
            wait = (await self._breakers[provider.name].state()).open_until or await self._limits.peek(provider.name)
            if wait is None:
                return None
            waits.append(wait)
        return min(waits)

    async def _await_others(self, round_: _Round, patience_seconds: float) -> None:
        deadline = time.monotonic() + patience_seconds
        pause = 0.05
        while round_.elsewhere and time.monotonic() < deadline:
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.5)
            others, round_.elsewhere = round_.elsewhere, []
            for cnpj in others:
                await self._ask_one(cnpj, round_)

    async def _ask_one(self, cnpj: str, round_: _Round) -> None:
        token = new_id()
        if not await self._cache.claim(cnpj, token, seconds=self._claim_seconds):
            round_.elsewhere.append(cnpj)
            return
        try:
            # Whoever held the claim before may have answered between our first look and now.
            if await self._cache.sort_known([cnpj], round_.result) == []:
                return
            trial = await self._try_providers(cnpj, token)
        finally:
            await self._cache.release(cnpj, token)
        await self._conclude(cnpj, trial, round_)

    async def _conclude(self, cnpj: str, trial: _Trial | None, round_: _Round) -> None:
        if trial is None:
            missing = await self._cache.sort_known([cnpj], round_.result)
            # Without an answer only if the claim ran out: then its new holder is asking.
            round_.elsewhere += [each for each in missing if each not in round_.result.found]
        elif trial.waits:
            round_.retry_epochs.append(min(trial.waits))
            round_.limited.append(cnpj)
            round_.is_limited |= not trial.reasons
        else:
            round_.result.failed[cnpj] = "; ".join(f"{name}: {reason}" for name, reason in trial.reasons.items())

    async def _try_providers(self, cnpj: str, token: UUID) -> _Trial | None:
        """None once an answer is kept; else why there is none."""
        trial = _Trial()
        for provider in self._providers:
            # Each ask may take its whole time: the claim must outlive it.
            if trial.was_asked and not await self._cache.claim(cnpj, token, seconds=self._claim_seconds):
                return None
            permit = await self._permit(provider, trial)
            if permit is None:
                continue
            answer = await self._ask_provider(provider, cnpj, permit, trial)
            if answer is not None and answer.profile is not None:
                await self._keep(cnpj, token, provider.name, answer)
                return None
            if answer is not None:
                trial.nobody = (provider.name, answer)
        if trial.nobody is None:
            return trial
        await self._keep(cnpj, token, *trial.nobody)
        return None

    async def _permit(self, provider: Provider, trial: _Trial) -> Permit | None:
        open_until = await self._breakers[provider.name].check()
        if open_until is not None:
            trial.waits.append(open_until)
            return None
        permit = await self._limits.hold(provider.name, longest_seconds=self._claim_seconds)
        if isinstance(permit, Permit):
            return permit
        trial.waits.append(permit)
        return None

    async def _ask_provider(self, provider: Provider, cnpj: str, permit: Permit, trial: _Trial) -> Answer | None:
        breaker = self._breakers[provider.name]
        try:
            answer = provider.read(cnpj, await self._fetch(provider, cnpj, permit))
        except ProviderLimitedError as error:
            await self._limits.pause(provider.name, error.seconds)
            trial.waits.append(time.time() + error.seconds)
        except ProviderUnableError as error:
            trial.reasons[provider.name] = str(error)
        except (OutboundError, ProviderBrokenError) as error:
            trial.reasons[provider.name] = str(error)
            _log.warning("suppliers.provider_failed", provider=provider.name, cnpj=cnpj, reason=str(error))
            await breaker.fail()
            return None
        else:
            await breaker.succeed()
            return answer
        await breaker.succeed()
        return None

    async def _fetch(self, provider: Provider, cnpj: str, permit: Permit) -> Reply:
        # The permit ends with the reply: all that is done with it afterwards would only lengthen the window.
        async with permit:
            try:
                return await self._client.get(provider.url(cnpj), headers=provider.headers())
            except AddressForbiddenError:
                permit.give_back()
                raise

    async def _keep(self, cnpj: str, token: UUID, provider: str, answer: Answer) -> None:
        """Store an answer, even when the caller is cancelled meanwhile: it was paid for with a permit."""
        values = _values(cnpj, provider, answer)
        storing = asyncio.ensure_future(self._cache.store(values, token))
        try:
            await asyncio.shield(storing)
        except asyncio.CancelledError:
            await storing
            raise


@dataclass(slots=True)
class _Round:
    """One call's questions: those not yet put, those that others are asking, and how it stands with the limits."""

    waiting: deque[str]
    result: LookUpResult
    deadline: float
    elsewhere: list[str] = field(default_factory=list)
    limited: list[str] = field(default_factory=list)
    retry_epochs: list[float] = field(default_factory=list)
    is_limited: bool = False

    @property
    def is_over(self) -> bool:
        return self.is_limited or time.monotonic() > self.deadline


def _values(cnpj: str, provider: str, answer: Answer) -> dict[str, Any]:
    now = utc_now()
    if answer.profile is None:
        return values_of_nobody(cnpj, provider=provider, fetched_at=now, raw=answer.raw)
    return values_of(answer.profile, provider=provider, fetched_at=now, raw=answer.raw)
