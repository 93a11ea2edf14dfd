"""The supervisor over stand-in processes: restarts, exit statuses, and nobody left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_PROGRAM = Path(__file__).with_name("platform_program.py")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def _platform(home: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(_PROGRAM), str(home), str(_free_port()), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _read_until(process: subprocess.Popen[str], text: str) -> str:
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return "".join(lines)
    pytest.fail(f"{text!r} never came:\n{''.join(lines)}")


def _worker_pids(home: Path) -> list[int]:
    return [int(word) for word in (home / "worker.pids").read_text().split()]


def _is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def _eventually(condition: Callable[[], bool], seconds: float = 40) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _started(process: subprocess.Popen[str], home: Path) -> list[int]:
    """Waits for both the readiness and the worker, and gives every process that must be gone in the end."""
    _read_until(process, "READY")
    assert _eventually((home / "worker.pids").exists)
    postmaster = int((home / "postgres-18" / "postmaster.pid").read_text().split()[0])
    return [*_worker_pids(home), postmaster]


def test_the_status_of_the_work_done_once_ready_is_the_exit_status(home: Path) -> None:
    with _platform(home, "7") as process:
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 7
    assert "READY http://127.0.0.1:" in output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_ends_everything_with_status_0(home: Path, number: signal.Signals) -> None:
    with _platform(home) as process:
        pids = _started(process, home)
        process.send_signal(number)
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert [pid for pid in pids if _is_alive(pid)] == []


def test_a_shell_that_ignores_interrupts_for_its_background_does_not_make_it_deaf(home: Path) -> None:
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with _platform(home) as process:
            signal.signal(signal.SIGINT, previous)
            _started(process, home)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
    finally:
        signal.signal(signal.SIGINT, previous)
    assert process.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")
def test_a_killed_supervisor_leaves_no_process_behind(home: Path) -> None:
    with _platform(home) as process:
        pids = _started(process, home)
        process.kill()
        assert _eventually(lambda: not any(map(_is_alive, pids)))


def test_a_killed_worker_is_started_again_and_its_children_are_ended(home: Path) -> None:
    with _platform(home) as process:
        main, child, _ = _started(process, home)
        os.kill(main, signal.SIGKILL)
        _read_until(process, "worker | ended with signal 9")
        _read_until(process, "worker is up")
        assert _eventually(lambda: main not in _worker_pids(home))
        assert not _is_alive(child)


def test_a_process_that_cannot_start_ends_the_platform_with_its_reason_shown(home: Path) -> None:
    with _platform(home, "broken") as process:
        output, _ = process.communicate(timeout=100)
    assert process.returncode == 1
    assert "api    | cannot import malha.main" in output
    assert "api ended 5 times in a row while starting" in output


def _keeper(home: Path) -> int:
    """The parent of the database server."""
    postmaster = (home / "postgres-18" / "postmaster.pid").read_text().split()[0]
    status = Path(f"/proc/{postmaster}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("PPid:")).split()[1])


@pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")
def test_a_killed_keeper_leaves_nobody_behind_and_everything_comes_back(home: Path) -> None:
    with _platform(home) as process:
        pids = _started(process, home)
        os.kill(_keeper(home), signal.SIGKILL)
        _read_until(process, "worker is up")
        assert _eventually(lambda: not any(map(_is_alive, pids)))
        again = _started_again(home)
        assert not set(again) & set(pids)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert [pid for pid in again if _is_alive(pid)] == []


def _started_again(home: Path) -> list[int]:
    assert _eventually(lambda: all(map(_is_alive, _worker_pids(home))))
    return [*_worker_pids(home), int((home / "postgres-18" / "postmaster.pid").read_text().split()[0])]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends the children of a killed process")
def test_both_killed_at_once_leave_no_child_of_theirs(home: Path) -> None:
    with _platform(home) as process:
        main, _, postmaster = pids = _started(process, home)
        keeper = _keeper(home)
        process.kill()
        os.kill(keeper, signal.SIGKILL)
        assert _eventually(lambda: not _is_alive(main) and not _is_alive(postmaster))
        os.kill(pids[1], signal.SIGKILL)  # a stand-in of a pool child, which a real worker ends by itself


def test_a_home_has_one_platform_at_a_time(home: Path) -> None:
    with _platform(home) as first:
        pids = _started(first, home)
        with _platform(home) as second:
            output, _ = second.communicate(timeout=60)
        assert second.returncode == 1
        assert "is running in this folder already" in output
        assert all(map(_is_alive, pids))
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=60)
    with _platform(home) as third:
        _read_until(third, "READY")


def test_a_platform_started_while_a_killed_ones_processes_end_waits_for_them(home: Path) -> None:
    with _platform(home) as first:
        main, child, _ = _started(first, home)
        first.kill()
        with _platform(home) as second:
            _read_until(second, "READY")
            assert not _is_alive(main)
            assert not _is_alive(child)


def test_whoever_asks_twice_does_not_wait(home: Path) -> None:
    with _platform(home, "stubborn") as process:
        main, *_ = _started(process, home)
        process.send_signal(signal.SIGINT)
        time.sleep(1)
        assert _is_alive(main)
        process.send_signal(signal.SIGINT)
        assert _eventually(lambda: not _is_alive(main), seconds=20)
        process.communicate(timeout=60)
    assert process.returncode == 0
