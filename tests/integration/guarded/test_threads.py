"""Guarded files read by coroutines."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import psutil
import pytest
from tests.fakes.takeover import ANYTHING, file_that_does

from malha.guarded import GuardedError, off_loop, run_guarded, stream_off_loop
from malha.guarded.threads import MOST_AT_ONCE

PID = "__import__('os').getpid()"
BUSY = f"((__import__('time').sleep(0.2) or {PID}) if n == 0 else max(0 for _ in iter(int, 1)) for n in range(2))"


def stream(expression: str, is_cancelled: Callable[[], bool] = lambda: False) -> AsyncGenerator[Any, None]:
    file = file_that_does(expression)
    return stream_off_loop(lambda is_left: run_guarded(ANYTHING, file, is_cancelled=is_left), is_cancelled)


async def _read(expression: str, is_cancelled: Callable[[], bool] = lambda: False) -> list[Any]:
    return [value async for value in stream(expression, is_cancelled)]


async def _note(expression: str, note: Callable[[Any], None]) -> None:
    async for value in stream(expression):
        note(value)


def test_values_come_in_order() -> None:
    assert asyncio.run(_read("(n for n in range(50_000))")) == list(range(50_000))


def test_a_file_without_values_has_none() -> None:
    assert asyncio.run(_read("[]")) == []


def test_the_error_comes_after_the_values_before_it() -> None:
    values: list[Any] = []
    with pytest.raises(GuardedError):
        asyncio.run(_note("(1 // (3 - n) for n in range(9))", values.append))
    assert values == [0, 0, 1]


def test_other_coroutines_go_on_meanwhile() -> None:
    async def both() -> int:
        ticks = 0
        reading = asyncio.ensure_future(_read("[__import__('time').sleep(0.3)]"))
        while not reading.done():
            await asyncio.sleep(0.01)
            ticks += 1
        return ticks

    assert asyncio.run(both()) > 3


class _Reader:
    """A coroutine that ends before its file, and the child that it had."""

    def __init__(self) -> None:
        self.child = 0
        self.has_begun = asyncio.Event()

    async def read(self, how: str) -> None:
        async with aclosing(stream(BUSY)) as values:
            async for value in values:
                self.child = value
                self.has_begun.set()
                if how == "break":
                    break
                if how == "raise":
                    raise LookupError


async def _leave_early(how: str) -> int:
    reader = _Reader()
    if how == "timeout":
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.5):
                await reader.read(how)
        return reader.child
    reading = asyncio.ensure_future(reader.read(how))
    await reader.has_begun.wait()
    if how == "cancel":
        reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    return reader.child


@pytest.mark.parametrize("how", ["break", "raise", "cancel", "timeout"])
def test_a_file_that_is_left_early_ends_its_child(how: str) -> None:
    child = asyncio.run(_leave_early(how))
    assert child
    assert not psutil.pid_exists(child)


def test_is_cancelled_ends_the_child() -> None:
    until = time.monotonic() + 0.3
    with pytest.raises(GuardedError) as raised:
        asyncio.run(_read("max(0 for _ in iter(int, 1))", is_cancelled=lambda: time.monotonic() > until))
    assert raised.value.code == "cancelled"


async def _count_at_once(calls: int) -> int:
    running = most = 0

    def work() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.02)
        running -= 1

    await asyncio.gather(*[off_loop(work) for _ in range(calls)])
    return most


def test_only_a_few_files_are_read_at_a_time() -> None:
    assert asyncio.run(_count_at_once(10)) == MOST_AT_ONCE
