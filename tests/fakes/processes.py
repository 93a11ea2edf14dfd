"""Malha's own processes, started for one test and ended with it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
STOP_SECONDS = 30


@contextlib.contextmanager
def celery_process(*arguments: str, environ: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`celery -A malha.worker ...`, stopped when the block is left; its output goes to `log`."""
    command = [sys.executable, "-m", "celery", "-A", "malha.worker", *arguments]
    inherited = {"PATH": os.environ.get("PATH", ""), "HOME": os.environ.get("HOME", "")}
    variables = {**inherited, "PYTHONPATH": str(REPOSITORY), **environ}
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=log.parent, env=variables, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(condition: Callable[[], object], *, log: Path, seconds: float = 40) -> None:
    """Returns as soon as the condition holds; what the process said is the failure's message."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not happen; the process said:\n{log.read_text()[-4000:]}")
        time.sleep(0.05)
