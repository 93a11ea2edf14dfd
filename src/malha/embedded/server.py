"""One server process of the embedded default: start it, wait until it answers, stop it, recover what it left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from malha.embedded.account import Account
from malha.embedded.errors import EmbeddedStartError

_LAUNCHER = Path(__file__).with_name("launch.py")
_LEFTOVER_SECONDS = 5.0
_LARGEST_LOG_BYTES = 10 * 1024 * 1024


class Server(Protocol):
    """What the keeper needs to know about a server."""

    @property
    def name(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def account(self) -> Account: ...
    @property
    def folder(self) -> Path:
        """The data folder, which is also the process' working directory."""
        ...

    @property
    def log(self) -> Path: ...
    @property
    def program_names(self) -> frozenset[str]:
        """How the kernel may call a process of this server."""
        ...

    @property
    def stop_signals(self) -> tuple[tuple[signal.Signals, float], ...]:
        """Signals from polite to hard, each with the seconds to wait before the next. SIGKILL comes last by itself."""
        ...

    @property
    def start_seconds(self) -> float: ...

    def prepare(self) -> list[str]:
        """Makes the data folder ready, and returns the command that runs the server in the foreground."""
        ...

    def is_ready(self, pid: int) -> bool: ...

    def set_data_aside(self) -> bool:
        """Called when the server cannot start: moves data away that can be done without, if that may help."""
        ...


@dataclass
class RunningServer:
    """A server and its process, a child of this one."""

    server: Server
    process: subprocess.Popen[bytes]

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def stop(self) -> None:
        for number, seconds in self.server.stop_signals:
            if self.has_ended():
                return
            self.process.send_signal(number)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
        if not self.has_ended():
            self.process.kill()
            self.process.wait()


def start(server: Server) -> RunningServer:
    """Returns when the server answers. Whatever an earlier, killed one left behind is cleared first."""
    try:
        return _start_once(server)
    except EmbeddedStartError:
        if not server.set_data_aside():
            raise
        return _start_once(server)


def _start_once(server: Server) -> RunningServer:
    end_leftovers(server)
    command = server.prepare()
    process = launch(server.account, server.folder, command, log=server.log, death_signal=server.stop_signals[0][0])
    running = RunningServer(server, process)
    deadline = time.monotonic() + server.start_seconds
    while not server.is_ready(process.pid):
        if running.has_ended():
            raise EmbeddedStartError(f"{server.name} ended while it started:\n{_last_lines(server.log)}")
        if time.monotonic() > deadline:
            running.stop()
            message = f"{server.name} did not answer within {server.start_seconds:.0f} s:\n{_last_lines(server.log)}"
            raise EmbeddedStartError(message)
        time.sleep(0.01)
    return running


def launch(
    account: Account, folder: Path, command: list[str], *, log: Path, death_signal: signal.Signals
) -> subprocess.Popen[bytes]:
    """Starts `command` in `folder` as the account, its output appended to `log`."""
    if log.exists() and log.stat().st_size > _LARGEST_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        return subprocess.Popen(
            [*launcher(account, folder, death_signal), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=server_environment(),
        )


def launcher(account: Account, folder: Path, death_signal: signal.Signals) -> list[str]:
    """The words to put before a command so that it runs in `folder` as the account, and ends with this process."""
    bound = [str(account.uid), str(account.gid), str(int(death_signal)), str(folder)]
    return [sys.executable, "-I", "-S", str(_LAUNCHER), *bound]


def server_environment() -> dict[str, str]:
    """Nothing of the caller's environment changes how a server behaves, except where its libraries are."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", **kept}


def end_leftovers(server: Server) -> None:
    """Ends processes of this data folder whose keeper was killed. Only one keeper runs, so they serve nobody."""
    deadline = time.monotonic() + _LEFTOVER_SECONDS
    asked: set[int] = set()
    while pids := set(_processes_in(server.folder, server.program_names)):
        overdue = time.monotonic() > deadline
        for pid in pids if overdue else pids - asked:
            _send(pid, signal.SIGKILL if overdue else server.stop_signals[0][0])
        asked |= pids
        time.sleep(0.05)


def _processes_in(folder: Path, program_names: frozenset[str]) -> Iterator[int]:
    processes = Path("/proc")
    if not (processes / "self" / "cwd").exists():
        yield from _processes_naming(folder, program_names)
        return
    for process in processes.iterdir():
        try:
            is_program = process.name.isdigit() and (process / "comm").read_text().strip() in program_names
            if is_program and (process / "cwd").readlink() == folder:
                yield int(process.name)
        except OSError:
            continue  # ended meanwhile, or not ours to look at


def _processes_naming(folder: Path, program_names: frozenset[str]) -> Iterator[int]:
    """Where there is no /proc (macOS): the main processes, whose command lines name their folder."""
    listing = subprocess.run(["ps", "-axo", "pid=,command="], capture_output=True, text=True, check=True).stdout
    for line in listing.splitlines():
        pid, _, command = line.strip().partition(" ")
        if str(folder) in command and any(name in command for name in program_names):
            yield int(pid)


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _last_lines(log: Path, count: int = 12) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
