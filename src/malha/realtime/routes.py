"""`/api/v1/jobs/{job_id}/events`: any job's event log as a stream."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from malha.errors import problem_responses
from malha.identity.policy import PrincipalDep
from malha.jobs import JobNotFoundError
from malha.realtime.streams import EventStreamsDep, LastEventIdInvalidError

router = APIRouter(prefix="/jobs", tags=["jobs"])


@router.get("/{job_id}/events", responses=problem_responses(JobNotFoundError, LastEventIdInvalidError))
async def stream_job_events(principal: PrincipalDep, streams: EventStreamsDep, job_id: UUID) -> StreamingResponse:
    """The job's event log as Server-Sent Events, resumable with `Last-Event-ID`."""
    return await streams.open(principal, job_id)
