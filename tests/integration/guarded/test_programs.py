"""Programs of the system in their cage: what they may read, and what becomes of those that do too much."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest

from malha.guarded import GuardedError, Limits, _landlock
from malha.guarded.programs import run_program


@contextmanager
def given(data: bytes) -> Iterator[BinaryIO]:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        yield file


def test_a_program_reads_what_it_is_given() -> None:
    with given(b"linha 1\n") as file:
        file.seek(3)
        assert run_program(["/bin/cat"], file, Limits()) == b"linha 1\n"


@pytest.mark.skipif(not _landlock.is_available(), reason="this kernel has no Landlock")
def test_a_program_reads_nothing_else(tmp_path: Path) -> None:
    secret = tmp_path / "segredo"
    secret.write_text("x")
    with given(b"") as file, pytest.raises(GuardedError):
        run_program(["/bin/cat", str(secret)], file, Limits())


@pytest.mark.parametrize(
    ("command", "limits", "code"),
    [
        (["/bin/sleep", "60"], Limits(wall_seconds=0.5), "time"),
        (["/usr/bin/yes"], Limits(output_bytes=1024), "output"),
        (["/bin/false"], Limits(), "crashed"),
        (["/bin/no-such-program"], Limits(), "crashed"),
    ],
)
def test_a_program_that_does_too_much_is_ended(command: list[str], limits: Limits, code: str) -> None:
    with given(b"") as file, pytest.raises(GuardedError) as caught:
        run_program(command, file, limits)
    assert caught.value.code == code
