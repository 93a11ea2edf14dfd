"""A job event on its way to whoever follows it: read from the log, or heard on the live feed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from malha.jobs import FINAL_STATES

PROGRESS = "job.progress"
FINAL_TYPES = frozenset(f"job.{state.value}" for state in FINAL_STATES)


class FeedMessageInvalidError(ValueError):
    """The message on the channel is not an array of job events."""


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One entry of a job's log. `at` is ISO 8601; the owners are known for what came over the live feed only."""

    job_id: UUID
    seq: int
    type: str
    at: str
    data: dict[str, Any]
    workspace_id: UUID | None = None
    owner_id: UUID | None = None

    @property
    def is_passing(self) -> bool:
        """True for progress that the next progress makes worthless; a report of failed parts is not."""
        return self.type == PROGRESS and "failures" not in self.data

    @property
    def is_final(self) -> bool:
        """True for the end of a job, which a retry may still follow."""
        return self.type in FINAL_TYPES

    @property
    def tells_of_a_part(self) -> bool:
        """Whether progress speaks of one part's inside rather than of the job's counters."""
        return "part" in self.data

    def body(self) -> dict[str, Any]:
        """What a client gets, the same over the socket and over SSE."""
        return {"job_id": str(self.job_id), "seq": self.seq, "type": self.type, "at": self.at, "data": self.data}


def parse_feed(message: bytes) -> list[FeedEvent]:
    """Read one message of the live feed; FeedMessageInvalidError for anything else."""
    try:
        return [_event(entry) for entry in orjson.loads(message)]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FeedMessageInvalidError(str(error)) from error


def _event(entry: dict[str, Any]) -> FeedEvent:
    return FeedEvent(
        job_id=UUID(entry["job_id"]),
        seq=int(entry["seq"]),
        type=str(entry["type"]),
        at=str(entry["at"]),
        data=dict(entry["data"]),
        workspace_id=_optional_id(entry["workspace_id"]),
        owner_id=_optional_id(entry["owner_id"]),
    )


def _optional_id(value: str | None) -> UUID | None:
    return None if value is None else UUID(value)
