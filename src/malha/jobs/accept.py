"""Taking work in: a request becomes one job, however often it is sent, or leaves nothing behind.

A slice says what its request stands for, as a NewJob; the key, the form's files, the job and the slice's rows are bound
together here, and the parts go out once that is committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import psycopg
from fastapi import BackgroundTasks, Depends, Header, Request, Response
from sqlalchemy.exc import OperationalError

from malha.db import Database
from malha.errors import problem_responses
from malha.identity.policy import Principal, PrincipalDep
from malha.jobs import idempotency
from malha.jobs.delivery import Dispatch
from malha.jobs.errors import IdempotencyKeyInFlightError, IdempotencyKeyMissingError, IdempotencyKeyReusedError
from malha.jobs.idempotency import Key, Reservation
from malha.jobs.once import KeyClaim, NewJob, SubmittedJob, submit_new, submit_once
from malha.jobs.submit import Owner
from malha.kit.ids import new_id
from malha.storage import NullSink, StorageSink, Upload
from malha.storage.forms import Form
from malha.storage.sinks import Sink

SHORT_BYTES = 256 * 1024
"""A body of this size is here in a moment, so that its key needs no reservation while it arrives."""

ACCEPT_REFUSED = problem_responses(IdempotencyKeyInFlightError, IdempotencyKeyReusedError)
KEYED_ACCEPT_REFUSED = problem_responses(
    IdempotencyKeyMissingError, IdempotencyKeyInFlightError, IdempotencyKeyReusedError
)
"""The `responses=` of routes that take work in, with a key if the caller likes, or always."""

REPLAYED = "Idempotency-Replayed"
"""The header that marks the answer to a request whose key had its job already."""

Plan = Callable[[UUID, Upload], Awaitable[NewJob]]
"""Makes the job, whose id is given, out of a received form. Raises what is wrong with the form."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a request has led to. `job` and `new` are None when the key stands for a job that exists."""

    job_id: UUID
    job: SubmittedJob | None = None
    new: NewJob | None = None

    @property
    def is_replay(self) -> bool:
        """Whether an earlier request under the key made the job."""
        return self.job is None

    def answer(self, response: Response, location: str) -> None:
        """Say where the work can be followed, and that a replay is one, by its status too."""
        response.headers["Location"] = location
        if self.is_replay:
            response.status_code = 200
            response.headers[REPLAYED] = "true"


