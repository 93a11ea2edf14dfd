"""Which progress is left out, and how often the rest may go."""

from __future__ import annotations

import pytest
from tests.factories.feed import OTHER_JOB, event

from malha.realtime.coalescing import Pace, coalesce


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def seqs(events: object) -> list[int]:
    return [entry.seq for entry in coalesce(events)]  # type: ignore[arg-type]


def test_of_many_counters_the_last_one_is_kept() -> None:
    assert seqs([event(1), event(2), event(3)]) == [3]


def test_counters_and_the_stage_of_a_part_do_not_replace_each_other() -> None:
    assert seqs([event(1), event(2, part=0, stage="rules"), event(3, part=4, stage="rules"), event(4)]) == [3, 4]


def test_progress_that_reports_failures_is_never_left_out() -> None:
    assert seqs([event(1, done=1, failures=[{"no": 0}]), event(2), event(3)]) == [1, 3]


@pytest.mark.parametrize("type_", ["job.succeeded", "job.partial", "job.failed", "job.cancelled", "audits.noted"])
def test_what_is_not_progress_is_never_left_out(type_: str) -> None:
    assert seqs([event(1, type_), event(2, type_), event(3)]) == [1, 2, 3]


def test_jobs_do_not_replace_each_other() -> None:
    assert seqs([event(1), event(1, job_id=OTHER_JOB), event(2)]) == [1, 2]


def test_at_most_four_updates_go_out_in_a_second() -> None:
    clock = Clock()
    pace = Pace(clock)
    sent = 0
    start = clock.now
    while clock.now < start + 10:
        if pace.delay_seconds() == 0:
            pace.spend([event(1), event(2, part=0)])
            sent += 2
        clock.now += 0.01
    assert 38 <= sent <= 42


def test_events_that_are_not_progress_use_up_nothing() -> None:
    pace = Pace(Clock())
    pace.spend([event(1, "job.started"), event(2, done=1, failures=[{"no": 0}])])
    assert pace.delay_seconds() == 0
