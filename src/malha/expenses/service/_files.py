"""Expenses from a table, as people keep them: its titles found, its rows read, and all that is not used named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from itertools import chain, islice
from typing import Any, BinaryIO, overload

from malha.expenses.errors import ExpenseFileInvalidError
from malha.expenses.rules.cells import DAY_ZERO_1900, DAY_ZERO_1904
from malha.expenses.rules.columns import NAMES, REQUIRED, Field, Layout, count_titles, find_columns
from malha.expenses.schemas import MOST_ITEMS, ExpenseItem
from malha.expenses.service._rows import RowReader, RowUnreadableError, SkippedRow, SkipReason, show_row
from malha.guarded import GuardedError
from malha.guarded.tables import Line, Table, read_tables
from malha.kit.refusals import ValueRefusedError
from malha.kit.text import visible
from malha.kit.titles import column_letters

MOST_ERRORS = 1_000
"""Bad cells that are named; all bad rows are counted."""

MOST_SKIPPED = 200
"""Rows that are no expenses and are named; all are counted."""

TITLE_LINES = 20
"""How far down the titles of the columns may be: people write other things above their tables."""

LOOKED_AT = 500
"""Rows from which it is told what the columns hold."""

_DELIMITER_LINE = "sep="


@dataclass(frozen=True, slots=True)
class ExpenseFile(Sequence[ExpenseItem]):
    """The expenses of a file, and what of it they were made from."""

    items: list[ExpenseItem]
    columns: dict[str, str]
    """The titles of the columns that were used, by field."""

    unused_columns: list[str] = field(default_factory=list)
    unused_sheets: list[str] = field(default_factory=list)
    skipped: list[SkippedRow] = field(default_factory=list)

    @overload
    def __getitem__(self, index: int) -> ExpenseItem: ...
    @overload
    def __getitem__(self, index: slice) -> list[ExpenseItem]: ...
    def __getitem__(self, index: int | slice) -> ExpenseItem | list[ExpenseItem]:
        """One expense, or some."""
        return self.items[index]

    def __len__(self) -> int:
        """How many expenses there are."""
        return len(self.items)

    def about(self) -> dict[str, Any]:
        """What was used of the file and what was not, as the batch's job keeps it."""
        return {
            "columns": self.columns,
            "unused_columns": self.unused_columns,
            "unused_sheets": self.unused_sheets,
            "skipped": len(self.skipped),
            "skipped_rows": [asdict(row) for row in self.skipped[:MOST_SKIPPED]],
        }


def read_expenses(file: BinaryIO, name: str, *, language: str = "pt") -> ExpenseFile:
    """The expenses of a CSV or XLSX file, with a title for each column.

    Raises ExpenseFileInvalidError with the bad cells in words of the language, and UploadTypeRefusedError. Blocks.
    """
    try:
        return _read_best(file, name, language)
    except GuardedError as error:
        raise ExpenseFileInvalidError(pt=error.message_pt, en=error.message_en) from error


def _read_best(file: BinaryIO, name: str, language: str) -> ExpenseFile:
    best: _Sighting | None = None
    for table in read_tables(file, name):
        with closing(table.lines) as lines:
            sighting = _look_at(table, lines)
            if sighting is not None and not sighting.lacking:
                return _read(table, sighting, lines, language)
        if sighting is not None and (best is None or len(sighting.lacking) < len(best.lacking)):
            best = sighting
    if best is None:
        raise ExpenseFileInvalidError(pt="o arquivo está vazio", en="the file is empty")
    raise _lacking(best)


@dataclass(frozen=True, slots=True)
class _Sighting:
    """The top of a table: the lines above its titles, the titles, the first rows, and what the columns seem to be."""

    above: list[Line]
    titles: list[Any]
    rows: list[Line]
    layout: Layout

    @property
    def lacking(self) -> list[Field]:
        return [wanted for wanted in REQUIRED if wanted not in self.layout.columns]


def _look_at(table: Table, lines: Iterator[Line]) -> _Sighting | None:
    top = list(islice(lines, TITLE_LINES + LOOKED_AT))
    if not top:
        return None
    place = _find_titles([count_titles(cells) for _, cells in top[:TITLE_LINES]])
    titles, rows = top[place][1], top[place + 1 :]
    return _Sighting(top[:place], titles, rows, find_columns(titles, [cells for _, cells in rows]))


def _find_titles(counts: Sequence[int]) -> int:
    """The first line that names the most fields, or the last of several that follow each other: titles of two lines."""
    most = max(counts)
    place = counts.index(most)
    while most and place + 1 < len(counts) and counts[place + 1] == most:
        place += 1
    return place


