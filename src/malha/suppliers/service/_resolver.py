"""The resolver puts questions about CNPJs to the providers, one question a CNPJ, within everybody's limits."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from redis.asyncio import Redis

from malha.db import Database
from malha.kit.clock import utc_now
from malha.kit.ids import new_id
from malha.outbound import CircuitBreaker, Limits, OutboundClient
from malha.settings import Settings
from malha.suppliers.client.answers import Answer
from malha.suppliers.client.providers import enabled_providers, provider_rates
from malha.suppliers.rules.denials import Denial
from malha.suppliers.rules.estimate import Pace
from malha.suppliers.service._cache import Cache
from malha.suppliers.service._known import values_of
from malha.suppliers.service._result import LookUpResult
from malha.suppliers.service._upstream import Failure, Registry, Upstream, Wait
from malha.suppliers.settings import SupplierSettings

LANES = 8
CLAIM_SLACK_SECONDS = 15.0
ELSEWHERE_SECONDS = 2.0
"""How long another process's question is left to run before it is looked at again."""


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


@asynccontextmanager
async def open_resolver(resources: Resources) -> AsyncIterator[Resolver]:
    """A resolver with connections of its own to Redis and to the providers."""
    suppliers, outbound = resources.settings.of(SupplierSettings), resources.settings.outbound
    redis = Redis.from_url(resources.settings.broker.redis_url)
    client = OutboundClient(
        user_agent=outbound.user_agent,
        allowed_hosts=outbound.allowed_hosts,
        timeout_seconds=suppliers.timeout_seconds,
    )
    try:
        async with client:
            cache = Cache(resources.database, suppliers)
            limits = Limits(redis, provider_rates(suppliers))
            claim_seconds = client.timeout_seconds + CLAIM_SLACK_SECONDS
            registry = Registry(cache.find_established, cache.withdraw)
            upstreams = [
                Upstream(
                    provider,
                    client=client,
                    limits=limits,
                    breaker=CircuitBreaker(redis, provider.name),
                    registry=registry,
                    permit_seconds=claim_seconds,
                )
                for provider in enabled_providers(suppliers)
            ]
            yield Resolver(upstreams, cache, claim_seconds=claim_seconds)
    finally:
        await redis.aclose()


@dataclass(slots=True)
class _Trial:
    """How the providers took one question, and the sources whose denial of the company is known."""

    denials: dict[str, Denial]
    waits: dict[str, Wait] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    was_asked: bool = False


@dataclass(slots=True)
class _Round:
    """One call's questions: those not yet put, those that others are asking, and what the others wait for."""

    waiting: deque[str]
    result: LookUpResult
    deadline: float
    elsewhere: list[str] = field(default_factory=list)
    held_up: list[str] = field(default_factory=list)
    waits: list[dict[str, Wait]] = field(default_factory=list)
    """For each question that was held up, and for those that were not put: by provider."""

    is_closed: bool = False
    """Nobody may be asked now."""

    @property
    def is_over(self) -> bool:
        return self.is_closed or time.monotonic() > self.deadline


