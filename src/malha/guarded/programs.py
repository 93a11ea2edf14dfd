"""Programs of the system that read an untrusted file, within limits and without a way to anything else."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import BinaryIO

from malha.guarded.errors import GuardedError
from malha.guarded.limits import Limits

_PARENT = ("LD_LIBRARY_PATH",)  # some interpreters need it to start


def run_program(command: Sequence[str], source: BinaryIO, limits: Limits) -> bytes:
    """What a program writes that gets the file, one of the operating system, as its standard input.

    `command` begins with the program's path. GuardedError when it fails, or reaches a limit. Blocks.
    """
    source.flush()
    source.seek(0)
    process = subprocess.Popen(
        [
            sys.executable, "-IB", "-m", "malha.guarded._program",
            str(limits.memory_bytes), str(limits.cpu_seconds), *command,
        ],
        stdin=source,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"LC_ALL": "C.UTF-8"} | {name: os.environ[name] for name in _PARENT if name in os.environ},
        cwd="/",
        start_new_session=True,
    )  # fmt: skip
    is_late = threading.Event()

    def end() -> None:
        is_late.set()
        process.kill()

    clock = threading.Timer(limits.wall_seconds, end)
    clock.start()
    try:
        with process:
            assert process.stdout is not None  # noqa: S101 - asked for above
            told = process.stdout.read(limits.output_bytes + 1)
            if len(told) > limits.output_bytes:
                process.kill()
                raise GuardedError.of("output")
    finally:
        clock.cancel()
    if is_late.is_set():
        raise GuardedError.of("time")
    if process.returncode != 0:
        raise GuardedError.of("crashed")
    return told
