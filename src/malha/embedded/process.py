"""One child of the keeper, whatever it runs: started, watched, started again with growing pauses, stopped."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from malha.embedded.account import Account
from malha.embedded.errors import EmbeddedStartError

_LAUNCHER = Path(__file__).with_name("launch.py")
_LONGEST_PAUSE_SECONDS = 30.0
_STEADY_SECONDS = 30.0

StopSignals = tuple[tuple[signal.Signals, float], ...]


class Program:
    """What a child runs: `prepare` gives its command, `folder` is where it runs.

    `stop_signals` go from polite to hard, each with the seconds to wait before the next; SIGKILL comes last by itself.
    It has `start_seconds` to get ready.
    """

    name: str
    account: Account
    folder: Path
    environment: Mapping[str, str]
    stop_signals: StopSignals
    start_seconds: float = 0.0

    def prepare(self) -> list[str]:
        """Makes ready what the program needs, and returns the command that runs it in the foreground."""
        raise NotImplementedError

    def open_output(self) -> int:
        """A new file descriptor for what it prints."""
        raise NotImplementedError

    def note(self, text: str) -> None:
        """Says something about it to whoever reads its output."""
        raise NotImplementedError

    def is_ready(self, pid: int) -> bool:
        """Whether its process can be used; without another sign, at once."""
        del pid
        return True

    def set_data_aside(self) -> bool:
        """Called when it ended before it was ready: moves data away that can be done without, if that may help."""
        return False


@dataclass(frozen=True)
class ProcessSpec:
    """One of Malha's own processes to be. `stop_seconds` is the time between SIGTERM and SIGKILL."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: float = 15.0


class OwnProcess(Program):
    """One of Malha's own processes; `output` is the pipe of whoever shows its lines."""

    def __init__(self, spec: ProcessSpec, folder: Path, environment: Mapping[str, str], output: int) -> None:
        self.name = spec.name
        self.account = Account("", os.geteuid(), os.getegid())
        self.folder = folder
        self.environment = {**environment, "PYTHONUNBUFFERED": "1", **spec.environment}
        self.stop_signals = ((signal.SIGTERM, spec.stop_seconds),)
        self._command = list(spec.command)
        self._output = output

    def prepare(self) -> list[str]:
        return self._command

    def open_output(self) -> int:
        return os.dup(self._output)

    def note(self, text: str) -> None:
        # A pipe that poll calls writable takes this much at once; when it is full, what we say is not worth waiting.
        if select.select([], [self._output], [], 0)[1]:
            with contextlib.suppress(OSError):
                os.write(self._output, text.encode()[: select.PIPE_BUF - 1] + b"\n")


@dataclass
class Child:
    """Runs in a session of its own, so that a Ctrl-C does not reach it and its whole group can be ended.

    Call `step` several times a second: it does what is due, and never waits.
    """

    program: Program
    process: subprocess.Popen[bytes] | None = None
    is_ready: bool = False
    failures_in_a_row: int = 0
    start_at: float = 0.0
    problem: str = ""
    """Why it does not run, until it is ready again."""

    _was_ready: bool = False
    _started_at: float = 0.0
    _next_signals: Iterator[tuple[signal.Signals, float]] | None = None
    _press_at: float = 0.0

    @property
    def is_stopping(self) -> bool:
        return self._next_signals is not None

    @property
    def is_gone(self) -> bool:
        return self.is_stopping and self.process is None

    @property
    def has_given_up(self) -> bool:
        """Whether it has never been ready, and does not try at the moment: there is a reason to be told."""
        return bool(self.problem) and self.process is None and not self._was_ready

    def step(self) -> None:
        now = time.monotonic()
        if self.process is None:
            if not self.is_stopping and now >= self.start_at:
                self._start()
        elif self.process.poll() is not None:
            self._bury(self.process.returncode)
        elif self.is_stopping:
            self._press(now)
        elif not self.is_ready:
            self._look(self.process, now)

    def ask_to_stop(self) -> None:
        """The polite signal now, and the harder ones when their time has come; it is not started again."""
        if not self.is_stopping:
            self._next_signals = iter(self.program.stop_signals)
            self._press(time.monotonic())

    def kill_group(self) -> None:
        if self.process is not None:
            send_groups({self.process.pid}, signal.SIGKILL)

    def _start(self) -> None:
        program = self.program
        self.is_ready = False
        self._started_at = time.monotonic()
        try:
            command = program.prepare()
            output = program.open_output()
            try:
                self.process = subprocess.Popen(
                    [*launcher(program.account, program.folder, program.stop_signals[0][0]), *command],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=dict(program.environment),
                    start_new_session=True,
                )
            finally:
                os.close(output)
        except (EmbeddedStartError, OSError) as error:
            self._fail(str(error))

    def _look(self, process: subprocess.Popen[bytes], now: float) -> None:
        if self.program.is_ready(process.pid):
            self.is_ready, self._was_ready, self.problem = True, True, ""
        elif now - self._started_at > self.program.start_seconds:
            self.problem = f"did not answer within {self.program.start_seconds:.0f} s"
            process.send_signal(self.program.stop_signals[-1][0])

    def _bury(self, status: int) -> None:
        self.kill_group()  # children of a killed parent (a prefork pool) would go on unsupervised
        self.process = None
        if self.is_stopping:
            return
        if not self.is_ready and self.program.set_data_aside():
            self.program.note(f"{self.program.name}: its data cannot be read, and was set aside")
        else:
            self._fail(f"ended with {_named_status(status)}")

    def _fail(self, problem: str) -> None:
        steady = self.is_ready and time.monotonic() - self._started_at > _STEADY_SECONDS
        self.failures_in_a_row = 1 if steady else self.failures_in_a_row + 1
        pause = min(_LONGEST_PAUSE_SECONDS, 0.25 * 2**self.failures_in_a_row)
        self.is_ready, self.problem, self.start_at = False, problem, time.monotonic() + pause
        self.program.note(f"{problem}; starting again in {pause:.1f} s")

    def _press(self, now: float) -> None:
        if self.process is None or self._next_signals is None or now < self._press_at:
            return
        number, seconds = next(self._next_signals, (None, 0.0))
        self._press_at = now + seconds
        if number is None:
            self.kill_group()
        else:
            self.process.send_signal(number)


def launcher(account: Account, folder: Path, death_signal: signal.Signals) -> list[str]:
    """The words to put before a command so that it runs in `folder` as the account, and ends with this process."""
    bound = [str(account.uid), str(account.gid), str(int(death_signal)), str(folder)]
    return [sys.executable, "-I", "-S", str(_LAUNCHER), *bound]


def _named_status(status: int) -> str:
    return f"signal {-status} ({signal.strsignal(-status)})" if status < 0 else f"status {status}"


def send_groups(groups: set[int], number: int) -> set[int]:
    """Sends a signal to process groups; returns those that there still are."""
    there: set[int] = set()
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
            os.killpg(group, number)
            there.add(group)
    return there
