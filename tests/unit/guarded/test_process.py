"""What a child is allowed, and what is said of one that wants more."""

from __future__ import annotations

import asyncio
import os
import pickle
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import psutil
import pytest

from malha.guarded import GuardedError, Limits, off_loop, run_guarded
from malha.guarded.process import MEBIBYTE, MOST_CHILDREN

ANYTHING = "pickle:load"
"""Stands for a parser that a file has taken over: the file says what it does."""

SMALL = Limits(memory_bytes=192 * MEBIBYTE, cpu_seconds=1, wall_seconds=20, output_bytes=MEBIBYTE)


class _Evaluated:
    def __init__(self, expression: str) -> None:
        self._expression = expression

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return eval, (self._expression,)


@contextmanager
def file_that_does(expression: str) -> Iterator[BinaryIO]:
    with tempfile.TemporaryFile() as file:
        file.write(pickle.dumps(_Evaluated(expression)))
        yield file


def run(expression: str, limits: Limits = SMALL) -> list[Any]:
    with file_that_does(expression) as file:
        return list(run_guarded(ANYTHING, file, limits))


def code_of(expression: str, limits: Limits = SMALL) -> str:
    with pytest.raises(GuardedError) as raised:
        run(expression, limits)
    return raised.value.code


def test_values_come_back_as_json_has_them() -> None:
    assert run("[1, 'á', None, [True, 2.5], {'a': 1}]") == [1, "á", None, [True, 2.5], {"a": 1}]


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
        ("[__import__('tempfile').TemporaryFile('wb', 0).write(b'x')]", "crashed"),
        ("__import__('os').abort()", "memory"),
        ("__import__('resource').setrlimit(__import__('resource').RLIMIT_CPU, (9, 9))", "crashed"),
    ],
)
def test_a_child_that_wants_too_much_is_ended(expression: str, code: str) -> None:
    assert code_of(expression) == code


def test_a_value_that_is_longer_than_any_line_may_be_is_not_taken() -> None:
    assert code_of("['x' * 17 * 2 ** 20]", Limits()) == "output"


def test_a_child_that_waits_is_ended_when_its_time_is_up() -> None:
    started = time.monotonic()
    assert code_of("__import__('time').sleep(60)", Limits(wall_seconds=1)) == "time"
    assert time.monotonic() - started < 20


def test_the_child_knows_none_of_our_secrets_and_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret")
    [names, folder] = run("[sorted(__import__('os').environ), __import__('os').getcwd()]")
    assert set(names) <= {"LD_LIBRARY_PATH", "LC_CTYPE"}
    assert folder == "/"


def test_values_before_the_end_of_a_child_are_given_and_its_end_is_told() -> None:
    with file_that_does("(1 // (2 - n) for n in range(9))") as file:
        values = run_guarded(ANYTHING, file, SMALL)
        assert [next(values), next(values)] == [0, 1]
        with pytest.raises(GuardedError):
            next(values)


def test_a_child_that_is_left_early_is_ended() -> None:
    before = set(psutil.Process().children())
    with file_that_does("(0 for _ in iter(int, 1))") as file, closing(run_guarded(ANYTHING, file, SMALL)) as values:
        assert next(values) == 0
        assert set(psutil.Process().children()) > before
    assert set(psutil.Process().children()) <= before


def test_the_file_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(pickle.dumps([1, 2]))
    with path.open("rb") as file:
        os.lseek(file.fileno(), 3, os.SEEK_SET)
        assert list(run_guarded(ANYTHING, file)) == [1, 2]


async def _count_at_once(calls: int) -> int:
    running = most = 0

    def work() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.02)
        running -= 1

    await asyncio.gather(*[off_loop(work) for _ in range(calls)])
    return most


def test_only_a_few_files_are_read_at_a_time() -> None:
    assert asyncio.run(_count_at_once(10)) == MOST_CHILDREN
