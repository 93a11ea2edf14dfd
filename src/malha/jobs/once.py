"""A job submitted once for an idempotency key: the key, the job, its parts and its first event in a single statement.

Alone it serves routes that answer in a millisecond, with a row of the slice's own; in a session, whatever else a slice
writes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, LiteralString
from uuid import UUID

from malha.db import Session
from malha.jobs.delivery import Dispatch
from malha.jobs.errors import IdempotencyKeyInFlightError
from malha.jobs.idempotency import LOCK_SECONDS, Key, Reservation
from malha.jobs.submit import WRITE_JOB, Owner, job_values
from malha.kit.ids import new_id

# The conflict's update takes a key over that this request has reserved, that expired, or whose first request died.
_KEY: LiteralString = """
WITH held AS (
    INSERT INTO idempotency_keys AS k (id, scope, route, key, fingerprint, job_id, locked_until, expires_at)
    VALUES (%(reservation)s, %(scope)s, %(route)s, %(key)s, %(fingerprint)s, %(job_id)s,
            now() + make_interval(secs => %(lock)s), now() + make_interval(secs => %(kept)s))
    ON CONFLICT (scope, route, key) DO UPDATE
    SET id = excluded.id, fingerprint = excluded.fingerprint, job_id = excluded.job_id,
        locked_until = excluded.locked_until, expires_at = excluded.expires_at
    WHERE k.expires_at < now() OR (k.job_id IS NULL AND (k.id = excluded.id OR k.locked_until < now()))
    RETURNING k.job_id
), """
_NO_KEY: LiteralString = "WITH held AS (SELECT %(job_id)s::uuid AS job_id), "
_COMPANION: LiteralString = ", companion AS ("
_RESULT: LiteralString = " SELECT created_at FROM job"
_FIND: LiteralString = """
SELECT k.id, k.job_id, k.fingerprint, j.created_at
FROM idempotency_keys k LEFT JOIN jobs j ON j.id = k.job_id
WHERE k.scope = %(scope)s AND k.route = %(route)s AND k.key = %(key)s
"""
_FREE: LiteralString = "DELETE FROM idempotency_keys WHERE id = %(id)s RETURNING id"


@dataclass(frozen=True, slots=True)
class KeyClaim:
    """The key that a request brings and what the request is. `reservation` is set when the key was reserved before."""

    key: Key
    fingerprint: str
    reservation: Reservation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What is to be done, with the slice's own rows, which stand or fall with it.

    `record` writes them in the transaction of the job. Where one row is all, `companion` saves that transaction: an
    INSERT ... SELECT from `job(id)` within the statement that submits, with `companion_values` as its parameters.
    At most `max_running` parts run at once; without it as many as the kind says, or all.
    """

    kind: str
    input: Mapping[str, Any]
    parts: Sequence[Mapping[str, Any]]
    record: Callable[[Session, SubmittedJob], Awaitable[None]] | None = None
    companion: LiteralString | None = None
    companion_values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    max_running: int | None = None

    @property
    def sendable(self) -> int:
        """How many of its parts, from the first on, want to be sent after its submission."""
        return min(len(self.parts), self.max_running or len(self.parts))


@dataclass(frozen=True, slots=True)
class SubmittedJob:
    """A job that waits for a worker."""

    id: UUID
    kind: str
    total: int
    key: str | None
    created_at: datetime


Run = Callable[[LiteralString, Mapping[str, Any]], Awaitable[Sequence[Any] | None]]
"""Executes a statement and returns its first row: alone (`Autocommit.fetch_one`), or in a session."""


async def submit_once(
    run: Run, job_id: UUID, new: NewJob, owner: Owner, claim: KeyClaim | None
) -> SubmittedJob | Reservation:
    """Submit the job, or return what the key already stands for (its `job_id` set).

    Raises IdempotencyKeyInFlightError while another request holds the key. Without a claim the job is always new, and
    so it is where the key's has been deleted.
    """
    value = claim.key.value if claim else None
    values = {
        "job_id": job_id,
        **job_values(new.kind, input=new.input, parts=new.parts, owner=owner, key=value, max_running=new.max_running),
        **(_key_values(claim) if claim else {}),
        **new.companion_values,
    }
    row = await run(_statement(has_key=claim is not None, companion=new.companion), values)
    if row is not None:
        return SubmittedJob(job_id, new.kind, len(new.parts), value, row[0])
    found = await run(_FIND, values)
    if found is None or found[1] is None:
        raise IdempotencyKeyInFlightError(headers={"Retry-After": "1"})
    if found[1] == job_id:  # the statement was sent twice over a connection that broke
        return SubmittedJob(job_id, new.kind, len(new.parts), value, found[3])
    if found[3] is None:  # the job has been deleted since
        await run(_FREE, {"id": found[0]})
        return await submit_once(run, job_id, new, owner, claim)
    return Reservation(found[0], found[1], found[2])


async def submit_new(
    session: Session, job_id: UUID, new: NewJob, owner: Owner, claim: KeyClaim | None = None
) -> SubmittedJob | Reservation:
    """The same in a session, with what `record` writes; the parts are sent after the commit."""

    async def run(statement: LiteralString, values: Mapping[str, Any]) -> Sequence[Any] | None:
        connection = await session.connection()
        return (await connection.exec_driver_sql(statement, dict(values))).one_or_none()

    job = await submit_once(run, job_id, new, owner, claim)
    if isinstance(job, SubmittedJob):
        if new.record is not None:
            await new.record(session, job)
        session.after_commit(Dispatch(job.kind, job.id, new.sendable))
    return job


def _key_values(claim: KeyClaim) -> dict[str, Any]:
    return {
        "scope": claim.key.scope,
        "route": claim.key.route,
        "reservation": claim.reservation.id if claim.reservation else new_id(),
        "fingerprint": claim.fingerprint,
        "lock": LOCK_SECONDS,
        "kept": claim.key.kept_seconds,
    }


@cache
def _statement(*, has_key: bool, companion: LiteralString | None) -> LiteralString:
    held = _KEY if has_key else _NO_KEY
    return held + WRITE_JOB + (_COMPANION + companion + ")" if companion else "") + _RESULT
