"""What PostgreSQL and Redis have in common as children of the keeper: their log, and what a killed one left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from malha.embedded.account import Account
from malha.embedded.home import Home
from malha.embedded.process import Program

_LEFTOVER_SECONDS = 5.0
_LINES_SHOWN = 12
_LARGEST_LOG_BYTES = 10 * 1024 * 1024


class Server(Program):
    """Its data folder, which is also its working directory, is made by the account that runs it."""

    url: str
    program_names: frozenset[str]
    """How the kernel may call a process of this server."""

    def __init__(self, home: Home, account: Account, *, is_durable: bool) -> None:
        self.home = home
        self.account = account
        self.is_durable = is_durable
        self.environment = server_environment()
        self.log = home.logs / f"{self.name}.log"

    def command(self) -> list[str]:
        """Makes the data folder ready, and returns the command that runs the server in the foreground."""
        raise NotImplementedError

    def prepare(self) -> list[str]:
        end_leftovers(self)
        return self.command()

    def open_output(self) -> int:
        if self.log.exists() and self.log.stat().st_size > _LARGEST_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        return os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, text: str) -> None:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        print(now, f"{self.name}: {text}", flush=True)  # stdout is keeper.log

    def last_lines(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-_LINES_SHOWN:])


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
