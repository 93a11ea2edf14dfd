"""A cursor on a log that is fed by an unreliable feed: no gap, no repetition, no growing memory."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.factories.feed import JOB, OTHER_JOB, event
from tests.fakes.job_log import MemoryLog

from malha.jobs.states import JobState
from malha.realtime.feed_event import FeedEvent
from malha.realtime.follower import Followers, LogFollower
from malha.realtime.tails import WINDOW, JobHead, Tails

pytestmark = pytest.mark.anyio


class Scene:
    """One log, one feed, one follower."""

    def __init__(self, log: MemoryLog) -> None:
        self.log = log
        self.tails = Tails()

    @contextmanager
    def follow(self, after: int = 0) -> Iterator[LogFollower]:
        with Followers(self.log, self.tails).follow(JOB, after=after) as follower:
            yield follower

    def commit(self, *events: FeedEvent, is_heard: bool = True) -> None:
        self.log.events += events
        if is_heard:
            self.tails.hear(events)


def noted(*seqs: int) -> list[FeedEvent]:
    return [event(seq, "audits.noted") for seq in seqs]


async def take(follower: LogFollower, timeout_seconds: float = 0.0) -> list[int]:
    return [entry.seq for entry in await follower.next(timeout_seconds=timeout_seconds)]


async def test_what_the_log_holds_already_comes_first() -> None:
    scene = Scene(MemoryLog(*noted(1, 2, 3)))
    with scene.follow() as follower:
        assert await take(follower) == [1, 2, 3]
        scene.commit(*noted(4))
        assert await take(follower) == [4]


async def test_only_what_the_client_has_not_seen_is_replayed() -> None:
    scene = Scene(MemoryLog(*noted(1, 2, 3)))
    with scene.follow(after=2) as follower:
        assert await take(follower) == [3]


async def test_a_cursor_beyond_the_log_is_brought_back_to_its_end() -> None:
    scene = Scene(MemoryLog(*noted(1, 2)))
    with scene.follow(after=900) as follower:
        assert await take(follower) == []
        scene.commit(*noted(3))
        assert await take(follower) == [3]


async def test_live_events_in_order_need_no_query() -> None:
    scene = Scene(MemoryLog())
    with scene.follow() as follower:
        await take(follower)
        for seq in range(1, 50):
            scene.commit(*noted(seq))
            assert await take(follower) == [seq]
        assert scene.log.reads == 0


async def test_a_lost_message_is_read_from_the_log_when_the_next_one_comes() -> None:
    scene = Scene(MemoryLog())
    with scene.follow() as follower:
        await take(follower)
        scene.commit(*noted(1, 2), is_heard=False)
        assert await take(follower) == []
        scene.commit(*noted(3))
        assert await take(follower) == [1, 2, 3]


async def test_when_all_messages_are_lost_a_poll_finds_the_events() -> None:
    scene = Scene(MemoryLog())
    with scene.follow() as follower:
        await take(follower)
        scene.commit(*noted(1, 2), is_heard=False)
        scene.tails.observe([JOB], {JOB: JobHead(2, JobState.RUNNING)})
        assert await take(follower) == [1, 2]


async def test_repeated_and_disordered_messages_change_nothing() -> None:
    scene = Scene(MemoryLog(*noted(1, 2, 3, 4)))
    with scene.follow() as follower:
        scene.tails.hear(noted(4, 2, 2))
        assert await take(follower) == [1, 2, 3, 4]
        scene.tails.hear(noted(3, 1, 4))
        assert await take(follower) == []


async def test_an_invented_event_is_not_believed_and_not_asked_for_again_and_again() -> None:
    scene = Scene(MemoryLog(*noted(1)))
    with scene.follow(after=1) as follower:
        await take(follower)
        scene.tails.hear(noted(1000))
        assert await take(follower, 0.05) == []
        assert scene.log.reads <= 2
        scene.commit(*noted(2))
        assert await take(follower) == [2]


async def test_a_follower_that_sleeps_through_a_flood_reads_it_from_the_log() -> None:
    scene = Scene(MemoryLog())
    with scene.follow() as follower:
        await take(follower)
        flood = noted(*range(1, 3 * WINDOW))
        for entry in flood:
            scene.commit(entry)
        seen: list[int] = []
        while batch := await take(follower):
            seen += batch
        assert seen == [entry.seq for entry in flood]


async def test_events_of_other_jobs_are_not_kept() -> None:
    scene = Scene(MemoryLog())
    with scene.follow() as follower:
        await take(follower)
        scene.tails.hear([event(1, "audits.noted", job_id=OTHER_JOB)])
        assert await take(follower) == []
        assert scene.tails.job_ids == [JOB]
    assert scene.tails.job_ids == []


async def test_progress_waits_for_its_turn_and_the_end_does_not() -> None:
    scene = Scene(MemoryLog())
    with scene.follow() as follower:
        await take(follower)
        scene.commit(event(1))
        assert await take(follower) == [1]
        scene.commit(event(2), event(3))
        assert await take(follower) == []
        scene.log.state = JobState.SUCCEEDED
        scene.commit(event(4, "job.succeeded"))
        assert await take(follower) == [3, 4]
        assert follower.ended_in is JobState.SUCCEEDED


async def test_an_ended_job_is_replayed_and_known_to_have_ended() -> None:
    scene = Scene(MemoryLog(*noted(1), event(2, "job.failed"), state=JobState.FAILED))
    with scene.follow() as follower:
        assert await take(follower) == [1, 2]
        assert follower.ended_in is JobState.FAILED


async def test_a_client_that_has_seen_the_end_is_told_so_at_once() -> None:
    scene = Scene(MemoryLog(event(1, "job.failed"), state=JobState.FAILED))
    with scene.follow(after=1) as follower:
        assert await take(follower, 60) == []
        assert follower.ended_in is JobState.FAILED


async def test_an_end_that_a_retry_followed_is_not_the_end() -> None:
    scene = Scene(MemoryLog(event(1, "job.failed"), event(2, "job.queued"), event(3, "job.started")))
    with scene.follow() as follower:
        assert await take(follower) == [1, 2, 3]
        assert follower.ended_in is None


async def test_what_is_logged_behind_the_end_is_still_delivered_before_it_counts_as_ended() -> None:
    scene = Scene(MemoryLog(event(1, "job.cancelled"), *noted(2), state=JobState.CANCELLED, page=1))
    with scene.follow() as follower:
        assert await take(follower) == [1]
        assert follower.ended_in is None
        assert await take(follower) == [2]
        assert follower.ended_in is JobState.CANCELLED


async def test_a_follower_goes_on_when_an_ended_job_is_retried() -> None:
    scene = Scene(MemoryLog(event(1, "job.failed"), state=JobState.FAILED))
    with scene.follow() as follower:
        assert await take(follower) == [1]
        scene.log.state = JobState.QUEUED
        scene.commit(event(2, "job.queued"))
        assert await take(follower) == [2]
        assert follower.ended_in is None


async def test_a_deleted_job_ends_the_following() -> None:
    scene = Scene(MemoryLog(*noted(1)))
    with scene.follow() as follower:
        await take(follower)
        scene.tails.observe([JOB], {})
        assert await take(follower, 60) == []
        assert follower.is_gone


async def test_closing_wakes_who_waits() -> None:
    scene = Scene(MemoryLog())
    with scene.follow() as follower:
        waiting = asyncio.create_task(take(follower, 60))
        await asyncio.sleep(0)
        scene.tails.close()
        assert await waiting == []
        assert follower.is_gone


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_the_feed_does_everything_arrives_once_and_in_order(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable disorder, no secret
    scene = Scene(MemoryLog(page=7))
    seen: list[int] = []
    with scene.follow() as follower:
        unheard: list[FeedEvent] = []
        for seq in range(1, 400):
            unheard += noted(seq)
            scene.commit(unheard[-1], is_heard=False)
            if chance.random() < 0.3:
                chance.shuffle(unheard)
                scene.tails.hear([entry for entry in unheard if chance.random() < 0.8])
                unheard = [entry for entry in unheard if chance.random() < 0.2]
            if chance.random() < 0.3:
                seen += await take(follower)
        scene.tails.observe([JOB], {JOB: JobHead(399, JobState.RUNNING)})
        while batch := await take(follower):
            seen += batch
    assert seen == list(range(1, 400))
