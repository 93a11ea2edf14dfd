"""A supervised child: its lines, its exit, the pauses between its restarts."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

import pytest

from malha.embedded.process import Child, ProcessSpec


def _started(code: str) -> Child:
    child = Child(ProcessSpec("child", (sys.executable, "-c", code)))
    child.start(os.environ)
    return child


def _status_and_lines(child: Child) -> tuple[int, list[str]]:
    assert child.process
    child.process.wait()
    lines = list(child.lines())
    status = child.reap()
    assert status is not None
    child.close_output()
    return status, lines


def test_lines_come_whole_and_the_last_needs_no_line_end() -> None:
    status, lines = _status_and_lines(_started("import sys; sys.stdout.write('um\\ndois\\r\\ntrês'); sys.exit(3)"))
    assert (status, lines) == (3, ["um", "dois", "três"])


def test_bytes_that_are_not_text_do_not_stop_the_log() -> None:
    _, lines = _status_and_lines(_started("import os; os.write(1, b'\\xff\\xfe\\n')"))
    assert lines == ["\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"]


def test_a_line_without_end_is_cut() -> None:
    child = _started("import os\nfor _ in range(40): os.write(1, b'x' * 4096)\nos.write(1, b'\\n')")
    lines: list[str] = []
    while child.output >= 0:
        lines += child.lines()
    child.reap()
    assert "".join(lines) == "x" * 40 * 4096
    assert len(lines) > 1


def test_pauses_grow_with_each_failure_in_a_row() -> None:
    child = Child(ProcessSpec("child", (sys.executable, "-c", "raise SystemExit(1)")))
    pauses = []
    for _ in range(3):
        child.start(os.environ)
        _status_and_lines(child)
        pauses.append(child.start_at - time.monotonic())
    assert child.failures_in_a_row == 3
    assert pauses == sorted(pauses)
    assert pauses[2] > 1


def test_a_child_sees_the_environment_of_its_spec_over_the_given_one() -> None:
    code = "import os; print(os.environ['A'], os.environ['B'])"
    child = Child(ProcessSpec("child", (sys.executable, "-c", code), {"B": "own"}))
    child.start({**os.environ, "A": "given", "B": "given"})
    assert _status_and_lines(child)[1] == ["given own"]


@pytest.mark.parametrize("act", [Child.ask_to_stop, Child.kill_group])
def test_stopping_what_never_started_does_nothing(act: Callable[[Child], None]) -> None:
    child = Child(ProcessSpec("child", ("/nowhere",)))
    act(child)
    assert child.reap() is None
