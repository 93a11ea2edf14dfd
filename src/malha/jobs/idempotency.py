"""Idempotency keys (draft-ietf-httpapi-idempotency-key-header): one key, one piece of work, whoever asks how often."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from malha.db import Database
from malha.jobs.errors import (
    IdempotencyKeyInFlightError,
    IdempotencyKeyMissingError,
    IdempotencyKeyReusedError,
)
from malha.kit.ids import new_id

KEY_MAX_LENGTH = 128
LOCK_SECONDS = 60.0
EXTEND_SECONDS = LOCK_SECONDS / 3

# An expired key is free again, and so is one whose first request died: its lock runs out.
_RESERVE = text(
    """
    INSERT INTO idempotency_keys AS k (id, scope, route, key, locked_until, expires_at)
    VALUES (:id, :scope, :route, :key, now() + make_interval(secs => :lock), now() + make_interval(secs => :kept))
    ON CONFLICT (scope, route, key) DO UPDATE
    SET id = excluded.id, fingerprint = NULL, job_id = NULL, locked_until = excluded.locked_until,
        expires_at = excluded.expires_at
    WHERE k.expires_at < now() OR (k.job_id IS NULL AND k.locked_until < now())
    RETURNING id
    """
)
_FIND = text(
    """
    SELECT k.id, k.job_id, k.fingerprint, k.job_id IS NOT NULL AND j.id IS NULL AS is_left_behind
    FROM idempotency_keys k LEFT JOIN jobs j ON j.id = k.job_id
    WHERE k.scope = :scope AND k.route = :route AND k.key = :key
    """
)
_FREE = text("DELETE FROM idempotency_keys WHERE id = :id")
_EXTEND = text(
    "UPDATE idempotency_keys SET locked_until = now() + make_interval(secs => :lock) WHERE id = :id AND job_id IS NULL"
)
_RELEASE = text("DELETE FROM idempotency_keys WHERE id = :id AND job_id IS NULL")


@dataclass(frozen=True, slots=True)
class Key:
    """A caller's key for one route. `scope` is the caller: keys of different callers never meet.

    It stands for its request as long as jobs are kept.
    """

    scope: UUID
    route: str
    value: str
    kept_seconds: float


@dataclass(frozen=True, slots=True)
class Reservation:
    """A key that this request holds, or (`job_id` set) one whose work exists already."""

    id: UUID
    job_id: UUID | None = None
    fingerprint: str | None = None

    def check_same(self, fingerprint: str) -> None:
        """Raise IdempotencyKeyReusedError when this request is not the one that the key stands for."""
        if fingerprint != self.fingerprint:
            raise IdempotencyKeyReusedError


def parse_key(header: str | None) -> str:
    """The key out of the header, bare or as a quoted structured-field string; raises IdempotencyKeyMissingError."""
    key = (header or "").strip()
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    if not 0 < len(key) <= KEY_MAX_LENGTH or not (key.isascii() and key.isprintable()):
        raise IdempotencyKeyMissingError
    return key


async def reserve(database: Database, key: Key) -> Reservation:
    """Hold a key for this request, in a transaction of its own; raises IdempotencyKeyInFlightError.

    The hold lasts a minute: `kept_alive` renews it while a long body arrives. A key whose job has been deleted is free.
    """
    named = {"scope": key.scope, "route": key.route, "key": key.value}
    async with database.session() as session:
        reserving = {"id": new_id(), "lock": LOCK_SECONDS, "kept": key.kept_seconds, **named}
        held = (await session.execute(_RESERVE, reserving)).scalar()
        if held is not None:
            return Reservation(held)
        found = (await session.execute(_FIND, named)).one_or_none()
        if found is not None and found.is_left_behind:
            await session.execute(_FREE, {"id": found.id})
    if found is not None and found.is_left_behind:
        return await reserve(database, key)
    if found is None or found.job_id is None:
        raise IdempotencyKeyInFlightError(headers={"Retry-After": "1"})
    return Reservation(found.id, found.job_id, found.fingerprint)


@contextlib.asynccontextmanager
async def kept_alive(database: Database, reservation: Reservation) -> AsyncGenerator[None]:
    """Renew the hold meanwhile, and free the key of a request that fails, so that a corrected one may use it.

    Only a key that no job is bound to is freed, so a lost answer to the commit does no harm.
    """
    renewal = asyncio.create_task(_renew(database, reservation))
    try:
        yield
    except BaseException:
        await asyncio.shield(_release(database, reservation))
        raise
    finally:
        renewal.cancel()


async def _renew(database: Database, reservation: Reservation) -> None:
    while True:
        await asyncio.sleep(EXTEND_SECONDS)
        async with database.session() as session:
            await session.execute(_EXTEND, {"id": reservation.id, "lock": LOCK_SECONDS})


async def _release(database: Database, reservation: Reservation) -> None:
    async with database.session() as session:
        await session.execute(_RELEASE, {"id": reservation.id})
