"""Becomes another program: `python -m malha.guarded._program MEMORY_BYTES CPU_SECONDS PROGRAM ARGUMENT...`.

It may read and execute what the system is made of, and nothing else: no file of ours, no port, no file of its own.
"""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

from malha.guarded import _landlock, _system

SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc")
MOST_OPEN_FILES = 64


def main(memory_bytes: int, cpu_seconds: int, command: list[str]) -> None:
    """Does not return."""
    if _system.MACHINE:
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_OPEN_FILES, MOST_OPEN_FILES))
    for what in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(what, (0, 0))
    if _landlock.is_available():
        _landlock.restrict(folder for folder in SYSTEM if Path(folder).exists())
    os.execv(command[0], command)  # noqa: S606 - the parent names a program of the system


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
