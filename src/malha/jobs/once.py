"""A job submitted once for an idempotency key, in a single statement: for routes that answer in a millisecond.

The key, the job, its parts, its first event and a row of the slice's own stand or fall together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, LiteralString
from uuid import UUID

from malha.db.autocommit import Autocommit
from malha.jobs.errors import IdempotencyKeyInFlightError
from malha.jobs.idempotency import KEPT_HOURS, LOCK_SECONDS, Reservation
from malha.jobs.submit import WRITE_JOB, Owner, job_values
from malha.kit.ids import new_id

# The conflict's update takes a key over that this request has reserved, that expired, or whose first request died.
_KEY: LiteralString = """
WITH held AS (
    INSERT INTO idempotency_keys AS k (id, scope, route, key, fingerprint, job_id, locked_until, expires_at)
    VALUES (%(reservation)s, %(scope)s, %(route)s, %(key)s, %(fingerprint)s, %(job_id)s,
            now() + make_interval(secs => %(lock)s), now() + make_interval(hours => %(kept)s))
    ON CONFLICT (scope, route, key) DO UPDATE
    SET id = excluded.id, fingerprint = excluded.fingerprint, job_id = excluded.job_id,
        locked_until = excluded.locked_until, expires_at = excluded.expires_at
    WHERE k.expires_at < now() OR (k.job_id IS NULL AND (k.id = excluded.id OR k.locked_until < now()))
    RETURNING k.job_id
), """
_COMPANION: LiteralString = ", companion AS ("
_RESULT: LiteralString = " SELECT created_at FROM job"
_FIND: LiteralString = """
SELECT k.id, k.job_id, k.fingerprint, j.created_at
FROM idempotency_keys k LEFT JOIN jobs j ON j.id = k.job_id
WHERE k.scope = %(scope)s AND k.route = %(route)s AND k.key = %(key)s
"""


@dataclass(frozen=True, slots=True)
class KeyClaim:
    """The key that a request brings and what the request is. `reservation` is set when the key was reserved before."""

    scope: UUID
    route: str
    key: str
    fingerprint: str
    reservation: Reservation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What is to be done. `companion` inserts a row of the slice: an INSERT ... SELECT from `job(id)`."""

    kind: str
    id: UUID
    owner: Owner
    input: Mapping[str, Any]
    parts: Sequence[Mapping[str, Any]]
    companion: LiteralString | None = None
    companion_values: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class SubmittedJob:
    """A job that waits for a worker: what `Dispatcher.dispatch` and the answer need of it."""

    id: UUID
    kind: str
    total: int
    created_at: datetime


async def submit_once(statements: Autocommit, claim: KeyClaim, new: NewJob) -> SubmittedJob | Reservation:
    """Submit the job, or return what the key already stands for (its `job_id` set).

    Raises IdempotencyKeyInFlightError while another request holds the key.
    """
    named = {"scope": claim.scope, "route": claim.route, "key": claim.key}
    values = {
        **named,
        "reservation": claim.reservation.id if claim.reservation else new_id(),
        "fingerprint": claim.fingerprint,
        "lock": LOCK_SECONDS,
        "kept": KEPT_HOURS,
        "job_id": new.id,
        **job_values(new.kind, input=new.input, parts=new.parts, owner=new.owner, key=claim.key),
        **new.companion_values,
    }
    row = await statements.fetch_one(_statement(new.companion), values)
    if row is not None:
        return SubmittedJob(new.id, new.kind, len(new.parts), *row)
    found = await statements.fetch_one(_FIND, named)
    if found is None or found[1] is None:
        raise IdempotencyKeyInFlightError(headers={"Retry-After": "1"})
    if found[1] == new.id:  # the statement was sent twice over a connection that broke
        return SubmittedJob(new.id, new.kind, len(new.parts), found[3])
    return Reservation(found[0], found[1], found[2])


@cache
def _statement(companion: LiteralString | None) -> LiteralString:
    return _KEY + WRITE_JOB + (_COMPANION + companion + ")" if companion else "") + _RESULT
