"""Passwords through argon2id, in a few threads of their own: each hash takes 64 MiB and some 85 ms of CPU."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from malha.identity.errors import HashingBusyError
from malha.identity.rules.passwords import MAX_PASSWORD_LENGTH, normalise_password

THREADS = 2
MOST_WAITING = 64
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Cost:
    """Parameters of argon2id; these are the second choice of RFC 9106, section 4."""

    memory_kib: int = 65_536
    passes: int = 3
    lanes: int = 4

    @property
    def dummy_hash(self) -> str:
        """Of no password, and as much work as a real one: what an unknown account's attempt is checked against."""
        salt, digest = (base64.b64encode(bytes(size)).decode().rstrip("=") for size in (16, 32))
        return f"$argon2id$v=19$m={self.memory_kib},t={self.passes},p={self.lanes}${salt}${digest}"


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether the password matched, and a hash of today's cost where the stored one is cheaper."""

    is_match: bool
    upgraded_hash: str | None = None


class Passwords:
    """Hashes and checks passwords without holding up the event loop."""

    def __init__(self, cost: Cost = Cost()) -> None:
        self._hashing = PasswordHash((Argon2Hasher(cost.passes, cost.memory_kib, cost.lanes),))
        self._dummy_hash = cost.dummy_hash
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """The encoded hash to store. Raises HashingBusyError when too many wait."""
        return await self._run(lambda: self._hashing.hash(normalise_password(password)))

    async def verify(self, password: str, stored: str | None) -> Verified:
        """Check a password; without a stored hash the answer is no, after the same work."""
        if len(password) > MAX_PASSWORD_LENGTH:
            password, stored = password[:MAX_PASSWORD_LENGTH], None

        def check() -> Verified:
            matches, upgraded = self._hashing.verify_and_update(
                normalise_password(password), stored or self._dummy_hash
            )
            return Verified(matches and stored is not None, upgraded)

        return await self._run(check)

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self._waiting >= MOST_WAITING:
            raise HashingBusyError
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


passwords = Passwords()
