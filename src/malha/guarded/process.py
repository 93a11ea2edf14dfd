"""The parent's side: starts a child for one file, reads what it says, and ends it when a limit is reached."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, ParamSpec, TypeVar

import orjson

from malha.guarded.errors import GuardedError

MEBIBYTE = 1024 * 1024
VALUE, REFUSAL, END = b"=", b"!", b"."
"""What a line of the child's output begins with; JSON follows the first two."""

MOST_LINE_BYTES = 16 * MEBIBYTE
MOST_CHILDREN = 2

_READERS = ThreadPoolExecutor(MOST_CHILDREN, thread_name_prefix="guarded")
_KEPT_VARIABLES = ("LD_LIBRARY_PATH",)  # some interpreters need it to start
_OUT_OF_TIME = frozenset({-signal.SIGXCPU, -signal.SIGALRM})
# What an allocation that fails leads to in C and Rust, and what the kernel does when memory runs out.
_OUT_OF_MEMORY = frozenset({-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS, -signal.SIGKILL})

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What parsing one file may take."""

    memory_bytes: int = 512 * MEBIBYTE
    cpu_seconds: int = 30
    wall_seconds: int = 60
    output_bytes: int = 256 * MEBIBYTE


def run_guarded(target: str, source: BinaryIO, limits: Limits | None = None) -> Generator[Any, None, None]:
    """Yield what the generator function `target` (`package.module:name`) yields for the file, as JSON has it.

    The function runs in a fresh interpreter without our environment, and gets the file as its only argument. `source`
    must be a file of the operating system. Raises GuardedError, which may be after some values. Close the iterator
    when it is left early. Blocks: see `off_loop`.
    """
    limits = limits or Limits()
    source.flush()
    os.lseek(source.fileno(), 0, os.SEEK_SET)
    child = subprocess.Popen(
        [sys.executable, "-IB", "-m", "malha.guarded", target, str(limits.memory_bytes), str(limits.cpu_seconds),
         str(limits.wall_seconds)],
        stdin=source,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
        cwd="/",
        start_new_session=True,
    )  # fmt: skip
    with child:
        try:
            yield from _Conversation(child, limits).values()
        finally:
            child.kill()


async def off_loop(
    function: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    """Call what reads guarded files on a thread of its own; a few at a time, the others wait."""
    return await asyncio.get_running_loop().run_in_executor(_READERS, partial(function, *args, **kwargs))


class _Conversation:
    """One child and what it says until its end."""

    def __init__(self, child: subprocess.Popen[bytes], limits: Limits) -> None:
        self._child = child
        self._limits = limits
        self._is_late = False

    def values(self) -> Iterator[Any]:
        timer = threading.Timer(self._limits.wall_seconds, self._end)
        timer.daemon = True
        timer.start()
        try:
            for line in self._lines():
                kind, told = line[:1], line[1:]
                if kind == END:
                    return
                if kind == REFUSAL:
                    raise _refusal(orjson.loads(told))
                yield orjson.loads(told)
            raise self._verdict()
        finally:
            timer.cancel()

    def _lines(self) -> Iterator[bytes]:
        """Whole lines; the last one of a child that was cut off is dropped."""
        assert self._child.stdout is not None  # noqa: S101 - it was asked for
        left = self._limits.output_bytes
        while line := self._child.stdout.readline(MOST_LINE_BYTES):
            left -= len(line)
            if left < 0 or len(line) == MOST_LINE_BYTES:
                raise GuardedError.of("output")
            if line.endswith(b"\n"):
                yield line

    def _verdict(self) -> GuardedError:
        """What ended a child that did not come to its end."""
        status = self._child.wait()
        if self._is_late or status in _OUT_OF_TIME:
            return GuardedError.of("time")
        return GuardedError.of("memory" if status in _OUT_OF_MEMORY else "crashed")

    def _end(self) -> None:
        self._is_late = True
        self._child.kill()


def _refusal(told: dict[str, str]) -> GuardedError:
    if "message_pt" not in told:
        return GuardedError.of(told["code"])
    return GuardedError(told["code"], told["message_pt"], told["message_en"])
