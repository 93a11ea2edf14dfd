"""Realtime as a whole: what its end means for those who follow, with neither a database nor a Redis to ask."""

from __future__ import annotations

import asyncio
import socket
from types import SimpleNamespace

import pytest
from tests.factories.feed import JOB

from malha.db import Database
from malha.realtime import Realtime, mount
from malha.settings import BrokerSettings, DatabaseSettings, Settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings() -> Settings:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        nobody = f"127.0.0.1:{probe.getsockname()[1]}"
    return Settings.model_validate(
        {
            "database": DatabaseSettings(url=f"postgresql://{nobody}/none"),
            "broker": BrokerSettings(redis_url=f"redis://{nobody}/0"),
        }
    )


async def nobody_is_known(*_: object) -> None:
    raise AssertionError("nobody asked")


def make_realtime(settings: Settings) -> Realtime:
    return Realtime(settings, Database(settings.database), nobody_is_known)  # type: ignore[arg-type]


async def test_its_end_wakes_whoever_follows_a_job(settings: Settings) -> None:
    realtime = make_realtime(settings)
    async with realtime:
        with realtime.tails.watch(JOB) as watch:
            waiting = asyncio.create_task(watch.wait(3600))
            await asyncio.sleep(0)
            await realtime.__aexit__(None, None, None)
            assert realtime.tails.is_closed
            assert await asyncio.wait_for(waiting, 5)


async def test_streams_end_before_the_tasks_that_feed_them(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    realtime = make_realtime(settings)
    was_closed: list[bool] = []

    async def listen() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            was_closed.append(realtime.tails.is_closed)

    monkeypatch.setattr(realtime.subscriber, "run", listen)
    async with realtime:
        await asyncio.sleep(0)
    assert was_closed == [True]


async def test_no_task_outlives_it(settings: Settings) -> None:
    before = asyncio.all_tasks()
    async with make_realtime(settings):
        assert len(asyncio.all_tasks() - before) >= 3
    assert asyncio.all_tasks() - before == set()


async def test_streams_end_as_soon_as_the_server_is_told_to_stop(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = SimpleNamespace(should_exit=False)
    monkeypatch.setattr(mount, "running_server", lambda: server)
    monkeypatch.setattr(mount, "SHUTDOWN_LOOK_SECONDS", 0.01)
    async with make_realtime(settings) as realtime:
        await asyncio.sleep(0.05)
        assert not realtime.tails.is_closed
        server.should_exit = True
        async with asyncio.timeout(5):
            while not realtime.tails.is_closed:  # noqa: ASYNC110 - nobody is told
                await asyncio.sleep(0.01)


async def test_a_task_that_fails_is_reported(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[str] = []

    async def fail() -> None:
        raise RuntimeError("lost")

    monkeypatch.setattr(mount, "_log", SimpleNamespace(error=lambda event, **_: reported.append(event)))
    realtime = make_realtime(settings)
    monkeypatch.setattr(realtime.subscriber, "run", fail)
    async with realtime:
        await asyncio.sleep(0.05)
    assert reported == ["realtime.task_failed"]


async def test_a_task_that_takes_a_cancellation_for_an_error_of_its_own_is_cancelled_again() -> None:
    swallowed = 0

    async def listen() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if swallowed:
                    raise
                swallowed += 1

    task = asyncio.create_task(listen())
    await asyncio.sleep(0)
    await mount.cancel(task)
    assert (swallowed, task.cancelled()) == (1, True)