def _lacking(seen: _Sighting) -> ExpenseFileInvalidError:
    titles = ", ".join(_title(seen.titles, place) for place in range(len(seen.titles)))
    if seen.layout.rivals:
        rivals = ", ".join(_title(seen.titles, place) for place in seen.layout.rivals)
        return ExpenseFileInvalidError(
            pt=f"mais de uma coluna tem CNPJs ({rivals}): chame a do fornecedor de “CNPJ”",
            en=f"more than one column has CNPJs ({rivals}): name the supplier's “CNPJ”",
        )
    pt, en = (", ".join(NAMES[wanted][which] for wanted in seen.lacking) for which in (0, 1))
    return ExpenseFileInvalidError(
        pt=f"faltam as colunas {pt}; o arquivo tem {titles}", en=f"there are no columns {en}; the file has {titles}"
    )


def _read(table: Table, seen: _Sighting, rest: Iterable[Line], language: str) -> ExpenseFile:
    layout = seen.layout
    day_zero = DAY_ZERO_1904 if table.is_1904 else DAY_ZERO_1900
    reader = RowReader(seen.titles, layout.columns, [cells for _, cells in seen.rows], day_zero=day_zero)
    items: list[ExpenseItem] = []
    skipped = [
        SkippedRow(line, show_row(cells), SkipReason.ABOVE_TITLES)
        for line, cells in seen.above
        if not str(cells[0]).lower().startswith(_DELIMITER_LINE)
    ]
    complaints = _Complaints(table, seen.titles, language)
    for line, cells in chain(seen.rows, rest):
        try:
            if table.sheet is None:
                _check_width(cells, seen.titles)
            read = reader.read(line, cells)
        except RowUnreadableError as error:
            complaints.add(line, error.problems)
        else:
            if isinstance(read, SkippedRow):
                skipped.append(read)
            elif read is not None:
                items.append(read)
        if len(items) + complaints.rows > MOST_ITEMS:
            raise ExpenseFileInvalidError(pt=f"mais de {MOST_ITEMS} linhas", en=f"more than {MOST_ITEMS} rows")
    complaints.settle()
    if not items:
        raise ExpenseFileInvalidError(pt="não há nenhuma linha", en="there is no row")
    return ExpenseFile(
        items,
        {wanted.value: _title(seen.titles, place) for wanted, place in layout.columns.items()},
        [_title(seen.titles, place) for place in layout.unused],
        list(table.other_sheets),
        skipped,
    )


def _check_width(cells: Sequence[Any], titles: Sequence[Any]) -> None:
    """More cells than titles are a delimiter inside a value: whatever is read then is in the wrong column."""
    for place in range(len(titles), len(cells)):
        if cells[place].strip():
            refusal = ValueRefusedError(
                pt="há mais células do que títulos: um separador dentro de um valor pede aspas",
                en="there are more cells than titles: a delimiter inside a value needs quotes",
            )
            raise RowUnreadableError({place: refusal})


class _Complaints:
    """What is wrong with the rows, each cell as its owner sees it."""

    def __init__(self, table: Table, titles: Sequence[Any], language: str) -> None:
        self._sheet = table.sheet
        self._titles = titles
        self._language = language
        self._errors: list[dict[str, Any]] = []
        self.rows = 0

    def add(self, line: int, problems: Mapping[int, ValueRefusedError]) -> None:
        """A row's bad cells."""
        self.rows += 1
        if len(self._errors) >= MOST_ERRORS:
            return
        for place, problem in problems.items():
            cell, title = self._cell(line, place), _title(self._titles, place)
            msg = f"{cell} ({title}): {problem.message(self._language)}"
            where = {"cell": cell, "column": title}
            self._errors.append({"loc": ["file", line], "msg": msg, "type": "row-invalid", **where})

    def settle(self) -> None:
        """Raise when there are any."""
        if self.rows:
            raise ExpenseFileInvalidError(
                pt=f"{self.rows} linhas têm problemas" if self.rows > 1 else "uma linha tem problemas",
                en=f"{self.rows} rows have problems" if self.rows > 1 else "one row has problems",
                errors=self._errors,
            )

    def _cell(self, line: int, place: int) -> str:
        letters = column_letters(place)
        if self._sheet is not None:
            return f"{self._sheet}!{letters}{line}"
        return f"linha {line}, coluna {letters}" if self._language == "pt" else f"line {line}, column {letters}"


def _title(titles: Sequence[Any], place: int) -> str:
    """A column's title as it was written, else its letters."""
    title = titles[place] if place < len(titles) else None
    return (visible(title) if isinstance(title, str) else str(title or "")) or column_letters(place)
