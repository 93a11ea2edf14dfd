"""What a child may take, and what is said of one that wants more."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from tests.fakes.takeover import ANYTHING, SMALL, code_of, file_that_does, run

from malha.guarded import GuardedError, Limits, run_guarded
from malha.guarded._frames import MOST_FRAME_BYTES
from malha.guarded.limits import MEBIBYTE


def test_values_come_back_as_json_has_them() -> None:
    assert run("[1, 'á', None, [True, 2.5], {'a': 1}]") == [1, "á", None, [True, 2.5], {"a": 1}]


def test_bytes_come_back_as_they_are() -> None:
    assert run("[b'\\0=\\xff', b'', 1]") == [b"\0=\xff", b"", 1]


def test_values_without_number_and_of_any_length_come_whole_and_in_order() -> None:
    assert run("(str(n) * (n % 70) * 20 for n in range(300))") == [str(n) * (n % 70) * 20 for n in range(300)]


def test_what_the_child_prints_is_not_taken_for_values() -> None:
    assert run("[print('=1'), 2]") == [None, 2]


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("['x' * 10 ** 9]", "memory"),
        ("max(0 for _ in iter(int, 1))", "time"),
        ("('x' * 1000 for _ in iter(int, 1))", "output"),
        ("['x' * 2 * 10 ** 6]", "output"),
        ("1 / 0", "crashed"),
        ("__import__('os')._exit(0)", "crashed"),
        ("__import__('os').abort()", "memory"),
        ("(lambda f: f(f))(lambda f: f(f))", "crashed"),
    ],
)
def test_a_child_that_wants_too_much_is_ended(expression: str, code: str) -> None:
    assert code_of(expression) == code


def test_memory_is_counted_beyond_what_the_loaded_parser_takes() -> None:
    mebibytes = SMALL.memory_bytes // MEBIBYTE
    assert run(f"[len(bytearray({mebibytes * 3 // 4} * 2 ** 20))]") == [mebibytes * 3 // 4 * MEBIBYTE]
    assert code_of(f"[len(bytearray({2 * mebibytes} * 2 ** 20))]") == "memory"


def test_a_value_that_is_longer_than_any_may_be_is_not_taken() -> None:
    roomy = Limits(memory_bytes=1024 * MEBIBYTE)
    assert code_of(f"[bytes({MOST_FRAME_BYTES + 1})]", roomy) == "output"


def test_a_child_that_waits_is_ended_when_its_time_is_up() -> None:
    assert code_of("__import__('time').sleep(60)", Limits(wall_seconds=0.5)) == "time"


def test_time_in_which_nobody_asks_for_values_is_not_the_child_s() -> None:
    with closing(run_guarded(ANYTHING, file_that_does("(n for n in range(3))"), Limits(wall_seconds=0.3))) as values:
        for _ in values:
            time.sleep(0.4)


def test_values_before_the_end_of_a_child_are_given_and_its_end_is_told() -> None:
    values = run_guarded(ANYTHING, file_that_does("(1 // (2 - n) for n in range(9))"), SMALL)
    assert [next(values), next(values)] == [0, 1]
    with pytest.raises(GuardedError):
        next(values)


def test_a_child_that_is_left_early_is_ended() -> None:
    endless = file_that_does("(__import__('os').getpid() for _ in iter(int, 1))")
    with closing(run_guarded(ANYTHING, endless, SMALL)) as values:
        pid = next(values)
        assert psutil.pid_exists(pid)
    assert not psutil.pid_exists(pid)


def test_an_open_file_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(file_that_does("[1, 2]"))
    with path.open("rb") as file:
        os.lseek(file.fileno(), 3, os.SEEK_SET)
        assert list(run_guarded(ANYTHING, file)) == [1, 2]


def test_what_is_still_held_of_a_written_file_is_read_too() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(file_that_does("[1]"))
        assert list(run_guarded(ANYTHING, file)) == [1]


def test_a_file_that_fills_the_pipe_many_times_arrives_whole() -> None:
    data = file_that_does(f"[len({'x' * 3 * MEBIBYTE!r})]")
    assert list(run_guarded(ANYTHING, data)) == [3 * MEBIBYTE]


def test_a_file_that_does_not_even_fit_is_told_to_take_too_much_memory() -> None:
    with pytest.raises(GuardedError) as raised:
        list(run_guarded(ANYTHING, bytes(SMALL.memory_bytes), SMALL))
    assert raised.value.code == "memory"
