"""Tables on pages: where their columns part, and which lines are one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from malha.partnumbers.rules.columns import Field, assign_titles, count_titles, is_line_number, rank
from malha.partnumbers.rules.document_words import Line, Word, join

MOST_TITLE_LINES = 3
NEAR = 1.2
"""Of a line's height: titles of two lines stand no further apart."""

WIDE = 0.4
"""Of a line's height: a gap as wide parts columns and not words."""

_END_WORDS = ("total", "subtotal", "sub total", "grand total", "valor total", "total amount", "invoice total")


@dataclass(frozen=True, slots=True)
class Column:
    """A title and the stretch of the page that belongs to it."""

    title: str
    left: float
    right: float
    field: Field | None


@dataclass(slots=True)
class Row:
    """A row's cells by column, and the lines that it was made of."""

    lines: list[Line] = field(default_factory=list[Line])
    cells: list[list[str]] = field(default_factory=list[list[str]])

    def text(self, place: int) -> str:
        """What stands in a cell, its lines joined."""
        return " ".join(self.cells[place]).strip()


@dataclass(slots=True)
class Table:
    """A table on one page."""

    titles: list[Line]
    columns: list[Column]
    rows: list[Row]
    rest: list[Line]
    """Lines within it that belong to no row."""

    def place(self, wanted: Field) -> int | None:
        """The first column that holds a field."""
        return next((place for place, column in enumerate(self.columns) if column.field is wanted), None)


def find_tables(lines: Sequence[Line], going_on: Table | None = None) -> tuple[list[Table], list[Line]]:
    """The tables of a page with a column of part numbers or descriptions, and the lines outside of them.

    `going_on` is the last table of the page before: lines that look like its rows are, without titles.
    """
    tables: list[Table] = []
    outside: list[Line] = []
    position = 0
    if going_on is not None and (start := _first_row(lines, going_on)) is not None:
        outside += lines[:start]
        body = _body(lines, start)
        tables.append(_fill(going_on.titles, going_on.columns, body))
        position = start + len(body)
    while position < len(lines):
        head = _head_at(lines, position)
        if head is None:
            outside.append(lines[position])
            position += 1
            continue
        body = _body(lines, position + len(head))
        tables.append(_table(head, body))
        position += len(head) + len(body)
    return tables, outside


def _head_at(lines: Sequence[Line], position: int) -> list[Line] | None:
    """The lines of titles that begin here, if they name a part number or a description and one more field."""
    best: list[Line] | None = None
    most = 0
    for count in range(1, MOST_TITLE_LINES + 1):
        head = list(lines[position : position + count])
        if len(head) < count or not _is_close(head):
            break
        titles = [word.text for word in _title_cells(head)]
        named = count_titles(titles)
        if named > most and len(titles) > 1:
            best, most = head, named
    if best is None or most < 2:
        return None
    titles = [word.text for word in _title_cells(best)]
    wanted = (Field.PARTNUMBER, Field.DESCRIPTION)
    if not any(rank(item, title) is not None for item in wanted for title in titles):
        return None
    return best


def _is_close(head: Sequence[Line]) -> bool:
    pairs = pairwise(head)
    return all(after.top - before.bottom <= NEAR * (before.bottom - before.top) for before, after in pairs)


def _title_cells(head: Sequence[Line]) -> list[Word]:
    """Titles, each with what stands above or below it in the other lines."""
    found: list[list[Word]] = []
    for cell in (cell for line in head for cell in line.cells()):
        over = next((cells for cells in found if any(_overlap(cell, other) for other in cells)), None)
        if over is None:
            found.append([cell])
        else:
            over.append(cell)
    return sorted((join(cells) for cells in found), key=lambda word: word.left)


def _overlap(one: Word, other: Word) -> bool:
    return min(one.right, other.right) > max(one.left, other.left)


def _body(lines: Sequence[Line], start: int) -> list[Line]:
    """Up to a line that says total, or to other titles."""
    body: list[Line] = []
    for position in range(start, len(lines)):
        first = lines[position].text.casefold().lstrip("0123456789 ")
        if first.startswith(_END_WORDS) or (body and _head_at(lines, position) is not None):
            break
        body.append(lines[position])
    return body


