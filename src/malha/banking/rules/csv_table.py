"""The rows of a CSV file with the lines on which they begin."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from malha.banking.rules.entries import clean
from malha.banking.rules.remarks import LONGEST_REMARK, StatementInvalidError

_ROW_BEGINNING = re.compile(r'\s*"?[0-9]{1,4}[/.\-][0-9]{1,2}[/.\-][0-9]{1,4}[^;\t,|]{0,20}[;\t,|]')


@dataclass(frozen=True, slots=True)
class Row:
    """A row's cells in the order of the file."""

    line: int
    cells: Sequence[str]

    @property
    def text(self) -> str:
        """The cells that hold anything, as a remark shows them."""
        return " | ".join(filter(None, self.cells))[:LONGEST_REMARK]

    @property
    def is_blank(self) -> bool:
        """Whether no cell holds anything."""
        return not any(self.cells)

    def get(self, *places: int) -> str:
        """The cells at these places, each text once."""
        if len(places) == 1:
            return self.cells[places[0]] if places[0] < len(self.cells) else ""
        found: list[str] = []
        for place in places:
            cell = self.cells[place] if place < len(self.cells) else ""
            if cell and cell not in found:
                found.append(cell)
        return " ".join(found)


def read_table(lines: Iterable[str], delimiter: str) -> Iterator[Row]:
    """The rows, blank ones included.

    StatementInvalidError for a cell without end, and for a quotation mark that would swallow the rows behind it.
    """
    reader = csv.reader(lines, delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            for cell in cells:
                if "\n" in cell and any(map(_ROW_BEGINNING.match, cell.split("\n")[1:])):
                    raise StatementInvalidError(
                        f"line {line}: a quotation mark has no end", f"linha {line}: aspas sem fim"
                    )
            yield Row(line, [clean(cell) for cell in cells])
            line = reader.line_num + 1
    except csv.Error as error:
        raise StatementInvalidError(f"line {line}: {error}", f"linha {line}: {error}") from error
