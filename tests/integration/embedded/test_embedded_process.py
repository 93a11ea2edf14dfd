"""A child of the keeper: its lines, its exit, the pauses between its restarts, its end."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from malha.embedded.process import Child, OwnProcess, ProcessSpec
from malha.embedded.screen import Lines

STUBBORN = (
    "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(600)"
)


@pytest.fixture
def lines() -> Iterator[Lines]:
    made = Lines("child")
    yield made
    made.end()
    if made.reading >= 0:
        os.close(made.reading)


def _child(code: str, lines: Lines, *, stop_seconds: float = 15.0) -> Child:
    spec = ProcessSpec("child", (sys.executable, "-c", code), stop_seconds=stop_seconds)
    return Child(OwnProcess(spec, Path.cwd(), os.environ, lines.writing))


def _status_and_lines(child: Child, lines: Lines) -> tuple[int, list[str]]:
    child.step()
    assert child.process
    status = child.process.wait()
    found = list(lines.read())
    child.step()
    assert child.process is None
    return status, found


def _step_until(child: Child, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never became true"
        child.step()
        time.sleep(0.01)


def test_lines_come_whole_and_the_last_needs_no_line_end(lines: Lines) -> None:
    child = _child("import sys; sys.stdout.write('um\\ndois\\r\\ntrês'); sys.exit(3)", lines)
    child.step()
    assert child.process
    assert child.process.wait() == 3
    lines.end()
    assert list(lines.read()) == ["um", "dois", "três"]


def test_bytes_that_are_not_text_do_not_stop_the_log(lines: Lines) -> None:
    _, found = _status_and_lines(_child("import os; os.write(1, b'\\xff\\xfe\\n')", lines), lines)
    assert found == ["\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"]


def test_a_line_without_end_is_cut(lines: Lines) -> None:
    child = _child("import os\nfor _ in range(40): os.write(1, b'x' * 4096)\nos.write(1, b'\\n')", lines)
    child.step()
    lines.end()
    found: list[str] = []
    while lines.reading >= 0:
        found += lines.read()
    assert "".join(found) == "x" * 40 * 4096
    assert len(found) > 1
    assert child.process
    child.process.wait()


def test_pauses_grow_with_each_failure_in_a_row(lines: Lines) -> None:
    child = _child("raise SystemExit(1)", lines)
    pauses: list[float] = []
    for _ in range(3):
        child.start_at = 0
        assert _status_and_lines(child, lines)[0] == 1
        pauses.append(child.start_at - time.monotonic())
    assert child.failures_in_a_row == 3
    assert pauses == sorted(pauses)
    assert pauses[2] > 1
    assert "ended with status 1; starting again in 2.0 s" in list(lines.read())


def test_a_pause_is_kept(lines: Lines) -> None:
    child = _child("raise SystemExit(1)", lines)
    _status_and_lines(child, lines)
    child.step()
    assert child.process is None


def test_a_child_sees_the_environment_of_its_spec_over_the_given_one(lines: Lines) -> None:
    code = "import os; print(os.environ['A'], os.environ['B'])"
    spec = ProcessSpec("child", (sys.executable, "-c", code), {"B": "own"})
    child = Child(OwnProcess(spec, Path.cwd(), {**os.environ, "A": "given", "B": "given"}, lines.writing))
    assert _status_and_lines(child, lines)[1] == ["given own"]


def test_a_command_that_is_not_there_is_a_failure_like_any_other(lines: Lines) -> None:
    child = Child(OwnProcess(ProcessSpec("child", ("/nowhere",)), Path.cwd(), os.environ, lines.writing))
    assert _status_and_lines(child, lines)[0] == 1
    assert child.failures_in_a_row == 1


def test_what_ignores_the_polite_signal_is_killed_after_its_time(lines: Lines) -> None:
    child = _child(STUBBORN, lines, stop_seconds=0.2)
    child.step()
    process = child.process
    assert process
    _step_until(child, lambda: "up" in list(lines.read()))
    child.ask_to_stop()
    child.ask_to_stop()  # the time runs from the first
    _step_until(child, lambda: child.is_gone)
    assert process.returncode == -signal.SIGKILL
    child.step()
    assert child.process is None


def test_a_full_pipe_does_not_hold_up_who_watches(lines: Lines) -> None:
    program = _child("", lines).program
    os.set_blocking(lines.writing, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(lines.writing, b"x" * 4096):
            pass
    os.set_blocking(lines.writing, True)
    program.note("not worth waiting for")


@pytest.mark.parametrize("act", [Child.ask_to_stop, Child.kill_group])
def test_stopping_what_never_started_does_nothing(lines: Lines, act: Callable[[Child], None]) -> None:
    child = Child(OwnProcess(ProcessSpec("child", ("/nowhere",)), Path.cwd(), os.environ, lines.writing))
    act(child)
    assert child.process is None
