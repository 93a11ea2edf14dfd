"""One provider as the resolver asks it: within its limit, around its breaker, and never believed without its base."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from malha.outbound import (
    AddressForbiddenError,
    CircuitBreaker,
    Limits,
    OutboundClient,
    OutboundError,
    Permit,
    Rate,
    Reply,
)
from malha.suppliers.client.answers import (
    Answer,
    Provider,
    ProviderBrokenError,
    ProviderLimitedError,
    ProviderUnableError,
)
from malha.suppliers.rules.estimate import Pace

ANSWER_SECONDS = 0.5
"""What a permit's round costs beside the provider's window: the answer itself, and being woken."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now, but at `until` (epoch seconds): its limit is reached, or (`is_away`) it has stopped answering.

    A limit that was used up by questions that failed is no reason of its own.
    """

    until: float
    is_away: bool


async def look(name: str, limits: Limits, breaker: CircuitBreaker) -> Wait | None:
    """What a provider would have to be waited for; None when it may be asked now."""
    state = await breaker.state()
    if state.open_until:
        return Wait(state.open_until, is_away=True)
    until = await limits.peek(name)
    return None if until is None else Wait(until, is_away=state.failures > 0)


def pace_from(rate: Rate, wait: Wait | None) -> Pace:
    """What a limit allows once the wait is over."""
    seconds = max(wait.until - time.time(), 0) if wait is not None else 0.0
    return Pace(rate.count, rate.seconds + ANSWER_SECONDS, rate.count, seconds)


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer, and why. `is_unable`: it can never know such a CNPJ."""

    reason: str
    is_unable: bool = False


@dataclass(frozen=True, slots=True)
class Registry:
    """What an upstream must know and say about the base behind it."""

    find_established: Callable[[str], Awaitable[str]]
    """A company that exists for sure, another one than that of the CNPJ."""

    withdraw: Callable[[str, str], Awaitable[None]]
    """Take back what the provider of a source has denied."""


class Upstream:
    """Asks its provider one question at a time for each caller.

    A provider that says "no such company" is believed only if, asked after that, it knows one that exists for sure:
    whoever has lost its base says the same of everybody.
    """

    def __init__(
        self,
        provider: Provider,
        *,
        client: OutboundClient,
        limits: Limits,
        breaker: CircuitBreaker,
        registry: Registry,
        permit_seconds: float,
    ) -> None:
        self.name = provider.name
        self.source = provider.source
        self._provider = provider
        self._client = client
        self._limits = limits
        self._breaker = breaker
        self._registry = registry
        self._permit_seconds = permit_seconds
        self._checking = asyncio.Lock()
        self._had_base_at = self._lost_base_at = float("-inf")

    async def wait(self) -> Wait | None:
        """None when it may be asked now; a look that takes nothing."""
        return await look(self.name, self._limits, self._breaker)

    async def pace(self) -> Pace:
        """What it allows from now on."""
        return pace_from(self._limits.rate(self.name), await self.wait())

    async def ask(self, cnpj: str) -> Answer | Wait | Failure:
        """The company, that there is none, or why there is no answer."""
        open_until = await self._breaker.check()
        if open_until is not None:
            return Wait(open_until, is_away=True)
        asked_at = time.monotonic()
        outcome = await self._put(cnpj)
        if not isinstance(outcome, Answer) or outcome.profile is not None:
            return outcome
        return await self._check_base(cnpj, asked_at) or outcome

    async def _check_base(self, cnpj: str, denied_at: float) -> Wait | Failure | None:
        """None when the base was there after the denial; one question answers for all denials before it."""
        async with self._checking:
            if self._had_base_at > denied_at:
                return None
            if self._lost_base_at <= denied_at:
                known = await self._registry.find_established(cnpj)
                asked_at = time.monotonic()
                outcome = await self._put(known)
                if isinstance(outcome, Failure):
                    return Failure(outcome.reason)
                if isinstance(outcome, Wait):
                    return outcome
                if outcome.profile is not None:
                    return None
                self._lost_base_at = asked_at
                _log.error("suppliers.base_lost", provider=self.name, cnpj=known)
                await self._registry.withdraw(self.source, self.name)
            await self._breaker.fail()
            return Failure("it has lost its base: it does not know companies that exist")

    async def _put(self, cnpj: str) -> Answer | Wait | Failure:
        permit = await self._limits.hold(self.name, longest_seconds=self._permit_seconds)
        if not isinstance(permit, Permit):
            return Wait(permit, is_away=(await self._breaker.state()).failures > 0)
        asked_at = time.monotonic()
        try:
            answer = self._provider.read(cnpj, await self._fetch(cnpj, permit))
        except ProviderLimitedError as error:
            await self._limits.pause(self.name, error.seconds)
            outcome = Wait(time.time() + error.seconds, is_away=False)
        except ProviderUnableError as error:
            outcome = Failure(str(error), is_unable=True)
        except (OutboundError, ProviderBrokenError) as error:
            _log.warning("suppliers.provider_failed", provider=self.name, cnpj=cnpj, reason=str(error))
            await self._breaker.fail()
            return Failure(str(error))
        else:
            outcome = answer
            if answer.profile is None:  # the breaker hears of it when the base was looked at
                return outcome
            self._had_base_at = max(self._had_base_at, asked_at)
        await self._breaker.succeed()
        return outcome

    async def _fetch(self, cnpj: str, permit: Permit) -> Reply:
        # The permit ends with the reply: all that is done with it afterwards would only lengthen the window.
        async with permit:
            try:
                return await self._client.get(self._provider.url(cnpj), headers=self._provider.headers())
            except AddressForbiddenError:
                permit.give_back()
                raise
