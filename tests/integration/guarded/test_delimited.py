"""Rows of a CSV file, as the child tells them."""

from __future__ import annotations

import tempfile
from contextlib import closing
from itertools import islice
from typing import Any

import pytest

from malha.guarded import CSV_READER, GuardedError, Limits, run_guarded
from malha.guarded.delimited import MOST_LINE_CHARACTERS
from malha.guarded.limits import MEBIBYTE

NARROW = Limits(memory_bytes=64 * MEBIBYTE)


def rows(data: bytes, delimiter: str = ";", limits: Limits = NARROW) -> list[list[Any]]:
    return list(run_guarded(CSV_READER, data, limits, arguments={"delimiter": delimiter}))


def test_rows_come_with_their_first_lines_and_without_empty_ones() -> None:
    assert rows(b'a;b\r\n;\r\n\r\n"c\r\nd";e\r\nf\n') == [[1, "a", "b"], [4, "c\r\nd", "e"], [6, "f"]]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("ação", "utf-8"), ("ação", "utf-8-sig"), ("ação", "cp1252"), ("ação", "utf-16"), ("€", "cp1252"), ("a", "ascii")],
)
def test_encodings_that_people_have_are_told_apart(text: str, encoding: str) -> None:
    assert rows(text.encode(encoding)) == [[1, text]]


def test_a_character_that_two_blocks_share_is_whole() -> None:
    cell = "ã" * 100_000
    assert rows("\n".join(["x" + cell] + [cell] * 20).encode(), limits=Limits())[5] == [6, cell]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b";" * MOST_LINE_CHARACTERS, "too-large"),
        (b"a\n" + b"x" * 10 * MEBIBYTE, "too-large"),
        (b'a\n"' + b"x" * 200_000 + b'"', "damaged"),
        (b'a\n"' + b"x\n" * 200_000, "damaged"),
    ],
)
def test_a_line_or_a_cell_without_an_end_is_refused_with_its_place(data: bytes, code: str) -> None:
    with pytest.raises(GuardedError) as raised:
        rows(data)
    assert raised.value.code == code
    assert raised.value.message_pt.startswith("linha")


def test_a_file_far_larger_than_the_memory_is_read_row_by_row() -> None:
    line = b"11222333000181;contabilidade;123,45;" + b"x" * 60 + b"\n"
    with tempfile.TemporaryFile() as file:
        for _ in range(100):
            file.write(line * 10_000)
        assert file.tell() > 90 * MEBIBYTE
        with closing(run_guarded(CSV_READER, file, NARROW, arguments={"delimiter": ";"})) as told:
            assert sum(1 for _ in islice(told, 200_000)) == 200_000
