"""Requests with part numbers become a task, its items and its job."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import orjson

from malha.db import Session
from malha.identity.policy import Principal
from malha.jobs import Accept, Accepted, NewJob, SubmittedJob
from malha.partnumbers.errors import PartNumberRepeatedError
from malha.partnumbers.models import ClassificationTask
from malha.partnumbers.repository import tasks
from malha.partnumbers.schemas.requests import BatchRequest, ClassifyRequest
from malha.partnumbers.service._prefilling import prefill
from malha.partnumbers.service._reading import Taken

KIND = "partnumbers.classify"
SINGLE_ROUTE = "partnumbers.single"
BATCH_ROUTE = "partnumbers.batch"
MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class NewTask:
    """The part numbers of a request, each once, with what is said of it."""

    items: Sequence[dict[str, Any]]
    is_batch: bool
    reclassify: bool
    room_id: UUID = field(default_factory=uuid4)
    taken: Taken | None = None
    """The document that it came from."""

    @property
    def codes(self) -> list[str]:
        """The part numbers in their order."""
        return [item["partnumber"] for item in self.items]

    @property
    def fingerprint(self) -> str:
        """The same for the same request."""
        return hashlib.sha256(orjson.dumps([self.items, self.reclassify])).hexdigest()


def read_single(body: ClassifyRequest) -> NewTask:
    """A request for one part number."""
    return NewTask([body.model_dump(exclude={"reclassify"})], is_batch=False, reclassify=body.reclassify)


def read_batch(body: BatchRequest) -> NewTask:
    """A request for many; a line that repeats another changes nothing. Raises PartNumberRepeatedError."""
    items: dict[str, dict[str, Any]] = {}
    repeated: list[str] = []
    for item in body.partnumbers:
        told = item.model_dump()
        if items.setdefault(item.partnumber, told) != told:
            repeated.append(item.partnumber)
    if repeated:
        raise PartNumberRepeatedError(codes=", ".join(dict.fromkeys(repeated[:MOST_NAMED])))
    return NewTask(list(items.values()), is_batch=True, reclassify=body.reclassify)


async def take_task(accept: Accept, principal: Principal, new: NewTask, *, chunk: int) -> Accepted:
    """Accept a request; raises the errors of idempotency keys."""
    route = BATCH_ROUTE if new.is_batch else SINGLE_ROUTE
    return await accept.body(route, new.fingerprint, plan_task(principal, new, chunk=chunk))


def plan_task(principal: Principal, new: NewTask, *, chunk: int) -> NewJob:
    """The job of a request, and how its task and items are written with it."""

    async def record(session: Session, job: SubmittedJob) -> None:
        task = ClassificationTask(
            job_id=job.id,
            workspace_id=principal.workspace_id,
            owner_id=principal.user_id,
            room_id=new.room_id,
            is_batch=new.is_batch,
            total=len(new.items),
            created_at=job.created_at,
        )
        await tasks.add_task(session, task, new.items)
        if new.taken is not None and not new.reclassify:
            await prefill(session, task, new.taken)

    numbers = range(len(new.items))
    about = {} if new.taken is None else {"document": new.taken.document.model_dump()}
    return NewJob(
        kind=KIND,
        input={"is_batch": new.is_batch, "reclassify": new.reclassify, "total": len(new.items)} | about,
        parts=[{"numbers": list(numbers[first : first + chunk])} for first in range(0, len(numbers), chunk)],
        record=record,
    )
