"""Runs Malha's processes: their logs on one screen, restarts with growing pauses, an end that leaves nobody behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TextIO

from malha.embedded.process import Child, ProcessSpec

_WATCHDOG = Path(__file__).with_name("watchdog.py")
_COLOURS = (36, 33, 35, 32, 34, 31)
_FAILURES_BEFORE_GIVING_UP = 5
_LINES_KEPT = 200


class SupervisionError(RuntimeError):
    """The processes did not get ready; the message says which and why."""


@dataclass
class Supervisor:
    """Runs processes until it is told to stop, or their work is done.

    `tick` is called a few times a second, from the supervising thread. With `is_quiet` the processes' last log lines
    are shown only when something fails.
    """

    specs: Sequence[ProcessSpec]
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    screen: TextIO | None = field(default_factory=lambda: sys.stdout)
    tick: Callable[[], None] | None = None
    is_quiet: bool = False
    _children: list[Child] = field(default_factory=list)
    _watchdog: subprocess.Popen[bytes] | None = None
    _stop_requests: int = 0
    _unshown: deque[str] = field(default_factory=lambda: deque(maxlen=_LINES_KEPT))

    def run(
        self,
        *,
        is_ready: Callable[[], bool],
        when_ready: Callable[[], int | None],
        ready_seconds: float = 120.0,
    ) -> int:
        """Returns the exit status: 0 after a stop that was asked for, or what `when_ready` returned.

        `when_ready` runs once, in a thread of its own; the processes go on while it returns None. Raises
        SupervisionError when a process keeps ending, or the time is over, before `is_ready`; and what `when_ready`
        raised.
        """
        outcome = _Outcome()
        self._children = [Child(spec) for spec in self.specs]
        self._watchdog = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_WATCHDOG)], stdin=subprocess.PIPE, start_new_session=True
        )
        with self._signals_counted():
            try:
                self._wait_until_ready(is_ready, time.monotonic() + ready_seconds)
                if not self._stop_requests:
                    threading.Thread(target=outcome.take_from, args=(when_ready,), daemon=True).start()
                while not self._stop_requests and not outcome.is_final:
                    self._step()
                status = outcome.status()
            except BaseException:
                self._stop_all()
                self._show_kept()
                raise
            self._stop_all()
        if status:
            self._show_kept()
        return status

    def _wait_until_ready(self, is_ready: Callable[[], bool], deadline: float) -> None:
        while not self._stop_requests and not is_ready():
            self._step()
            for child in self._children:
                if child.failures_in_a_row >= _FAILURES_BEFORE_GIVING_UP:
                    message = f"{child.name} ended {child.failures_in_a_row} times in a row while starting"
                    raise SupervisionError(f"{message}: its last lines above say why")
            if time.monotonic() > deadline:
                raise SupervisionError("not ready in time: the lines above say what is missing")

    def _step(self) -> None:
        for child in self._children:
            if child.process is None and time.monotonic() >= child.start_at:
                self._tell_watchdog(f"+{child.start(self.environ)}")
        self._show_logs(0.1)
        for child in self._children:
            self._reap(child)
        if self.tick:
            self.tick()

    def _reap(self, child: Child) -> None:
        group = child.process.pid if child.process else None
        status = child.reap()
        if status is None:
            return
        self._tell_watchdog(f"-{group}")
        self._show_lines(child)
        child.close_output()
        if not self._stop_requests:
            pause = max(0.0, child.start_at - time.monotonic())
            self._show(child, f"ended with {_named_status(status)}; starting again in {pause:.1f} s")

    def _show_logs(self, seconds: float) -> None:
        outputs = [child.output for child in self._children if child.output >= 0]
        readable, _, _ = select.select(outputs, [], [], seconds)
        for child in self._children:
            if child.output in readable:
                self._show_lines(child)

    def _show_lines(self, child: Child) -> None:
        for line in child.lines():
            self._show(child, line)

    def _show(self, child: Child, line: str) -> None:
        width = max(len(spec.name) for spec in self.specs)
        label = f"{child.name:<{width}} |"
        if self.screen and self.screen.isatty() and not self.environ.get("NO_COLOR"):
            label = f"\033[{_COLOURS[self._children.index(child) % len(_COLOURS)]}m{label}\033[0m"
        if self.is_quiet:
            self._unshown.append(f"{label} {line}")
        else:
            self._write(f"{label} {line}")

    def _show_kept(self) -> None:
        while self._unshown:
            self._write(self._unshown.popleft())

    def _write(self, line: str) -> None:
        if self.screen is None:
            return
        try:
            self.screen.write(f"{line}\n")
            self.screen.flush()
        except OSError:  # the terminal or the pipe's reader is gone: no reason to stop working
            self.screen = None

    def _tell_watchdog(self, line: str) -> None:
        if not self._watchdog or not self._watchdog.stdin:
            return
        try:
            self._watchdog.stdin.write(line.encode() + b"\n")
            self._watchdog.stdin.flush()
        except BrokenPipeError:  # killed; on Linux the kernel still ends the children with this process
            self._watchdog = None

    def _stop_all(self) -> None:
        """SIGTERM for all, SIGKILL for what is left after its time, or at once after a second request."""
        requests = self._stop_requests
        self._stop_requests = max(1, requests)
        stopped_at = time.monotonic()
        for child in self._children:
            child.ask_to_stop()
        while any(child.process for child in self._children):
            waited = time.monotonic() - stopped_at
            for child in self._children:
                if waited > child.spec.stop_seconds or self._stop_requests > max(1, requests):
                    child.kill_group()
            self._show_logs(0.05)
            for child in self._children:
                self._reap(child)
        if self._watchdog and self._watchdog.stdin:
            self._watchdog.stdin.close()
            self._watchdog.wait()

    @contextmanager
    def _signals_counted(self) -> Iterator[None]:
        def count(_number: int, _frame: FrameType | None) -> None:
            self._stop_requests += 1

        wanted = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # whoever started us with `nohup` meant it
            wanted.append(signal.SIGHUP)
        previous = {number: signal.signal(number, count) for number in wanted}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


@dataclass
class _Outcome:
    """What the thread of `when_ready` came to."""

    result: int | None = None
    error: BaseException | None = None

    @property
    def is_final(self) -> bool:
        return self.result is not None or self.error is not None

    def take_from(self, work: Callable[[], int | None]) -> None:
        try:
            self.result = work()
        except BaseException as error:  # raised again by `status`, in the supervising thread
            self.error = error

    def status(self) -> int:
        if self.error:
            raise self.error
        return self.result or 0


def _named_status(status: int) -> str:
    return f"signal {-status} ({signal.strsignal(-status)})" if status < 0 else f"status {status}"
