"""What a statement file tells, in plain values, for a process that is not the one that reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from malha.banking.rules.csv_mapping import CsvMapping
from malha.banking.rules.remarks import MappingNeededError, StatementInvalidError
from malha.banking.rules.statements import read_statement


def tell_statement(source: BinaryIO, *, mapping: dict[str, Any] | None) -> Iterator[list[Any]]:
    """Pairs of a name and an entry, a remark or an end; last a `refusal` where the file turns out to be refused."""
    try:
        for item in read_statement(source, CsvMapping.load(mapping)):
            yield [type(item).__name__, item]
    except StatementInvalidError as error:
        column = error.column if isinstance(error, MappingNeededError) else None
        yield ["refusal", {"english": error.english, "portuguese": error.portuguese, "column": column}]
