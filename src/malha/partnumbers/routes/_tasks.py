"""Tasks: what was asked, how far it is, and what it has brought."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query
from fastapi.responses import StreamingResponse

from malha.db.paging import Window
from malha.dependencies import ReadSessionDep, WriteSessionDep, window_of
from malha.errors import problem_responses
from malha.jobs import JobMoveIllegalError
from malha.partnumbers import service
from malha.partnumbers.errors import TaskNotFoundError
from malha.partnumbers.routes._contract import NOT_FOUND, Reader, Writer, root_router, router
from malha.partnumbers.schemas.tasks import TaskList, TaskRead
from malha.realtime import EventStreamsDep


@root_router.get("/tasks")
async def list_tasks(
    principal: Reader,
    session: ReadSessionDep,
    window: Annotated[Window, window_of(50, most=200)],
    *,
    task_id: UUID | None = None,
    room_id: UUID | None = None,
    job_id: Annotated[str | None, Query(max_length=200)] = None,
    progress_channel: Annotated[str | None, Query(max_length=200)] = None,
    status: Annotated[list[str] | None, Query()] = None,
    user_id: UUID | None = None,
) -> TaskList:
    """Tasks with their classifications, newest first."""
    wanted = service.TaskFilter(
        task_id=task_id,
        room_id=room_id,
        job_id=job_id,
        progress_channel=progress_channel,
        states=service.states_of(status),
        user_id=user_id,
    )
    return await service.read_tasks(session, principal, wanted, window)


@root_router.delete("/tasks/{task_id}", status_code=204, responses=NOT_FOUND)
async def delete_task(principal: Writer, session: WriteSessionDep, task_id: UUID) -> None:
    """Delete a task; what is under way is cancelled first. Its classifications stay."""
    await service.delete_task(session, principal, task_id)


@router.get("/tasks/{task_id}", responses=NOT_FOUND)
async def get_task(principal: Reader, session: ReadSessionDep, task_id: UUID) -> TaskRead:
    """One task: what polling asks for."""
    return await service.read_task(session, principal, task_id)


@router.post("/tasks/{task_id}/cancel", responses=problem_responses(TaskNotFoundError, JobMoveIllegalError))
async def cancel_task(principal: Writer, session: WriteSessionDep, task_id: UUID) -> TaskRead:
    """Stop a task that is under way."""
    await service.cancel_task(session, principal, task_id)
    return await service.read_task(session, principal, task_id)


@router.get("/tasks/{task_id}/events", responses=NOT_FOUND)
async def stream_task_events(principal: Reader, streams: EventStreamsDep, task_id: UUID) -> StreamingResponse:
    """The task's event log as Server-Sent Events, resumable with `Last-Event-ID`."""
    return await streams.open(principal, task_id, not_found=TaskNotFoundError)
