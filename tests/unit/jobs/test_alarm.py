"""A process that hangs is ended, and one that does not is left alone."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from malha.jobs.alarm import ended_after


def run(code: str) -> int:
    program = f"import time, zlib\nfrom malha.jobs.alarm import ended_after\n{code}"
    return subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode


@pytest.mark.parametrize("hang", ["time.sleep(100)", "while True: pass", "sum(range(10**12))"])
def test_whatever_hangs_is_ended(hang: str) -> None:
    assert run(f"with ended_after(0.1):\n    {hang}") == -signal.SIGALRM


@pytest.mark.parametrize("end", ["pass", "raise ValueError"])
def test_what_has_ended_is_watched_no_more(end: str) -> None:
    code = f"try:\n    with ended_after(0.2):\n        {end}\nexcept ValueError:\n    pass\ntime.sleep(0.5)"
    assert run(code) == 0


def test_a_task_in_a_thread_is_not_watched() -> None:
    ran: list[bool] = []

    def work() -> None:
        with ended_after(0.001):
            ran.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ran
