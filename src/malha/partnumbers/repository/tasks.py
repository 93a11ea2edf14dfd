"""Tasks and their items."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Uuid, cast, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from malha.db import ReadSession, Session
from malha.db.bulk import copy_rows
from malha.db.paging import Order, Page, Window, fetch_page
from malha.identity.policy import Principal, visible_to
from malha.jobs import Job, JobState
from malha.partnumbers.errors import TaskNotFoundError
from malha.partnumbers.models import Classification, ClassificationItem, ClassificationTask

_NEWEST = Order(ClassificationTask.job_id, is_descending=True)
_ITEM_COLUMNS = (
    "task_id",
    "no",
    "workspace_id",
    "partnumber",
    "description",
    "manufacturer",
    "supplier",
    "ncm",
    "country",
)


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """None does not filter."""

    task_id: UUID | None = None
    room_id: UUID | None = None
    job_id: str | None = None
    progress_channel: str | None = None
    states: Collection[JobState] | None = None
    user_id: UUID | None = None


class Run(NamedTuple):
    """Which run of the AI server an item's answer came from."""

    progress_channel: str
    ai_job_id: str | None


async def add_task(session: Session, task: ClassificationTask, items: Sequence[dict[str, Any]]) -> None:
    """Write a task and its items, numbered in their order."""
    session.add(task)
    await session.flush()
    rows = (
        {"task_id": task.job_id, "no": no, "workspace_id": task.workspace_id, **item} for no, item in enumerate(items)
    )
    await copy_rows(session, ClassificationItem, rows, columns=_ITEM_COLUMNS)


async def find_task(session: ReadSession, job_id: UUID) -> ClassificationTask | None:
    """The task of a job, for the job itself."""
    return await session.get(ClassificationTask, job_id)


async def get_task(session: ReadSession, principal: Principal, task_id: UUID) -> ClassificationTask:
    """The task, or TaskNotFoundError when it is absent or another tenant's."""
    query = visible_to(principal, ClassificationTask).where(ClassificationTask.job_id == task_id)
    task = (await session.execute(query)).scalar_one_or_none()
    if task is None:
        raise TaskNotFoundError
    return task


async def find_room(session: ReadSession, principal: Principal, room_id: UUID) -> ClassificationTask | None:
    """The task whose room it is."""
    query = visible_to(principal, ClassificationTask).where(ClassificationTask.room_id == room_id)
    return (await session.execute(query)).scalar_one_or_none()


async def list_tasks(
    session: ReadSession, principal: Principal, wanted: TaskFilter, window: Window
) -> Page[tuple[ClassificationTask, Job]]:
    """Tasks with their jobs, newest first."""
    query = visible_to(principal, ClassificationTask).join(Job, Job.id == ClassificationTask.job_id).add_columns(Job)
    if wanted.task_id is not None:
        query = query.where(ClassificationTask.job_id == wanted.task_id)
    if wanted.room_id is not None:
        query = query.where(ClassificationTask.room_id == wanted.room_id)
    if wanted.user_id is not None:
        query = query.where(ClassificationTask.owner_id == wanted.user_id)
    if wanted.states is not None:
        query = query.where(Job.state.in_(wanted.states))
    for column, value in (
        (ClassificationItem.ai_job_id, wanted.job_id),
        (ClassificationItem.progress_channel, wanted.progress_channel),
    ):
        if value is not None:
            query = query.where(
                exists().where(ClassificationItem.task_id == ClassificationTask.job_id, column == value)
            )
    return await fetch_page(session, query, _NEWEST, window)


async def list_items(session: ReadSession, task_ids: Collection[UUID]) -> list[ClassificationItem]:
    """The items of tasks that the caller may see, in their order."""
    query = select(ClassificationItem).where(ClassificationItem.task_id.in_(task_ids))
    ordered = query.order_by(ClassificationItem.task_id, ClassificationItem.no)
    return list(await session.scalars(ordered))


async def list_open_items(session: ReadSession, task_id: UUID, numbers: Collection[int]) -> list[ClassificationItem]:
    """Those of the numbered items that have no answer yet."""
    query = select(ClassificationItem).where(
        ClassificationItem.task_id == task_id,
        ClassificationItem.no.in_(numbers),
        ClassificationItem.classification_id.is_(None),
    )
    return list(await session.scalars(query.order_by(ClassificationItem.no)))


async def count_answered(session: ReadSession, task_id: UUID) -> int:
    """How many items of a task have an answer."""
    query = select(func.count()).where(
        ClassificationItem.task_id == task_id, ClassificationItem.classification_id.is_not(None)
    )
    return (await session.execute(query)).scalar_one()


async def save_run(session: Session, task_id: UUID, numbers: Collection[int], run: Run) -> None:
    """Note the run of the AI server that these items were asked in."""
    await session.execute(
        update(ClassificationItem)
        .where(ClassificationItem.task_id == task_id, ClassificationItem.no.in_(numbers))
        .values(progress_channel=run.progress_channel, ai_job_id=run.ai_job_id)
    )


async def answer_items(
    session: Session, task_id: UUID, classifications: Sequence[tuple[int, UUID]], *, is_known: bool
) -> None:
    """Give items, by number, their classification."""
    if not classifications:
        return
    numbers, ids = zip(*classifications, strict=True)
    answered = select(
        func.unnest(cast(list(numbers), ARRAY(Integer))).label("no"),
        func.unnest(cast(list(ids), ARRAY(Uuid))).label("id"),
    ).subquery()
    await session.execute(
        update(ClassificationItem)
        .where(ClassificationItem.task_id == task_id, ClassificationItem.no == answered.c.no)
        .values(classification_id=answered.c.id, is_known=is_known)
    )


async def delete_task(session: Session, task_id: UUID) -> None:
    """Delete a task that the caller may see; its classifications stay."""
    await session.execute(delete(ClassificationTask).where(ClassificationTask.job_id == task_id))


async def list_classifications_of(
    session: ReadSession, task_ids: Collection[UUID]
) -> list[tuple[ClassificationItem, Classification]]:
    """The answered items of tasks with their classifications, in order."""
    query = (
        select(ClassificationItem, Classification)
        .join(Classification, Classification.id == ClassificationItem.classification_id)
        .where(ClassificationItem.task_id.in_(task_ids))
        .order_by(ClassificationItem.task_id, ClassificationItem.no)
    )
    return [(item, classification) for item, classification in await session.execute(query)]
