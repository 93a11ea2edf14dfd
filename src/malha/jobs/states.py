"""States of jobs and parts, and the one table of legal moves."""

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

    `held` waits for its paused job; `dead` is a failure that used up its attempts or that no attempt can cure.
    """

    QUEUED = "queued"
    HELD = "held"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"
    CANCELLED = "cancelled"


FINAL_STATES = frozenset({JobState.SUCCEEDED, JobState.PARTIAL, JobState.FAILED, JobState.CANCELLED})
ACTIVE_STATES = frozenset({JobState.QUEUED, JobState.RUNNING})

LEGAL_MOVES: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset(
        {
            JobState.RUNNING,
            JobState.PAUSED,
            JobState.CANCELLED,
            JobState.SUCCEEDED,  # a job that was retried may have nothing left but its finish step
            JobState.PARTIAL,
            JobState.FAILED,
        }
    ),
    JobState.RUNNING: frozenset(
        {JobState.PAUSED, JobState.SUCCEEDED, JobState.PARTIAL, JobState.FAILED, JobState.CANCELLED}
    ),
    JobState.PAUSED: frozenset(
        {
            JobState.QUEUED,
            JobState.RUNNING,
            JobState.CANCELLED,
            JobState.SUCCEEDED,  # the parts that ran when the pause came may have been the last ones
            JobState.PARTIAL,
            JobState.FAILED,
        }
    ),
    JobState.SUCCEEDED: frozenset(),
    JobState.PARTIAL: frozenset({JobState.QUEUED}),
    JobState.FAILED: frozenset({JobState.QUEUED}),
    JobState.CANCELLED: frozenset({JobState.QUEUED}),
}


def can_move(current: JobState, target: JobState) -> bool:
    """Whether the table allows the move."""
    return target in LEGAL_MOVES[current]


def outcome(*, total: int, failed: int) -> JobState:
    """The final state of a job whose parts have all ended."""
    if failed == 0:
        return JobState.SUCCEEDED
    return JobState.FAILED if failed >= total else JobState.PARTIAL
