"""Slots of a service, shared by everybody, fewer while many requests fail."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from malha.outbound import CircuitBreaker, Slots
from malha.outbound.slots import LOOKED_AT

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as opened:
        yield opened
        await opened.delete("malha:breaker:x", "malha:slots:{x}:held", "malha:slots:{x}:state")


def make(redis: Redis, *, hold_seconds: float = 30, truce_seconds: float = 30) -> Slots:
    return Slots(redis, "x", most=4, hold_seconds=hold_seconds, truce_seconds=truce_seconds)


async def use(slots: Slots, outcomes: int, failures: int) -> None:
    for number in range(outcomes):
        token = await slots.take()
        assert isinstance(token, str)
        await slots.give_back(token, has_failed=number < failures)


async def test_no_more_are_held_at_once_than_there_are(redis: Redis) -> None:
    slots, others = make(redis), make(redis)
    tokens = [await slots.take() for _ in range(4)]

    assert all(isinstance(token, str) for token in tokens)
    assert await others.take() is None
    await slots.give_back(str(tokens[0]), has_failed=False)
    assert isinstance(await others.take(), str)


async def test_a_slot_of_somebody_who_was_killed_is_free_after_its_time(redis: Redis) -> None:
    slots = make(redis, hold_seconds=0.05)
    for _ in range(4):
        assert isinstance(await slots.take(), str)
    deadline = time.monotonic() + 5

    while (token := await slots.take()) is None and time.monotonic() < deadline:
        pass

    assert isinstance(token, str)


async def test_a_fifth_of_failures_takes_a_slot_away_and_success_gives_it_back(redis: Redis) -> None:
    slots = make(redis)

    await use(slots, LOOKED_AT, LOOKED_AT // 5)
    assert await slots.level() == 3
    await use(slots, LOOKED_AT, LOOKED_AT // 5 - 1)
    assert await slots.level() == 4


async def test_half_of_failures_makes_everybody_wait_and_leaves_one(redis: Redis) -> None:
    slots = make(redis)

    await use(slots, LOOKED_AT, LOOKED_AT // 2)

    until = await slots.take()
    assert isinstance(until, float)
    assert until > time.time() + 20
    assert await slots.level() == 1


async def test_failures_in_quick_succession_open_no_breaker_that_wants_quiet(redis: Redis) -> None:
    breaker = CircuitBreaker(redis, "x", quiet_seconds=30, ceiling=40)

    assert [await breaker.fail() for _ in range(39)] == [None] * 39
    assert await breaker.check() is None
    assert await breaker.fail() is not None
    assert await breaker.check() is not None


async def test_five_failures_after_a_long_silence_open_it(redis: Redis) -> None:
    breaker = CircuitBreaker(redis, "x", quiet_seconds=30, ceiling=40)
    for _ in range(4):
        await breaker.fail()
    await redis.hset("malha:breaker:x", "since", round(1000 * (time.time() - 31)))  # type: ignore[misc] - redis-py's types are partial

    assert await breaker.fail() is not None


async def test_a_success_in_between_begins_anew(redis: Redis) -> None:
    breaker = CircuitBreaker(redis, "x", quiet_seconds=30, ceiling=40)
    for _ in range(39):
        await breaker.fail()
    await breaker.succeed()

    assert await breaker.fail() is None
