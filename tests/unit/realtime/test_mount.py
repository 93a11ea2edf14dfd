"""The tasks behind the live updates end with the application, whatever holds them."""

from __future__ import annotations

import asyncio

import pytest

from malha.realtime.mount import cancel

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


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
    await cancel(task)
    assert (swallowed, task.cancelled()) == (1, True)
