"""Questions that are with the AI server."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, null, select, text, update
from sqlalchemy.dialects.postgresql import insert

from malha.db import ReadSession, Session
from malha.jobs import JobPart
from malha.partnumbers.models import ClassificationRun

_ALIVE = ("queued", "held", "running")


def _in_seconds(seconds: float) -> Any:
    return func.clock_timestamp() + text(f"interval '{seconds:g} seconds'")


async def find_run(session: ReadSession, task_id: UUID, part_no: int) -> tuple[ClassificationRun, bool] | None:
    """The run of a part, and whether somebody listens to it still."""
    query = select(ClassificationRun, ClassificationRun.heard_until > func.clock_timestamp()).where(
        ClassificationRun.task_id == task_id, ClassificationRun.part_no == part_no
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def put_run(
    session: Session, task_id: UUID, part_no: int, *, channel: str, lost: int, heard_seconds: float
) -> None:
    """Note that a part was asked on this channel, in place of what was noted of it before."""
    told = {"channel": channel, "lost": lost, "heard_until": _in_seconds(heard_seconds), "outcome": null()}
    statement = insert(ClassificationRun).values(task_id=task_id, part_no=part_no, **told)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["task_id", "part_no"], set_={**told, "asked_at": func.clock_timestamp()}
        )
    )


async def end_run(session: Session, channel: str, outcome: Mapping[str, Any]) -> tuple[UUID, int] | None:
    """Keep the outcome; returns whose it is, and None when nobody waits for it (yet, or any longer)."""
    statement = (
        update(ClassificationRun)
        .where(ClassificationRun.channel == channel)
        .values(outcome=dict(outcome))
        .returning(ClassificationRun.task_id, ClassificationRun.part_no)
    )
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else (row[0], row[1])


async def drop_run(session: Session, task_id: UUID, part_no: int) -> None:
    """Forget the run of a part."""
    await session.execute(
        delete(ClassificationRun).where(ClassificationRun.task_id == task_id, ClassificationRun.part_no == part_no)
    )


async def hear_on(session: Session, channels: Collection[str], *, seconds: float) -> set[str]:
    """Say that these channels are listened to; returns those whose part still waits."""
    statement = (
        update(ClassificationRun)
        .where(
            ClassificationRun.channel.in_(channels),
            JobPart.job_id == ClassificationRun.task_id,
            JobPart.no == ClassificationRun.part_no,
            JobPart.state.in_(_ALIVE),
        )
        .values(heard_until=_in_seconds(seconds))
        .returning(ClassificationRun.channel)
    )
    return set(await session.scalars(statement))


async def take_unheard(session: Session, *, limit: int) -> list[tuple[UUID, int]]:
    """Parts whose run has lost its listener."""
    silent = (
        select(ClassificationRun.channel)
        .where(ClassificationRun.outcome.is_(None), ClassificationRun.heard_until < func.clock_timestamp())
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    query = select(ClassificationRun.task_id, ClassificationRun.part_no).where(ClassificationRun.channel.in_(silent))
    return [(task_id, part_no) for task_id, part_no in await session.execute(query)]


async def drop_ended(session: Session) -> None:
    """Forget the runs of parts that have ended some other way."""
    await session.execute(
        delete(ClassificationRun).where(
            JobPart.job_id == ClassificationRun.task_id,
            JobPart.no == ClassificationRun.part_no,
            JobPart.state.not_in(_ALIVE),
        )
    )
