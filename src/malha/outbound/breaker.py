"""Circuit breakers shared by every worker: a service that keeps failing is left alone, then tried by one caller."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import cast

from redis.asyncio import Redis

FAILURES = 5
FIRST_PAUSE_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 600.0
PROBE_SECONDS = 60.0
_FORGET_SECONDS = 86_400

# KEYS: the breaker. ARGV: probe ms. 0 when closed or when the caller is the one who tries; else ms to wait.
_CHECK = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local until_ = tonumber(redis.call('HGET', KEYS[1], 'until') or 0)
if until_ == 0 then return 0 end
if until_ > now then return until_ - now end
redis.call('HSET', KEYS[1], 'until', now + ARGV[1])
return 0
"""
# KEYS: the breaker. ARGV: failures that open it once that many ms went by since the first of them, failures that open
# it at once, first pause ms, longest pause ms, forget s.
_FAIL = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
redis.call('HSETNX', KEYS[1], 'since', string.format('%.0f', now))
redis.call('EXPIRE', KEYS[1], ARGV[6])
if failures < tonumber(ARGV[3]) then
    local quiet = now - tonumber(redis.call('HGET', KEYS[1], 'since'))
    if failures < tonumber(ARGV[1]) or quiet < tonumber(ARGV[2]) then return 0 end
end
local opened = redis.call('HINCRBY', KEYS[1], 'opened', 1)
local pause = math.min(ARGV[4] * 2 ^ (opened - 1), tonumber(ARGV[5]))
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + pause))
return math.floor(pause)
"""


@dataclass(frozen=True, slots=True)
class BreakerState:
    """Failures in a row, and until when (epoch seconds) the service is left alone; None when it may be asked."""

    failures: int
    open_until: float | None


class CircuitBreaker:
    """The breaker of one service. Open after five failures in a row, for 30 s, then twice as long for each further.

    With `quiet_seconds` so long must also have gone by without a success, for services of which every other answer
    fails and the next one is right; `ceiling` failures in a row open it however fast they came.
    """

    def __init__(self, redis: Redis, name: str, *, quiet_seconds: float = 0.0, ceiling: int = FAILURES) -> None:
        self.name = name
        self._opens = (FAILURES, round(1000 * quiet_seconds), max(ceiling, FAILURES))
        self._redis = redis
        self._key = f"malha:breaker:{name}"
        self._check = redis.register_script(_CHECK)
        self._fail = redis.register_script(_FAIL)

    async def check(self) -> float | None:
        """None when the service may be asked, else the epoch seconds when somebody may try it.

        When a pause is over, one caller gets None and the others wait for what comes of it.
        """
        wait = cast("int", await self._check([self._key], [round(PROBE_SECONDS * 1000)]))
        return time.time() + wait / 1000 if wait else None

    async def succeed(self) -> None:
        """The service answered: forget its failures."""
        await self._redis.delete(self._key)

    async def fail(self) -> float | None:
        """The service failed; the epoch seconds until which it is left alone, if that opened the breaker."""
        pauses = [round(1000 * seconds) for seconds in (FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)]
        pause = cast("int", await self._fail([self._key], [*self._opens, *pauses, _FORGET_SECONDS]))
        return time.time() + pause / 1000 if pause else None

    async def state(self) -> BreakerState:
        """A look without any effect."""
        failures, until = cast("list[bytes | None]", await self._redis.hmget(self._key, ["failures", "until"]))  # type: ignore[misc] - redis-py's types are partial
        open_until = float(until) / 1000 if until else 0.0
        return BreakerState(int(failures or 0), open_until if open_until > time.time() else None)
