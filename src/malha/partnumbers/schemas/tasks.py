"""Tasks as the API shows them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from malha.partnumbers.schemas.classifications import ClassificationRead
from malha.partnumbers.schemas.documents import DocumentRead


class TaskAccepted(BaseModel):
    """A request that was taken in: join the room `room_id`, or ask for the task."""

    message: str
    task_id: UUID
    room_id: UUID
    classifications: list[ClassificationRead] = Field(description="What is known already.")


class BatchAccepted(TaskAccepted):
    """The same for many."""

    partnumbers: list[str]
    total_partnumbers: int
    document: DocumentRead | None = Field(default=None, description="What was read, and what was not, of a file.")


class TaskRead(BaseModel):
    """A task and the classifications that it has brought."""

    task_id: UUID
    room_id: UUID
    status: str = Field(examples=["started", "processing", "done", "failed"])
    current: int
    total: int
    message: str | None
    job_id: str | None = Field(description="The AI server's own id of its last run.")
    progress_channel: str | None
    user_id: UUID | None
    partnumbers: list[str]
    missing: list[str] = Field(description="Part numbers without an answer.")
    classifications: list[ClassificationRead]
    document: DocumentRead | None = Field(default=None, description="The file that it came from.")
    created_at: datetime
    finished_at: datetime | None


class TaskList(BaseModel):
    """Tasks, newest first."""

    tasks: list[TaskRead]
    next_cursor: str | None = None