class Resolver:
    """Asks as many as the limits allow now, keeps every answer at once, and says when the rest may be asked."""

    def __init__(self, upstreams: Sequence[Upstream], cache: Cache, *, claim_seconds: float) -> None:
        self._upstreams = upstreams
        self._cache = cache
        self._claim_seconds = claim_seconds

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
        result.pending += [*round_.held_up, *round_.elsewhere, *round_.waiting]
        if result.pending:
            _tell_when(round_, result)

    async def paces(self) -> list[Pace]:
        """What the providers allow from now on."""
        return [await upstream.pace() for upstream in self._upstreams]

    async def _run_lane(self, round_: _Round) -> None:
        while round_.waiting and not round_.is_over:
            waits = {upstream.name: await upstream.wait() for upstream in self._upstreams}
            closed = {name: wait for name, wait in waits.items() if wait is not None}
            if len(closed) == len(waits):  # a look that takes nothing spares claims in vain
                round_.waits.append(closed)
                round_.is_closed = True
                return
            if round_.waiting:
                await self._ask_one(round_.waiting.popleft(), round_)

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
            trial = await self._try_upstreams(cnpj, token)
        finally:
            await self._cache.release(cnpj, token)
        await self._conclude(cnpj, trial, round_)

    async def _conclude(self, cnpj: str, trial: _Trial | None, round_: _Round) -> None:
        """Who may know the company and was not heard is waited for; what others of its source failed at matters not."""
        missing = await self._cache.sort_known([cnpj], round_.result)
        if trial is None:
            # Without an answer only if the claim ran out: then its new holder is asking.
            round_.elsewhere += [each for each in missing if each not in round_.result.found]
            return
        if not missing:
            return
        unheard = {upstream.name for upstream in self._upstreams if upstream.source not in trial.denials}
        waits = {name: wait for name, wait in trial.waits.items() if name in unheard}
        if waits:
            round_.waits.append(waits)
            round_.held_up.append(cnpj)
            return
        failures = {name: reason for name, reason in trial.failures.items() if name in unheard} or trial.failures
        reasons = "; ".join(f"{name}: {reason}" for name, reason in failures.items())
        round_.result.failed[cnpj] = reasons or "no provider takes it"

    async def _try_upstreams(self, cnpj: str, token: UUID) -> _Trial | None:
        """None once a company is kept, or the claim is lost; else how far it came."""
        trial = _Trial(await self._cache.denials_of(cnpj))
        for upstream in self._upstreams:
            if upstream.source in trial.denials:
                continue
            # Each ask may take its whole time, twice where a denial is looked into: the claim must outlive it.
            if trial.was_asked and not await self._cache.claim(cnpj, token, seconds=self._claim_seconds):
                return None
            outcome = await upstream.ask(cnpj)
            if isinstance(outcome, Wait):
                trial.waits[upstream.name] = outcome
                continue
            trial.was_asked = True
            if isinstance(outcome, Answer) and outcome.profile is not None:
                await self._keep(cnpj, token, upstream.name, outcome)
                return None
            await self._note(cnpj, upstream, outcome, trial)
        return trial

    async def _note(self, cnpj: str, upstream: Upstream, outcome: Answer | Failure, trial: _Trial) -> None:
        """Keep a denial at once, as every answer: nobody is asked twice for it while others are waited for."""
        is_unable = isinstance(outcome, Failure) and outcome.is_unable
        if isinstance(outcome, Failure):
            trial.failures[upstream.name] = outcome.reason
        if isinstance(outcome, Failure) and not is_unable:
            return
        denial = Denial(upstream.name, utc_now(), is_unable)
        raw = outcome.raw if isinstance(outcome, Answer) else {"reason": outcome.reason}
        if await self._cache.deny(cnpj, upstream.source, denial, raw):
            trial.denials[upstream.source] = denial
        else:
            trial.failures.setdefault(upstream.name, "it does not know a company that is known")

    async def _keep(self, cnpj: str, token: UUID, provider: str, answer: Answer) -> None:
        """Store an answer, even when the caller is cancelled meanwhile: it was paid for with a permit."""
        assert answer.profile is not None  # noqa: S101 - the caller has looked
        values = values_of(answer.profile, provider=provider, fetched_at=utc_now(), raw=answer.raw)
        storing = asyncio.ensure_future(self._cache.store(values, token))
        try:
            await asyncio.shield(storing)
        except asyncio.CancelledError:
            await storing
            raise


def _tell_when(round_: _Round, result: LookUpResult) -> None:
    """When the next question may be put, and who is away, where nothing but those who are away is waited for."""
    openings = [wait.until for waits in round_.waits for wait in waits.values()]
    retry = min(openings, default=time.time() + ELSEWHERE_SECONDS)
    if round_.elsewhere:
        retry = min(retry, time.time() + ELSEWHERE_SECONDS)
    result.retry_at = datetime.fromtimestamp(retry, UTC)
    waits = [wait for waits in round_.waits for wait in waits.values()]
    if waits and not round_.elsewhere and all(wait.is_away for wait in waits):
        result.away |= {name for waits in round_.waits for name in waits}
