"""Limits of other people's services, shared by every worker: moving windows in Redis, on Redis's own clock.

What a provider counts is when a request *arrives*, which is some time between the permit and the answer. So a permit
is held until the answer is there, and only then stamped with the time: whatever the network does in between, no
window of the provider ever sees more than it allows. A permit whose holder was killed is stamped with the last moment
at which its request can have been sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, cast
from uuid import uuid4

from limits import RateLimitItem, parse
from limits.aio.storage import RedisStorage
from redis.asyncio import Redis

DEFAULT_HOLD_SECONDS = 45.0
MOST_MARGIN_SECONDS = 1.0
MARGIN_SHARE = 0.02
"""An unheld permit is stamped this share of the window later, and at most a second: its request is under way."""
BOUNDARY_SECONDS = 0.02
"""Kept between the end of a window and the next permit, for clocks that round or run a little differently."""

# The last argument of each script is the present in ms, or 0 for Redis's own clock, which all workers share.
_NOW = """
local now = tonumber(ARGV[#ARGV])
if now == 0 then
    local clock = redis.call('TIME')
    now = clock[1] * 1000 + math.floor(clock[2] / 1000)
end
"""
# KEYS: the window, the pause. ARGV: count, window ms, cost, stamp delay ms, known delay ms, boundary ms, token.
# A member is `<when it is expected to be stamped>:<token>:<n>`, its score the latest moment of arrival.
# Answers {1, now} for a permit, else {0, ms until the cost may be free}.
_ACQUIRE = """
local count, window, cost = tonumber(ARGV[1]), tonumber(ARGV[2]) + tonumber(ARGV[6]), tonumber(ARGV[3])
local paused = tonumber(redis.call('GET', KEYS[2]) or 0)
if paused > now then return {0, paused - now} end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
local held = redis.call('ZCARD', KEYS[1])
if held + cost <= count then
    for n = 1, cost do
        redis.call('ZADD', KEYS[1], now + ARGV[4], string.format('%.0f:%s:%d', now + ARGV[5], ARGV[7], n))
    end
    local life = window + ARGV[4] + 1000
    if redis.call('PTTL', KEYS[1]) < life then redis.call('PEXPIRE', KEYS[1], life) end
    return {1, 0}
end
local expected = {}
for i, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    expected[i] = tonumber(string.match(member, '^(%d+):'))
end
table.sort(expected)
return {0, math.max(expected[held + cost - count] + window - now, 5)}
"""
# KEYS: the window. ARGV: token, whether it was used. Stamps a token's permits with the present, or removes them.
_SETTLE = """
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    if string.find(member, ':' .. ARGV[1] .. ':', 1, true) then
        redis.call('ZREM', KEYS[1], member)
        if tonumber(ARGV[2]) == 1 then
            redis.call('ZADD', KEYS[1], now, string.format('%.0f', now) .. string.match(member, '^%d+(.*)$'))
        end
    end
end
"""
# KEYS: the pause. ARGV: ms. A longer pause that is already there stays.
_PAUSE = """
local until_ = now + tonumber(ARGV[1])
if until_ > tonumber(redis.call('GET', KEYS[1]) or 0) then
    redis.call('SET', KEYS[1], string.format('%.0f', until_), 'PX', ARGV[1])
end
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` requests in any `seconds`."""

    count: int
    seconds: float

    @classmethod
    def parse(cls, text: str) -> Rate:
        """From `3/minute`, `100/30 seconds` or any other notation of the `limits` library."""
        return cls.of(parse(text))

    @classmethod
    def of(cls, item: RateLimitItem) -> Rate:
        """From an item of the `limits` library."""
        return cls(item.amount, item.get_expiry())


class PermitStorage(RedisStorage):
    """The `limits` library's Redis storage, its moving window replaced by one whose entries can be held.

    `clock` gives epoch seconds instead of Redis's own clock, for tests of long times.
    """

    STORAGE_SCHEME = None  # type: ignore[assignment] - made by hand, not found by its URL

    def __init__(self, redis: Redis, clock: Callable[[], float] | None = None) -> None:
        # `limits` types its options narrower than what it hands on to redis-py.
        pool = cast("Any", redis.connection_pool)
        super().__init__("async+redis://", implementation="redispy", key_prefix="malha:limits", connection_pool=pool)
        self._clock = clock
        self._acquire = redis.register_script(_NOW + _ACQUIRE)
        self._settle = redis.register_script(_NOW + _SETTLE)
        self._pause = redis.register_script(_NOW + _PAUSE)

    async def take(self, key: str, rate: Rate, cost: int, *, token: str, delays: tuple[float, float]) -> float | None:
        """Enter a token's permits, or the seconds until that may be possible."""
        stamp_seconds, expected_seconds = delays
        milliseconds = [rate.seconds, stamp_seconds, expected_seconds, BOUNDARY_SECONDS]
        window, stamp, expected, boundary = (round(1000 * each) for each in milliseconds)
        keys = [self._key(key), self._key(key, "pause")]
        args = [rate.count, window, cost, stamp, expected, boundary, token, self._now()]
        is_taken, wait = cast("list[int]", await self._acquire(keys, args))
        return None if is_taken else wait / 1000

    async def settle(self, key: str, token: str, *, is_used: bool) -> None:
        """Stamp a token's permits with the present, or give them back unused."""
        await self._settle([self._key(key)], [token, int(is_used), self._now()])

    async def pause(self, key: str, seconds: float) -> None:
        """Let nobody take a permit for this long."""
        await self._pause([self._key(key, "pause")], [max(round(seconds * 1000), 1), self._now()])

    def _now(self) -> int:
        return round(self._clock() * 1000) if self._clock else 0

    def _key(self, key: str, suffix: str = "window") -> str:
        return self.bridge.prefixed_key(f"{{{key}}}:{suffix}")


class Permit:
    """One request's permit, as a context: held while the request runs, stamped with the time at its end."""

    def __init__(self, storage: PermitStorage, name: str, token: str) -> None:
        self.name = name
        self.is_used = True
        self._storage = storage
        self._token = token

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._storage.settle(self.name, self._token, is_used=self.is_used)

    def give_back(self) -> None:
        """Nothing was sent: at the end the permit is free again."""
        self.is_used = False


class Limits:
    """The limits of named services. Raises redis.RedisError when Redis does not answer: without it nobody is asked."""

    def __init__(self, redis: Redis, rates: Mapping[str, Rate], *, clock: Callable[[], float] | None = None) -> None:
        self._storage = PermitStorage(redis, clock)
        self._rates = dict(rates)
        self._clock = clock or time.time

    async def acquire(self, name: str, cost: int = 1) -> float | None:
        """None for a permit that counts from now on; else the epoch seconds when one should be free.

        For services that allow much: the request must be sent at once. `hold` is the exact way.
        """
        rate = self._rates[name]
        if cost > rate.count:
            raise ValueError(f"{name} never allows {cost} at once, only {rate.count}")
        margin = min(MOST_MARGIN_SECONDS, MARGIN_SHARE * rate.seconds)
        wait = await self._storage.take(name, rate, cost, token=uuid4().hex, delays=(margin, margin))
        return None if wait is None else self._clock() + wait

    async def hold(self, name: str, *, longest_seconds: float = DEFAULT_HOLD_SECONDS) -> Permit | float:
        """A permit for a request that ends within `longest_seconds`; or the epoch seconds when one may be free."""
        token = uuid4().hex
        wait = await self._storage.take(name, self._rates[name], 1, token=token, delays=(longest_seconds, 0))
        return Permit(self._storage, name, token) if wait is None else self._clock() + wait

    async def peek(self, name: str) -> float | None:
        """Whether a permit is free, without taking it: None, or the epoch seconds when one may be."""
        rate = self._rates[name]
        # One place less and nothing to put there: the same question as for one permit.
        one_less = Rate(rate.count - 1, rate.seconds)
        wait = await self._storage.take(name, one_less, 0, token="", delays=(0, 0))
        return None if wait is None else self._clock() + wait

    async def pause(self, name: str, seconds: float) -> None:
        """The service itself says how long it wants to be left alone."""
        await self._storage.pause(name, seconds)

    def rate(self, name: str) -> Rate:
        """The limit of a service; KeyError for a name that has none."""
        return self._rates[name]
