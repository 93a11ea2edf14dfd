"""Values in text files, cells and JSON, and workbooks that outgrow a sheet."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from python_calamine import CalamineWorkbook

from malha.exports.rules import MOST_CELL_CHARACTERS, Cell, Column, Format, Kind, as_cell, as_json, as_text
from malha.exports.service import ExportList, all_lists, write_file
from malha.exports.service import _workbook as workbook

pytestmark = pytest.mark.anyio

NIGHT = datetime(2026, 3, 1, 1, 30, 15, 999, tzinfo=UTC)
LONG = Decimal("12345678901234.56")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize(
    ("value", "kind", "text", "cell"),
    [
        ("a", Kind.TEXT, "a", Cell("a", Kind.TEXT)),
        ("00000000000191", Kind.TEXT, "00000000000191", Cell("00000000000191", Kind.TEXT)),
        ("=1+1", Kind.TEXT, "=1+1", Cell("'=1+1", Kind.TEXT)),
        (7, Kind.NUMBER, "7", Cell(7.0, Kind.NUMBER)),
        (10**15, Kind.NUMBER, "1" + "0" * 15, Cell("1" + "0" * 15, Kind.TEXT)),
        (Decimal("1234.50"), Kind.MONEY, "1234,50", Cell(1234.5, Kind.MONEY)),
        (Decimal("1E+3"), Kind.MONEY, "1000", Cell(1000.0, Kind.MONEY)),
        (LONG, Kind.MONEY, "12345678901234,56", Cell("12345678901234,56", Kind.TEXT)),
        (Decimal("NaN"), Kind.MONEY, "NaN", Cell("NaN", Kind.TEXT)),
        (Decimal("-0.01"), Kind.MONEY, "-0,01", Cell(-0.01, Kind.MONEY)),
        (date(2026, 3, 1), Kind.DAY, "2026-03-01", Cell(date(2026, 3, 1), Kind.DAY)),
        (date(1899, 12, 31), Kind.DAY, "1899-12-31", Cell("1899-12-31", Kind.TEXT)),
        (NIGHT, Kind.INSTANT, "2026-02-28 22:30:15", Cell(datetime(2026, 2, 28, 22, 30, 15, 999), Kind.INSTANT)),  # noqa: DTZ001 - a wall clock
        (True, Kind.FLAG, "sim", Cell("sim", Kind.TEXT)),
        (False, Kind.FLAG, "não", Cell("não", Kind.TEXT)),
        ({"a": [Decimal("1.5")]}, Kind.OBJECT, '{"a":["1.5"]}', Cell('{"a":["1.5"]}', Kind.TEXT)),
        (None, Kind.MONEY, None, None),
    ],
)
def test_a_value_in_a_text_file_and_in_a_cell(value: Any, kind: Kind, text: str | None, cell: Cell | None) -> None:
    assert (as_text(value, kind), as_cell(value, kind)) == (text, cell)


@pytest.mark.parametrize(
    "instant", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=timezone(-timedelta(hours=9)))]
)
def test_the_first_and_the_last_instant_have_a_text(instant: datetime) -> None:
    assert (as_text(instant, Kind.INSTANT) or "")[:4] in {"0001", "9999"}
    assert as_cell(instant, Kind.INSTANT) is not None


def test_a_text_longer_than_a_cell_is_cut_and_says_so() -> None:
    cell = as_cell("x" * (MOST_CELL_CHARACTERS + 1), Kind.TEXT)
    assert cell is not None
    assert (len(cell.value), cell.value[-1]) == (MOST_CELL_CHARACTERS, "…")


def test_json_rounds_nothing_and_tells_instants_in_utc() -> None:
    columns = [Column("total", "Total", Kind.MONEY), Column("at", "Em", Kind.INSTANT), Column("no", "Nº", Kind.NUMBER)]
    assert as_json(columns, [LONG, NIGHT, None]) == (
        b'{"total":"12345678901234.56","at":"2026-03-01T01:30:15.000999Z","no":null}'
    )


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


class _Anything(BaseModel):
    pass


async def no_pages(*_: object) -> AsyncIterator[Sequence[Sequence[Any]]]:
    yield []


NUMBERS = ExportList(
    name="numbers",
    title="Números",
    english="Numbers",
    scope="numbers:read",
    columns=(Column("no", "Nº", Kind.NUMBER),),
    filter=_Anything,
    pages=no_pages,
)


async def pages(*sizes: int) -> AsyncIterator[Sequence[Sequence[Any]]]:
    number = 0
    for size in sizes:
        yield [[number + offset] for offset in range(size)]
        number += size


async def write(form: Format, *sizes: int) -> bytes:
    return b"".join([block async for block in write_file(form, NUMBERS, pages(*sizes))])


async def test_a_list_longer_than_a_sheet_goes_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 4)
    book = CalamineWorkbook.from_filelike(io.BytesIO(await write(Format.XLSX, 3, 3, 3)))
    sheets = {name: [row[0] for row in book.get_sheet_by_name(name).to_python()] for name in book.sheet_names}
    assert sheets == {"Números": ["Nº", 0, 1, 2, 3], "Números 2": ["Nº", 4, 5, 6, 7], "Números 3": ["Nº", 8]}


@pytest.mark.parametrize("sizes", [(), (0,), (2,), (2, 0, 1)])
async def test_json_is_an_array_whatever_the_pages(sizes: tuple[int, ...]) -> None:
    text = (await write(Format.JSON, *sizes)).decode()
    assert text.count('{"no":') == sum(sizes)
    assert (text[0], text[-2:]) == ("[", "]\n")


async def test_a_workbook_that_is_given_up_leaves_nothing_on_the_disk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(workbook.tempfile, "tempdir", str(tmp_path))

    async def broken() -> AsyncIterator[Sequence[Sequence[Any]]]:
        yield [[1]]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        async for _ in write_file(Format.XLSX, NUMBERS, broken()):
            pass
    given_up = write_file(Format.XLSX, NUMBERS, pages(1))
    await anext(given_up)
    await given_up.aclose()
    assert names_in(tmp_path) == []


async def test_what_a_killed_worker_has_left_is_removed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(workbook.tempfile, "tempdir", str(tmp_path))
    for name in (f"{workbook.FOLDER_PREFIX}old", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
    await write(Format.XLSX, 1)
    assert len(names_in(tmp_path)) == 2
    monkeypatch.setattr(workbook, "ABANDONED_SECONDS", -1)
    await write(Format.XLSX, 1)
    assert names_in(tmp_path) == ["other"]


def test_every_column_has_a_title_in_both_languages() -> None:
    for one in all_lists():
        english = one.in_language("en")
        assert (english.title, len(english.columns)) == (one.english, len(one.columns))
        assert not {column.heading for column in english.columns} & _ACCENTED
        assert len({column.heading for column in english.columns}) == len(english.columns)


_ACCENTED = {column.heading for one in all_lists() for column in one.columns if not column.heading.isascii()}


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [(Decimal("-1234.50"), Kind.MONEY, "-1234.50"), (True, Kind.FLAG, "yes"), (False, Kind.FLAG, "no")],
)
def test_values_are_written_in_english_too(value: Any, kind: Kind, text: str) -> None:
    assert as_text(value, kind, "en") == text
