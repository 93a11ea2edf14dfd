"""The look at the database behind an unreliable feed."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from uuid import UUID

import pytest
from sqlalchemy.exc import OperationalError
from tests.factories.feed import JOB

from malha.jobs.states import JobState
from malha.realtime import subscriber
from malha.realtime.subscriber import Poller
from malha.realtime.tails import JobHead, Tails

pytestmark = pytest.mark.anyio


class HeadsOnly:
    """Answers with a log that grows by one event each time; fails when told to."""

    def __init__(self) -> None:
        self.asked: list[list[UUID]] = []
        self.fails = False

    async def heads(self, job_ids: Collection[UUID]) -> dict[UUID, JobHead]:
        self.asked.append(list(job_ids))
        if self.fails:
            self.fails = False
            raise OperationalError("SELECT", {}, OSError("the server closed the connection"))
        return {job_id: JobHead(len(self.asked), JobState.RUNNING) for job_id in job_ids}


class Ears:
    def __init__(self, *, is_subscribed: bool) -> None:
        self.is_subscribed = is_subscribed
        self.resumed = asyncio.Event()


async def polled(log: HeadsOnly, tails: Tails, ears: Ears, *, heads: int) -> None:
    """Run a poller until the followed job's head is seen to be `heads`."""
    task = asyncio.create_task(Poller(log, tails, ears).run())  # type: ignore[arg-type]
    try:
        with tails.watch(JOB) as watch:
            async with asyncio.timeout(5):
                while watch.tail.head < heads:
                    await watch.wait(5)
    finally:
        task.cancel()


async def test_a_followed_job_is_looked_at_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber, "POLL_SECONDS", 0.01)
    await polled(HeadsOnly(), Tails(), Ears(is_subscribed=True), heads=3)


async def test_without_the_feed_the_other_interval_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber, "POLL_SECONDS", 3600)
    monkeypatch.setattr(subscriber, "POLL_SECONDS_WITHOUT_FEED", 0.01)
    await polled(HeadsOnly(), Tails(), Ears(is_subscribed=False), heads=3)


async def test_a_resumed_feed_is_a_reason_to_look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber, "POLL_SECONDS", 3600)
    ears = Ears(is_subscribed=True)
    asyncio.get_running_loop().call_later(0.01, ears.resumed.set)
    await polled(HeadsOnly(), Tails(), ears, heads=1)


async def test_a_database_that_fails_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber, "POLL_SECONDS", 0.01)
    log = HeadsOnly()
    log.fails = True
    await polled(log, Tails(), Ears(is_subscribed=True), heads=2)


async def test_nothing_is_asked_while_nobody_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber, "POLL_SECONDS", 0.001)
    log = HeadsOnly()
    task = asyncio.create_task(Poller(log, Tails(), Ears(is_subscribed=True)).run())  # type: ignore[arg-type]
    await asyncio.sleep(0.02)
    task.cancel()
    assert log.asked == []
