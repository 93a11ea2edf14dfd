"""Hostile and broken spreadsheets: each costs little and is refused with its reason."""

from __future__ import annotations

import io
import tempfile
import zipfile
from typing import Any

import pytest
from tests.factories.spreadsheets import edit, sheet, workbook

from malha.guarded import SHEET_READER, GuardedError, Limits, run_guarded
from malha.guarded.limits import MEBIBYTE

SMALL = Limits(memory_bytes=192 * MEBIBYTE, cpu_seconds=10, wall_seconds=30)
SHEET = "xl/worksheets/sheet1.xml"
LAST_LINE = 1_048_576


def rows(data: bytes, limits: Limits | None = None) -> list[list[Any]]:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        return list(run_guarded(SHEET_READER, file, limits))[1:]


def code_of(data: bytes, limits: Limits | None = SMALL) -> str:
    with pytest.raises(GuardedError) as raised:
        rows(data, limits)
    assert raised.value.message_pt
    return raised.value.code


def packed(**parts: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return target.getvalue()


def test_rows_come_with_their_lines_and_without_what_is_not_shown() -> None:
    assert rows(sheet(["a", 1.0, 0.1 + 0.2], [], [None, "b"], [None], [True, 1e300])) == [
        [1, "a", 1, 0.3],
        [3, None, "b"],
        [5, True, 1e300],
    ]


def test_a_million_empty_rows_are_none() -> None:
    blank = b"".join(b'<row r="%d"><c r="A%d" s="0"/></row>' % (line, line) for line in range(2, LAST_LINE + 1))
    data = edit(sheet(["a"]), lambda xml: xml.replace(b"</sheetData>", blank + b"</sheetData>"))
    assert rows(data) == [[1, "a"]]


def test_a_value_in_the_last_row_keeps_its_line() -> None:
    far = b'<row r="%d"><c r="B%d"><v>7</v></c></row>' % (LAST_LINE, LAST_LINE)
    data = edit(sheet(["a"]), lambda xml: xml.replace(b"</sheetData>", far + b"</sheetData>"))
    assert rows(data) == [[1, "a"], [LAST_LINE, None, 7]]


def test_a_value_in_the_last_corner_would_take_too_much_memory() -> None:
    corner = b'<row r="%d"><c r="XFD%d"><v>7</v></c></row>' % (LAST_LINE, LAST_LINE)
    data = edit(sheet(["a"]), lambda xml: xml.replace(b"</sheetData>", corner + b"</sheetData>"))
    assert code_of(data) == "memory"


def with_size(content: bytes, told: int) -> bytes:
    """A spreadsheet whose sheet is this content, and whose archive tells another size of it."""
    told_bytes, real_bytes = (size.to_bytes(4, "little") for size in (told, len(content)))
    data = edit(sheet(["a"]), lambda _: content)
    assert data.count(real_bytes) == 2
    return data.replace(real_bytes, told_bytes)


def test_an_archive_that_says_that_it_unpacks_to_gigabytes_is_not_unpacked() -> None:
    assert code_of(with_size(b" " * 123_457, 2**31)) == "too-large"


def test_an_archive_that_unpacks_to_more_than_it_says_is_refused() -> None:
    assert code_of(with_size(b" " * (64 * MEBIBYTE), 1024)) == "damaged"


def test_a_bomb_of_shared_strings_meets_the_limit_of_memory() -> None:
    text = b"<sst><si><t>" + b"a" * (128 * MEBIBYTE) + b"</t></si></sst>"
    assert code_of(edit(sheet(["a"]), lambda _: text, "xl/sharedStrings.xml")) == "memory"


def test_entities_are_not_unfolded() -> None:
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 12))
    head = b'<?xml version="1.0"?><!DOCTYPE workbook [<!ENTITY l0 "ha">' + laughs + b"]>"

    def change(xml: bytes) -> bytes:
        return head + xml[xml.index(b"<workbook") :].replace(b'name="Despesas"', b'name="&l11;"')

    assert code_of(edit(sheet(["a"]), change, "xl/workbook.xml")) in {"damaged", "memory", "time"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (sheet(["a"])[:-60], "damaged"),
        (b"PK\x03\x04" + b"\0" * 100, "damaged"),
        (packed(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", content_xml=b"<x/>"), "not-xlsx"),
        (packed(xl__workbook_xml=b"<workbook/>"), "damaged"),
        (edit(sheet(["a"]), lambda _: b"<worksheet", SHEET), "damaged"),
        (edit(sheet(["a"]), lambda _: b"", "xl/_rels/workbook.xml.rels"), "damaged"),
        (sheet(), "empty"),
    ],
)
def test_a_broken_file_is_refused_with_its_reason(data: bytes, code: str) -> None:
    assert code_of(data) == code


def test_an_error_without_a_place_refuses_the_sheet() -> None:
    cell = b'<row><c t="e"><v>#N/A</v></c></row>'
    data = edit(sheet(["a"]), lambda xml: xml.replace(b"</sheetData>", cell + b"</sheetData>"))
    assert code_of(data) == "unplaced"


def test_cells_that_are_merged_downwards_count_for_each_of_the_first_lines_only() -> None:
    def fill(book: Any, target: Any) -> None:
        target.merge_range("A1:A3", "x")
        target.merge_range("B25:B27", "y")

    assert rows(workbook(fill)) == [[1, "x"], [2, "x"], [3, "x"], [25, None, "y"]]


def test_the_sheet_is_told_before_its_rows() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(sheet(["a"], date_1904=True))
        about, *_ = run_guarded(SHEET_READER, file)
    assert about == {"sheet": "Despesas", "is_1904": True, "others": []}
