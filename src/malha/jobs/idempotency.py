"""Idempotency keys (draft-ietf-httpapi-idempotency-key-header): one key, one piece of work, whoever asks how often."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from malha.db import Database, Session
from malha.jobs.errors import (
    IdempotencyKeyInFlightError,
    IdempotencyKeyMissingError,
    IdempotencyKeyReusedError,
)
from malha.kit.ids import new_id

KEY_MAX_LENGTH = 128
LOCK_SECONDS = 60.0
KEPT_HOURS = 24

# An expired key is free again, and so is one whose first request died: its lock runs out.
_RESERVE = text(
    """
    INSERT INTO idempotency_keys AS k (id, scope, route, key, locked_until, expires_at)
    VALUES (:id, :scope, :route, :key, now() + make_interval(secs => :lock), now() + make_interval(hours => :kept))
    ON CONFLICT (scope, route, key) DO UPDATE
    SET id = excluded.id, fingerprint = NULL, job_id = NULL, locked_until = excluded.locked_until,
        expires_at = excluded.expires_at
    WHERE k.expires_at < now() OR (k.job_id IS NULL AND k.locked_until < now())
    RETURNING id
    """
)
_FIND = text(
    "SELECT id, job_id, fingerprint FROM idempotency_keys WHERE scope = :scope AND route = :route AND key = :key"
)
_EXTEND = text(
    "UPDATE idempotency_keys SET locked_until = now() + make_interval(secs => :lock) WHERE id = :id AND job_id IS NULL"
)
_COMPLETE = text(
    "UPDATE idempotency_keys SET job_id = :job_id, fingerprint = :fingerprint WHERE id = :id AND job_id IS NULL"
)
_RELEASE = text("DELETE FROM idempotency_keys WHERE id = :id AND job_id IS NULL")


@dataclass(frozen=True, slots=True)
class Reservation:
    """A key that this request holds, or (`job_id` set) one whose work exists already."""

    id: UUID
    job_id: UUID | None = None
    fingerprint: str | None = None

    @property
    def is_replay(self) -> bool:
        """True when the work exists: compare the request with `check_same`, then answer with the stored job."""
        return self.job_id is not None

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


async def reserve(database: Database, *, scope: UUID, route: str, key: str) -> Reservation:
    """Hold a key for this request, in a transaction of its own; raises IdempotencyKeyInFlightError.

    `scope` is the caller: keys of different callers never meet. The hold lasts a minute: `extend` it while a long
    body arrives.
    """
    named = {"scope": scope, "route": route, "key": key}
    async with database.session() as session:
        reserving = {"id": new_id(), "lock": LOCK_SECONDS, "kept": KEPT_HOURS, **named}
        held = (await session.execute(_RESERVE, reserving)).scalar()
        if held is not None:
            await session.commit()
            return Reservation(held)
        found = (await session.execute(_FIND, named)).one_or_none()
    if found is None or found.job_id is None:
        raise IdempotencyKeyInFlightError(headers={"Retry-After": "1"})
    return Reservation(found.id, found.job_id, found.fingerprint)


async def extend(database: Database, reservation: Reservation) -> None:
    """Renew the hold of a request that is still being read."""
    async with database.session() as session:
        await session.execute(_EXTEND, {"id": reservation.id, "lock": LOCK_SECONDS})
        await session.commit()


async def complete(session: Session, reservation: Reservation, *, job_id: UUID, fingerprint: str) -> None:
    """Bind the key to its work, in the transaction that submits it; raises IdempotencyKeyInFlightError.

    The error means that the hold ran out and another request has taken the key: nothing of this one may stand.
    """
    bound = await session.execute(_COMPLETE, {"id": reservation.id, "job_id": job_id, "fingerprint": fingerprint})
    if bound.rowcount != 1:  # type: ignore[attr-defined] - a cursor result of an UPDATE has it
        raise IdempotencyKeyInFlightError


async def release(database: Database, reservation: Reservation) -> None:
    """Free the key of a request that was refused, so that a corrected one may use it."""
    async with database.session() as session:
        await session.execute(_RELEASE, {"id": reservation.id})
        await session.commit()
