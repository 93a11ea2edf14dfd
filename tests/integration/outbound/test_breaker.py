"""Circuit breakers on a real Redis: opening, one probe, closing."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from malha.outbound import CircuitBreaker
from malha.outbound.breaker import FAILURES, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as opened:
        yield opened
        await opened.delete("malha:breaker:x")


async def open_breaker(redis: Redis) -> CircuitBreaker:
    breaker = CircuitBreaker(redis, "x")
    for _ in range(FAILURES):
        await breaker.fail()
    return breaker


async def test_it_opens_for_every_worker_after_failures_in_a_row(redis: Redis) -> None:
    breaker = CircuitBreaker(redis, "x")
    for _ in range(FAILURES - 1):
        assert await breaker.fail() is None
    assert await breaker.check() is None
    await breaker.fail()
    until = await CircuitBreaker(redis, "x").check()
    assert until is not None
    assert until - time.time() == pytest.approx(FIRST_PAUSE_SECONDS, abs=2)


async def test_a_success_in_between_starts_the_count_again(redis: Redis) -> None:
    breaker = CircuitBreaker(redis, "x")
    for _ in range(FAILURES - 1):
        await breaker.fail()
    await breaker.succeed()
    assert await breaker.fail() is None


async def test_after_the_pause_one_caller_tries_and_the_others_wait(redis: Redis) -> None:
    breaker = await open_breaker(redis)
    await redis.hset("malha:breaker:x", "until", "1")  # type: ignore[misc]
    answers = [await breaker.check() for _ in range(3)]
    assert [answer is None for answer in answers] == [True, False, False]


async def test_each_further_failure_doubles_the_pause_up_to_ten_minutes(redis: Redis) -> None:
    breaker = await open_breaker(redis)
    pauses = [(await breaker.fail() or 0) - time.time() for _ in range(6)]
    assert pauses == [pytest.approx(min(FIRST_PAUSE_SECONDS * 2**n, LONGEST_PAUSE_SECONDS), abs=2) for n in range(1, 7)]


async def test_a_success_closes_it(redis: Redis) -> None:
    breaker = await open_breaker(redis)
    assert (await breaker.state()).open_until is not None
    await breaker.succeed()
    assert (await breaker.check(), (await breaker.state()).failures) == (None, 0)
