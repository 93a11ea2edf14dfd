"""The table of legal moves and the end of a job."""

from __future__ import annotations

import pytest
from tests.fakes.engine_model import can_move

from malha.jobs.control import _MOVES, Action
from malha.jobs.states import FINAL_STATES, JobState, outcome

TARGETS = {
    Action.CANCEL: (JobState.CANCELLED,),
    Action.PAUSE: (JobState.PAUSED,),
    Action.RESUME: (JobState.QUEUED, JobState.RUNNING),
    Action.RETRY: (JobState.QUEUED,),
    Action.RETRY_FAILED: (JobState.QUEUED,),
}


@pytest.mark.parametrize("action", list(Action))
def test_every_action_starts_only_from_states_that_the_table_allows(action: Action) -> None:
    for source in _MOVES[action].sources:
        for target in TARGETS[action]:
            assert can_move(source, target), (action, source, target)


@pytest.mark.parametrize("action", list(Action))
def test_no_action_forgets_a_state_that_the_table_allows(action: Action) -> None:
    if action is Action.RETRY_FAILED:  # a cancelled job has nothing that failed
        return
    for source in JobState:
        if all(can_move(source, target) for target in TARGETS[action]) and source is not JobState.PAUSED:
            assert source in _MOVES[action].sources, (action, source)


def test_a_succeeded_job_accepts_nothing() -> None:
    assert not [target for target in JobState if can_move(JobState.SUCCEEDED, target)]


@pytest.mark.parametrize(
    ("total", "failed", "expected"),
    [(1, 0, JobState.SUCCEEDED), (3, 0, JobState.SUCCEEDED), (3, 1, JobState.PARTIAL), (3, 3, JobState.FAILED)],
)
def test_the_outcome_follows_from_how_many_parts_failed(total: int, failed: int, expected: JobState) -> None:
    assert outcome(total=total, failed=failed) is expected
    assert expected in FINAL_STATES
