"""The fork server: `python -m malha.guarded TARGET`, with its parent's socket as standard input.

It loads what parses, opens no file after that, and forks a child whenever it is told to. It never sees a file.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import socket
import sys
from typing import Any

import orjson

from malha.guarded import _landlock, _seccomp, _system
from malha.guarded._frames import HEADER, REFUSAL, VALUE, frame, read_exactly
from malha.guarded._serving import Parser, load, serve

GRACE_SECONDS = 5
MOST_OPEN_FILES = 16


def main(target: str) -> None:
    """Serve until the parent is gone."""
    control = socket.socket(fileno=os.dup(0))
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.close(nowhere)
    try:
        parse = load(target)
    except Exception as error:  # a fault of ours: the parent raises it
        control.sendall(frame(REFUSAL, orjson.dumps(f"{target}: {error!r}")))
        return
    gc.collect()
    gc.freeze()  # so that collecting in a child does not copy every page
    mapped_bytes = _mapped_bytes()
    locks = {"Landlock": _landlock.is_available(), "seccomp": _seccomp.is_available()}
    if locks["Landlock"]:
        _landlock.restrict()
    _ForkServer(control, parse, locks, mapped_bytes).run()


class _ForkServer:
    """Does what the parent says: forks children, ends them, and tells how they ended."""

    def __init__(self, control: socket.socket, parse: Parser, locks: dict[str, bool], mapped_bytes: int) -> None:
        self._control = control
        self._parse = parse
        self._locks = locks
        self._mapped_bytes = mapped_bytes
        self._children: set[int] = set()

    def run(self) -> None:
        try:
            self._answer({"missing": [name for name, holds in self._locks.items() if not holds]})
            while True:
                header, descriptors, *_ = socket.recv_fds(self._control, HEADER.size, 1)
                if not header:
                    return
                header += read_exactly(self._control.fileno(), HEADER.size - len(header))
                order = orjson.loads(read_exactly(self._control.fileno(), HEADER.unpack(header)[1]))
                self._answer(self._end(order["end"]) if "end" in order else self._fork(order, descriptors[0]))
        except (EOFError, ConnectionError):
            return  # the parent is gone
        finally:
            for pid in self._children:
                os.kill(pid, signal.SIGKILL)

    def _answer(self, value: Any) -> None:
        self._control.sendall(frame(VALUE, orjson.dumps(value)))

    def _fork(self, limits: dict[str, int], descriptor: int) -> dict[str, int]:
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._be_child(server, limits, descriptor)
        os.close(descriptor)
        self._children.add(pid)
        return {"pid": pid}

    def _end(self, pid: int) -> dict[str, int]:
        """Killed, unless it has ended by itself; negative is the signal that ended it."""
        self._children.remove(pid)  # KeyError for any other number, of which -1 would end the whole machine
        os.kill(pid, signal.SIGKILL)  # not waited for yet, so its number is nobody else's
        _, status, usage = os.wait4(pid, 0)
        return {"status": os.waitstatus_to_exitcode(status), "peak": usage.ru_maxrss}

    def _be_child(self, server: int, limits: dict[str, int], descriptor: int) -> None:
        status = 1
        try:
            self._control.close()
            _end_with_parent(server)
            connection = socket.socket(fileno=descriptor)
            _limit(self._mapped_bytes + limits["memory"], limits["cpu"])
            if self._locks["seccomp"]:
                _seccomp.restrict()
            serve(connection, self._parse)
            status = 0
        finally:
            os._exit(status)


def _end_with_parent(server: int) -> None:
    """A server that is killed takes its children with it, also those that are busy."""
    if _system.MACHINE:
        _system.prctl(_system.PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != server:
            os._exit(1)


def _limit(memory_bytes: int, cpu_seconds: int) -> None:
    """Hard limits."""
    if _system.MACHINE:  # elsewhere it counts shared libraries of any size, or nothing at all
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + GRACE_SECONDS))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_OPEN_FILES, MOST_OPEN_FILES))
    for what in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_NPROC):
        resource.setrlimit(what, (0, 0))


def _mapped_bytes() -> int:
    """What this process has mapped, which a child begins with; limits of memory count it."""
    if not _system.MACHINE:
        return 0
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - no file of ours
        return int(file.read().split()[0]) * resource.getpagesize()


if __name__ == "__main__":
    main(sys.argv[1])