def _first_row(lines: Sequence[Line], table: Table) -> int | None:
    """Where the first row of a table that goes on stands, above any other titles."""
    for position, line in enumerate(lines):
        if _head_at(lines, position) is not None:
            return None
        if _begins(_cut(line, table.columns), table.columns):
            return position
    return None


def _table(head: list[Line], body: list[Line]) -> Table:
    columns = _columns(_title_cells(head), body)
    if not any(_begins(_cut(line, columns), columns) for line in body):  # what is titled as numbers is none
        columns = [replace(column, field=None) if column.field is Field.LINE else column for column in columns]
    return _fill(head, columns, body)


def _fill(head: list[Line], columns: list[Column], body: Sequence[Line]) -> Table:
    table = Table(head, columns, [], [])
    for line in body:
        cells = _cut(line, columns)
        if _begins(cells, columns):
            table.rows.append(Row([line], [[cell] if cell else [] for cell in cells]))
        elif table.rows and _continues(table.rows[-1], line, cells[_anchor(columns)]):
            table.rows[-1].lines.append(line)
            for kept, cell in zip(table.rows[-1].cells, cells, strict=True):
                kept.extend([cell] if cell else [])
        else:
            table.rest.append(line)
    return table


def _anchor(columns: Sequence[Column]) -> int:
    """The column that every row fills in its first line: its number, else the part number, else the first one."""
    for wanted in (Field.LINE, Field.PARTNUMBER):
        for place, column in enumerate(columns):
            if column.field is wanted:
                return place
    return 0


def _begins(cells: Sequence[str], columns: Sequence[Column]) -> bool:
    anchor = _anchor(columns)
    is_numbered = columns[anchor].field is Field.LINE
    return is_line_number(cells[anchor]) if is_numbered else bool(cells[anchor]) and sum(map(bool, cells)) > 1


def _continues(row: Row, line: Line, anchor: str) -> bool:
    before = row.lines[-1]
    return not anchor and line.top - before.bottom <= NEAR * (before.bottom - before.top)


def _cut(line: Line, columns: Sequence[Column]) -> list[str]:
    cells: list[list[str]] = [[] for _ in columns]
    for word in line.words:
        middle = (word.left + word.right) / 2
        place = next((place for place, column in enumerate(columns) if middle < column.right), len(columns) - 1)
        cells[place].append(word.text)
    return [" ".join(words) for words in cells]


def _columns(titles: Sequence[Word], body: Sequence[Line]) -> list[Column]:
    """Columns part where the fewest words of the body stand in the way, between the titles' beginnings and ends."""
    words = [word for line in body for word in line.words] + list(titles)
    edges = [_gutter(titles[place], titles[place + 1], words) for place in range(len(titles) - 1)]
    lefts = [float("-inf"), *edges]
    rights = [*edges, float("inf")]
    fields = {place: item for item, place in assign_titles([title.text for title in titles]).items()}
    return [
        Column(title.text, left, right, fields.get(place))
        for place, (title, left, right) in enumerate(zip(titles, lefts, rights, strict=True))
    ]


def _gutter(before: Word, after: Word, words: Sequence[Word]) -> float:
    first, last = before.left + 1, after.right - 1
    steps = [first + step for step in range(max(int(last - first), 1))]
    crossing = [sum(word.left < at < word.right for word in words) for at in steps]
    fewest = min(crossing)
    runs: list[tuple[int, int]] = []
    start = 0
    for position in range(1, len(steps) + 1):
        is_end = position == len(steps) or (crossing[position] == fewest) != (crossing[start] == fewest)
        if is_end:
            if crossing[start] == fewest:
                runs.append((start, position - 1))
            start = position
    wide = [run for run in runs if run[1] - run[0] >= WIDE * after.height]
    best = min(wide or runs, key=lambda run: abs(steps[run[1]] - after.left))
    return (steps[best[0]] + steps[best[1]]) / 2
