"""Guarded files for coroutines: what blocks waits on threads of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Generic, ParamSpec, TypeVar

MOST_AT_ONCE = 2
GATHERED_SECONDS = 0.05

_READERS = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="guarded")

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Value = TypeVar("Value")


async def off_loop(
    function: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    """Call what reads guarded files on a thread of its own; a few at a time, the others wait."""
    return await asyncio.get_running_loop().run_in_executor(_READERS, partial(function, *args, **kwargs))


async def stream_off_loop(
    begin: Callable[[Callable[[], bool]], Iterator[Value]], is_cancelled: Callable[[], bool] = lambda: False
) -> AsyncGenerator[Value, None]:
    """The values of what reads guarded files, a few at a time; the child waits while nobody asks for more.

    `begin` is called with a condition to hand on to `run_guarded`: `is_cancelled`, or that this was left early, of
    which it must be told by closing it.
    """
    is_left = threading.Event()
    values = _Values(begin(lambda: is_left.is_set() or is_cancelled()))
    try:
        while gathered := await off_loop(values.gather):
            for value in gathered:
                yield value
        values.raise_if_failed()
    finally:
        is_left.set()
        if not values.is_over:
            await asyncio.shield(off_loop(values.close))


class _Values(Generic[Value]):
    """An iterator that one thread at a time draws from."""

    def __init__(self, values: Iterator[Value]) -> None:
        self.is_over = False
        self._values = values
        self._lock = threading.Lock()
        self._error: Exception | None = None

    def gather(self) -> list[Value]:
        """What comes within a moment, at least one value; nothing at the end."""
        gathered: list[Value] = []
        with self._lock:
            until = time.monotonic() + GATHERED_SECONDS
            try:
                for value in self._values:
                    gathered.append(value)
                    if time.monotonic() > until:
                        return gathered
            except Exception as error:
                self._error = error
            self.is_over = True
        return gathered

    def raise_if_failed(self) -> None:
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        with self._lock:
            self.is_over = True
            if isinstance(self._values, Generator):
                self._values.close()
