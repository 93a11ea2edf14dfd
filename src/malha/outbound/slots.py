"""How many requests a service gets at once from all workers together: fewer while many of them fail.

After every twenty outcomes the share of failures decides: from 20 % on there is one slot less, below it one more up to
the most; from 50 % on one slot is left, and everybody waits for a while first.
"""

from __future__ import annotations

import time
from typing import cast
from uuid import uuid4

from redis.asyncio import Redis

LOOKED_AT = 20
RETREAT_SHARE = 0.2
TRUCE_SHARE = 0.5
_FORGET_SECONDS = 3600

_NOW = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
"""
# KEYS: the holders, the state. ARGV: token, most, hold ms. 0 for a slot, -1 when all are held, else ms of truce left.
_TAKE = (
    _NOW
    + """
local truce = tonumber(redis.call('HGET', KEYS[2], 'truce') or 0)
if truce > now then return truce - now end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local level = math.min(tonumber(redis.call('HGET', KEYS[2], 'level') or ARGV[2]), tonumber(ARGV[2]))
if redis.call('ZCARD', KEYS[1]) >= level then return -1 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 0
"""
)
# KEYS: the holders, the state. ARGV: token, most, failed, looked at, retreat share, truce share, truce ms, forget s.
_GIVE_BACK = (
    _NOW
    + """
redis.call('ZREM', KEYS[1], ARGV[1])
local failed = redis.call('HINCRBY', KEYS[2], 'failed', ARGV[3])
local seen = redis.call('HINCRBY', KEYS[2], 'seen', 1)
redis.call('EXPIRE', KEYS[2], ARGV[8])
if seen < tonumber(ARGV[4]) then return 0 end
local level, share = tonumber(redis.call('HGET', KEYS[2], 'level') or ARGV[2]), failed / seen
redis.call('HSET', KEYS[2], 'seen', 0, 'failed', 0)
if share >= tonumber(ARGV[6]) then
    redis.call('HSET', KEYS[2], 'level', 1, 'truce', string.format('%.0f', now + ARGV[7]))
elseif share >= tonumber(ARGV[5]) then
    redis.call('HSET', KEYS[2], 'level', math.max(level - 1, 1))
else
    redis.call('HSET', KEYS[2], 'level', math.min(level + 1, tonumber(ARGV[2])))
end
return 0
"""
)


class Slots:
    """The slots of one service. Whoever holds one longer than `hold_seconds` has lost it."""

    def __init__(self, redis: Redis, name: str, *, most: int, hold_seconds: float, truce_seconds: float) -> None:
        self._keys = [f"malha:slots:{{{name}}}:held", f"malha:slots:{{{name}}}:state"]
        self._redis = redis
        self._most = most
        self._hold = round(1000 * hold_seconds)
        self._truce = round(1000 * truce_seconds)
        self._take = redis.register_script(_TAKE)
        self._give_back = redis.register_script(_GIVE_BACK)

    async def take(self) -> str | float | None:
        """A slot's token; None when all are held; the epoch seconds of its end while there is a truce."""
        token = uuid4().hex
        wait = cast("int", await self._take(self._keys, [token, self._most, self._hold]))
        return token if wait == 0 else None if wait < 0 else time.time() + wait / 1000

    async def give_back(self, token: str, *, has_failed: bool) -> None:
        """Let go of a slot, and tell how the request went."""
        shares = [LOOKED_AT, RETREAT_SHARE, TRUCE_SHARE, self._truce, _FORGET_SECONDS]
        await self._give_back(self._keys, [token, self._most, int(has_failed), *shares])

    async def level(self) -> int:
        """How many there are at present."""
        level = cast("bytes | None", await self._redis.hget(self._keys[1], "level"))  # type: ignore[misc] - redis-py's types are partial
        return min(int(level or self._most), self._most)
