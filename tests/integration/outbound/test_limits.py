"""Shared limits on a real Redis, with a clock of the test's: against a model, and in a simulated hour of work."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis as SyncRedis
from redis.asyncio import Redis

from malha.outbound import Limits, Permit, Rate

COUNT, WINDOW = 3, 60.0
HOLD = 45.0
RATES = {"three": Rate(COUNT, WINDOW), "many": Rate(360, 60)}

steps = st.lists(
    st.tuples(
        st.sampled_from(["ask", "ask", "answer", "give-back", "die", "wait"]),
        st.floats(0, 1),
        st.sampled_from([0.0, 0.001, 0.3, 1, 15, 45, 59.98, 60, 60.03, 80]),
    ),
    max_size=60,
)


@dataclass
class Clock:
    """The present of a test, in whole milliseconds."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now = round(self.now + seconds, 3)


@dataclass
class Model:
    """What the limiter promises, said with lists: `stamps` are the permits that still count, `arrivals` the truth."""

    stamps: list[float] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)

    def free(self, now: float, held: int) -> int:
        return COUNT - held - sum(stamp > now - WINDOW - 0.02 + 1e-6 for stamp in self.stamps)

    def fullest_window(self) -> int:
        return max((sum(start <= at < start + WINDOW for at in self.arrivals) for start in self.arrivals), default=0)


@pytest.fixture(autouse=True)
def empty_redis(redis_url: str) -> Iterator[None]:
    yield
    forget(redis_url)


def forget(redis_url: str) -> None:
    with SyncRedis.from_url(redis_url) as redis:
        for key in redis.scan_iter("malha:limits*"):
            redis.delete(key)


@given(steps=steps)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_limiter_does_what_the_model_says(redis_url: str, steps: list[tuple[str, float, float]]) -> None:
    forget(redis_url)
    asyncio.run(play(redis_url, steps))


async def play(redis_url: str, steps: list[tuple[str, float, float]]) -> None:
    """Plays a story of workers: whatever the network and the kills do, no window of arrivals is too full."""
    clock, model = Clock(), Model()
    active: list[tuple[Permit, float]] = []
    async with Redis.from_url(redis_url) as redis:
        limits = Limits(redis, RATES, clock=clock)
        for act, share, seconds in steps:
            clock.advance(seconds if act == "wait" else 0.01)
            # A holder lives no longer than it said: the others of this story were killed.
            while active and active[0][1] + HOLD <= clock.now:
                _, taken = active.pop(0)
                model.stamps.append(taken + HOLD)
                model.arrivals.append(taken + share * HOLD)
            if act == "ask":
                permit = await limits.hold("three", longest_seconds=HOLD)
                is_free = model.free(clock.now, len(active)) > 0
                assert (await limits.peek("three") is None) == (model.free(clock.now, len(active)) > is_free)
                assert isinstance(permit, Permit) == is_free
                if isinstance(permit, Permit):
                    active.append((permit, clock.now))
                else:
                    assert clock.now < permit <= clock.now + HOLD + WINDOW + 0.1
            elif active and act == "die":
                _, taken = active.pop(0)
                model.stamps.append(taken + HOLD)
                model.arrivals.append(taken + share * HOLD)
            elif active and act in {"answer", "give-back"}:
                permit, taken = active.pop(0)
                if act == "give-back":
                    permit.give_back()
                else:
                    model.stamps.append(clock.now)
                    model.arrivals.append(taken + share * (clock.now - taken))
                await permit.__aexit__(None, None, None)
    assert model.fullest_window() <= COUNT


def test_greedy_workers_use_what_is_allowed_and_no_more(redis_url: str) -> None:
    arrivals = asyncio.run(work_an_hour(redis_url, workers=4))
    model = Model(arrivals=arrivals)
    used = (len(arrivals) - COUNT) / ((max(arrivals) - min(arrivals)) / WINDOW * COUNT)
    assert model.fullest_window() == COUNT
    assert used >= 0.95


async def work_an_hour(redis_url: str, *, workers: int) -> list[float]:
    """Simulated time: each worker sleeps exactly until it was told, and answers take up to a second."""
    noise = random.Random(20261121)  # noqa: S311 - the same story each time
    clock, arrivals = Clock(), []
    start = clock.now
    due = [(start, worker, None) for worker in range(workers)]
    held: list[tuple[float, int, Permit | None]] = [*due]
    async with Redis.from_url(redis_url) as redis:
        limits = Limits(redis, RATES, clock=clock)
        while held:
            held.sort(key=lambda entry: entry[:2])
            moment, worker, permit = held.pop(0)
            clock.now = round(max(moment, clock.now), 3)
            if clock.now > start + 3600:
                continue
            if permit is not None:
                await permit.__aexit__(None, None, None)
            taken = await limits.hold("three", longest_seconds=HOLD)
            if isinstance(taken, Permit):
                latency = noise.uniform(0.05, 1)
                arrivals.append(clock.now + noise.uniform(0, latency))
                held.append((clock.now + latency, worker, taken))
            else:
                held.append((taken + noise.uniform(0, 0.5), worker, None))
    return arrivals


@pytest.mark.anyio
class TestUnheld:
    """`acquire`, for services that allow much."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    async def test_the_cost_counts(self, redis_url: str) -> None:
        clock = Clock()
        async with Redis.from_url(redis_url) as redis:
            limits = Limits(redis, RATES, clock=clock)
            assert await limits.acquire("many", cost=300) is None
            free_at = await limits.acquire("many", cost=61)
            assert free_at is not None
            assert 60 < free_at - clock.now < 62
            assert await limits.acquire("many", cost=60) is None
            clock.now = free_at
            assert await limits.acquire("many", cost=61) is None

    async def test_more_than_is_ever_allowed_is_an_error(self, redis_url: str) -> None:
        async with Redis.from_url(redis_url) as redis:
            with pytest.raises(ValueError, match="never allows"):
                await Limits(redis, RATES).acquire("three", cost=4)

    async def test_a_pause_holds_for_all_and_a_shorter_one_does_not_end_it(self, redis_url: str) -> None:
        clock = Clock()
        async with Redis.from_url(redis_url) as redis:
            limits, other = (Limits(redis, RATES, clock=clock) for _ in range(2))
            await limits.pause("three", 30)
            await limits.pause("three", 5)
            assert await other.acquire("three") == pytest.approx(clock.now + 30)
            assert await other.acquire("many") is None
            clock.advance(30)
            assert await other.acquire("three") is None

    async def test_redis_own_clock_is_the_default(self, redis_url: str) -> None:
        async with Redis.from_url(redis_url) as redis:
            limits = Limits(redis, RATES)
            assert [await limits.acquire("three") for _ in range(3)] == [None] * 3
            assert await limits.acquire("three") is not None


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("3/minute", Rate(3, 60)),
        ("100/30 seconds", Rate(100, 30)),
        ("5/hour", Rate(5, 3600)),
        ("2/1 day", Rate(2, 86400)),
    ],
)
def test_limits_are_written_as_people_say_them(text: str, rate: Rate) -> None:
    assert Rate.parse(text) == rate
