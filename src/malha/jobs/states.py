"""States of jobs and parts. What leads from one to another stands in `control`, `statements` and `finish`."""

from __future__ import annotations

from enum import StrEnum


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """True when nothing more happens by itself."""
        return self in FINAL_STATES


class PartState(StrEnum):
    """Where a part stands.

    `held` waits for its job, which is paused or lets only so many parts run; `dead` is a failure that used up its
    attempts or that no attempt can cure.
    """

    QUEUED = "queued"
    HELD = "held"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"
    CANCELLED = "cancelled"


FINAL_STATES = frozenset({JobState.SUCCEEDED, JobState.PARTIAL, JobState.FAILED, JobState.CANCELLED})


def outcome(*, total: int, failed: int) -> JobState:
    """The final state of a job whose parts have all ended."""
    if failed == 0:
        return JobState.SUCCEEDED
    return JobState.FAILED if failed >= total else JobState.PARTIAL
