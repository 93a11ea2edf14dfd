"""The two hosts of PNCP, asked within the pace that all workers share; they fail apart."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NoReturn
from urllib.parse import urlencode

from redis.asyncio import Redis

from malha.outbound import CircuitBreaker, Limits, OutboundClient, OutboundError, Rate, Reply, Slots
from malha.procurement.rules import wire
from malha.procurement.settings import ProcurementSettings

LONGEST_TURN_SECONDS = 5.0
"""A worker waits this long for its turn itself; for longer ones the part comes back."""
SLOT_PAUSE_SECONDS = 0.02
BREAKER_QUIET_SECONDS = 30.0
BREAKER_CEILING = 40
"""A breaker that looked at the clock alone has cost others a hundred and ninety failures in a row."""
REASON_CHARACTERS = 200
REFUSING = frozenset({400, 422})


class Host(StrEnum):
    """Each has its own limit, its own breaker and its own slots."""

    CONSULTATION = "pncp_consultation"
    DETAIL = "pncp_detail"


class SourceAwayError(Exception):
    """Not now: the host is left alone until then (epoch seconds). `failure`: the question itself had failed by then."""

    failure: str | None = None

    def __init__(self, host: Host, until: float) -> None:
        super().__init__(f"{host.value} is left alone for {max(until - time.time(), 0):.0f} s")
        self.until = until


class SourceFailedError(Exception):
    """No answer, or one that cannot be believed. Asking again may help."""


class SourceRefusedError(Exception):
    """PNCP does not take the question as it is put. `status` and its reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status}: {reason}")
        self.status = status


class HostClient:
    """One of the hosts."""

    def __init__(
        self, host: Host, url: str, settings: ProcurementSettings, client: OutboundClient, redis: Redis
    ) -> None:
        self._host = host
        self._url = url
        self._client = client
        self._limited_seconds = settings.limited_seconds
        self._limits = Limits(redis, {host: Rate.parse(settings.limit)})
        self._breaker = CircuitBreaker(redis, host, quiet_seconds=BREAKER_QUIET_SECONDS, ceiling=BREAKER_CEILING)
        self._slots = Slots(
            redis,
            host,
            most=settings.parallel,
            hold_seconds=settings.timeout_seconds + LONGEST_TURN_SECONDS,
            truce_seconds=settings.truce_seconds,
        )

    async def get(self, path: str, query: Mapping[str, str]) -> Any:
        """The JSON of a 200, None for 204. Raises SourceAwayError, SourceFailedError or SourceRefusedError."""
        open_until = await self._breaker.check()
        if open_until is not None:
            raise SourceAwayError(self._host, open_until)
        slot = await self._take_turn()
        has_failed = True
        try:
            answer = await self._ask(f"{self._url}{path}{'?' if query else ''}{urlencode(query)}")
            has_failed = False
        except SourceRefusedError:
            has_failed = False
            raise
        finally:
            await self._slots.give_back(slot, has_failed=has_failed)
        return answer

    async def _ask(self, url: str) -> Any:
        try:
            reply = await self._client.get(url)
        except OutboundError as error:
            await self._fail(str(error))
        if reply.status == 429:  # it comes without Retry-After, and one limiter counts for both hosts
            for host in Host:
                await self._limits.pause(host, self._limited_seconds)
            raise SourceAwayError(self._host, time.time() + self._limited_seconds)
        if reply.status in REFUSING:
            await self._breaker.succeed()
            raise SourceRefusedError(reply.status, reason_of(reply))
        if reply.status == 404:  # the host is there, and busy: nobody is asked for who was not seen in a list
            raise SourceFailedError(f"status 404: {reason_of(reply)}")
        if reply.status not in {200, 204}:
            await self._fail(f"status {reply.status}: {reason_of(reply)}")
        try:
            body = None if reply.status == 204 else wire.parse(reply.content)
        except (ValueError, RecursionError):
            await self._fail(f"status 200 with what is no JSON: {reason_of(reply)}")
        await self._breaker.succeed()
        return body

    async def _take_turn(self) -> str:
        """A slot and a permit, or SourceAwayError with when to come back."""
        deadline = time.time() + LONGEST_TURN_SECONDS
        slot = await self._take_slot(deadline)
        try:
            await self._take_permit(deadline)
        except BaseException:
            await self._slots.give_back(slot, has_failed=False)
            raise
        return slot

    async def _take_permit(self, deadline: float) -> None:
        while (free_at := await self._limits.acquire(self._host)) is not None:
            if free_at > deadline:
                raise SourceAwayError(self._host, free_at)
            await asyncio.sleep(max(free_at - time.time(), 0.005))

    async def _take_slot(self, deadline: float) -> str:
        while not isinstance(slot := await self._slots.take(), str):
            free_at = time.time() + SLOT_PAUSE_SECONDS if slot is None else slot
            if free_at > deadline:
                raise SourceAwayError(self._host, free_at)
            await asyncio.sleep(max(free_at - time.time(), 0.005))
        return slot

    async def _fail(self, reason: str) -> NoReturn:
        await self._breaker.fail()
        raise SourceFailedError(reason)


def reason_of(reply: Reply) -> str:
    """What the other side says, shortened: its message where it is JSON."""
    try:
        body = reply.json()
    except ValueError:
        body = None
    said = body.get("message") if isinstance(body, dict) else None
    return str(said or reply.text).replace("\x00", "")[:REASON_CHARACTERS]
