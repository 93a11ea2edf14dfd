"""The overview of a workspace: what is told, and when a listener is asked to read again."""

from __future__ import annotations

from uuid import uuid4

import pytest
from tests.factories.feed import OTHER_JOB, OWNER, WORKSPACE, event

from malha.realtime import activity
from malha.realtime.activity import BACKLOG, Activities, ActivityWatch

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def short_gathering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "GATHER_SECONDS", 0.01)


async def told(watch: ActivityWatch) -> tuple[list[int], bool]:
    news = await watch.next()
    return [entry.seq for entry in news.events], news.is_incomplete


async def test_a_listener_hears_its_own_workspace_only() -> None:
    activities = Activities()
    with activities.watch(WORKSPACE, lambda _: True) as ours, activities.watch(uuid4(), lambda _: True) as theirs:
        activities.hear([event(1, "job.started")])
        theirs.miss()
        assert await told(ours) == ([1], False)
        assert await told(theirs) == ([], True)


async def test_a_user_hears_of_their_own_jobs_only() -> None:
    activities = Activities()
    with activities.watch(WORKSPACE, lambda entry: entry.owner_id != OWNER) as watch:
        activities.hear([event(1, "job.started")])
        watch.miss()
        assert await told(watch) == ([], True)


async def test_progress_is_told_once_for_each_job() -> None:
    activities = Activities()
    with activities.watch(WORKSPACE, lambda _: True) as watch:
        activities.hear([event(1), event(2), event(9, job_id=OTHER_JOB), event(3)])
        assert await told(watch) == ([9, 3], False)


async def test_a_flood_of_progress_fits_because_it_is_coalesced() -> None:
    activities = Activities()
    with activities.watch(WORKSPACE, lambda _: True) as watch:
        activities.hear([event(seq) for seq in range(1, 10 * BACKLOG)])
        assert await told(watch) == ([10 * BACKLOG - 1], False)


async def test_what_does_not_fit_is_dropped_and_the_client_asked_to_read_again() -> None:
    activities = Activities()
    with activities.watch(WORKSPACE, lambda _: True) as watch:
        activities.hear([event(seq, "audits.noted") for seq in range(1, BACKLOG + 2)])
        assert await told(watch) == ([], True)
        activities.hear([event(999, "audits.noted")])
        assert await told(watch) == ([999], False)


async def test_an_interrupted_feed_asks_everybody_to_read_again() -> None:
    activities = Activities()
    with activities.watch(WORKSPACE, lambda _: True) as watch:
        activities.miss()
        assert await told(watch) == ([], True)