class Accept:
    """Takes in the work of one request. Every method raises the errors of idempotency keys."""

    def __init__(self, request: Request, principal: Principal, key: str | None, background: BackgroundTasks) -> None:
        self._request = request
        self._principal = principal
        self._key = key
        self._background = background
        state = request.app.state
        self._database: Database = state.database
        self._storage = state.storage
        self._limits = state.settings.uploads
        self._kept_seconds: float = state.settings.engine.kept_seconds

    async def body(self, route: str, fingerprint: str, new: NewJob) -> Accepted:
        """Accept a body that has been read; `fingerprint` is the same for a repeated request, and for no other."""
        async with self._holding(route) as reservation:
            if reservation is not None and reservation.job_id is not None:
                return _replay(reservation, fingerprint)
            return await self._write(new_id(), new, self._claim(route, fingerprint, reservation))

    async def form(self, route: str, form: Form, plan: Plan, *, folder: str = "", sink: Sink | None = None) -> Accepted:
        """Accept a multipart form, whose files go to `{folder}{job id}/` in the storage, or into `sink`.

        Raises UploadRefusedError too.
        """
        async with self._holding(route) as reservation:
            if reservation is not None and reservation.job_id is not None:
                upload = await form.receive(self._request, self._limits, NullSink())
                return _replay(reservation, upload.fingerprint)
            job_id = new_id()
            sink = sink or StorageSink(self._storage, f"{folder}{job_id}")
            upload = await form.receive(self._request, self._limits, sink)
            try:
                await sink.finish()
                new = await plan(job_id, upload)
            except BaseException:
                await asyncio.shield(sink.discard())
                raise
            return await self._bind(job_id, new, self._claim(route, upload.fingerprint, reservation), sink)

    @asynccontextmanager
    async def _holding(self, route: str) -> AsyncGenerator[Reservation | None]:
        """The key's reservation while the request is worked on; None when it needs none."""
        if self._key is None or self._is_short():
            yield None
            return
        reservation = await idempotency.reserve(self._database, self._named(route, self._key))
        if reservation.job_id is not None:
            yield reservation
            return
        async with idempotency.kept_alive(self._database, reservation):
            yield reservation

    async def _bind(self, job_id: UUID, new: NewJob, claim: KeyClaim | None, sink: Sink) -> Accepted:
        """Bind the stored files to the job. From here on they stay, unless the key turns out to be another request's.

        The files reach the disk while the job does. A commit whose answer gets lost may have happened: where the
        server went away nobody knows whether the job is there, and its files are kept.
        """
        flushing = asyncio.create_task(sink.flush())
        try:
            accepted = await self._write(job_id, new, claim)
        except (psycopg.OperationalError, OperationalError):
            raise
        except Exception:
            await asyncio.shield(sink.discard())
            raise
        finally:
            await asyncio.gather(flushing, return_exceptions=True)
        if accepted.is_replay:
            await sink.discard()
        else:
            flushing.result()
        return accepted

    async def _write(self, job_id: UUID, new: NewJob, claim: KeyClaim | None) -> Accepted:
        owner = Owner(self._principal.workspace_id, self._principal.user_id)
        if new.record is None:
            job = await submit_once(self._database.autocommit.fetch_one, job_id, new, owner, claim)
            if isinstance(job, SubmittedJob):
                # Sent after the answer: waking the sending thread before would make the caller wait for it.
                self._background.add_task(self._database.deliver, [Dispatch(job.kind, job.id, new.sendable)])
        else:
            async with self._database.session() as session:
                job = await submit_new(session, job_id, new, owner, claim)
        if isinstance(job, SubmittedJob):
            return Accepted(job_id, job, new)
        assert claim is not None  # noqa: S101 - without one the job is always new
        return _replay(job, claim.fingerprint)

    def _claim(self, route: str, fingerprint: str, reservation: Reservation | None) -> KeyClaim | None:
        return None if self._key is None else KeyClaim(self._named(route, self._key), fingerprint, reservation)

    def _named(self, route: str, key: str) -> Key:
        return Key(self._principal.idempotency_scope, route, key, self._kept_seconds)

    def _is_short(self) -> bool:
        length = self._request.headers.get("content-length", "")
        return length.isdecimal() and int(length) <= SHORT_BYTES


def _replay(reservation: Reservation, fingerprint: str) -> Accepted:
    reservation.check_same(fingerprint)
    assert reservation.job_id is not None  # noqa: S101 - asked before
    return Accepted(reservation.job_id)


IdempotencyKey = Annotated[str | None, Header(description="1 to 128 characters, bare or quoted.")]


async def _accept(
    request: Request, principal: PrincipalDep, background: BackgroundTasks, idempotency_key: IdempotencyKey = None
) -> Accept:
    key = None if idempotency_key is None else idempotency.parse_key(idempotency_key)
    return Accept(request, principal, key, background)


async def _accept_with_key(
    request: Request, principal: PrincipalDep, background: BackgroundTasks, idempotency_key: IdempotencyKey = None
) -> Accept:
    return Accept(request, principal, idempotency.parse_key(idempotency_key), background)


AcceptDep = Annotated[Accept, Depends(_accept)]
"""For routes where `Idempotency-Key` makes a repeated request find its job."""

KeyedAcceptDep = Annotated[Accept, Depends(_accept_with_key)]
"""For routes that insist on a key."""
