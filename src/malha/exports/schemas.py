"""Exports as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from malha.exports.rules import Format
from malha.jobs import JobState


class ExportRequest(BaseModel):
    """A list to be exported whole. `filter` has the names and values of the list's own query parameters."""

    list: Annotated[str, Field(max_length=100, examples=["expenses"])]
    format: Format
    filter: Annotated[dict[str, Any], Field(default_factory=dict, examples=[{"review": ["pending"]}])]


class ExportRead(BaseModel):
    """An export: how far its job is, and where its file is once there is one. The job has the same id."""

    id: UUID
    list: str
    format: Format
    filter: dict[str, Any]
    state: JobState
    message: str | None = Field(description="How many rows are written, while it runs.")
    file: str | None = Field(description="Path of the file; null before it is whole and after it has expired.")
    row_count: int | None
    size: int | None
    error: dict[str, Any] | None
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime


class ColumnRead(BaseModel):
    """A column: its key in JSON and its title in tables."""

    name: str
    heading: str
    kind: str


class ListRead(BaseModel):
    """A list that can be exported, with the JSON schema of its filter."""

    name: str
    title: str
    scope: str
    columns: list[ColumnRead]
    filter: dict[str, Any]
