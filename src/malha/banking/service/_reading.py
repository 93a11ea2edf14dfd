"""Statement files read in a child that can only compute."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, closing
from typing import Any, BinaryIO

from pydantic import TypeAdapter, ValidationError

from malha.banking.rules.entries import Entry, StatementEnd
from malha.banking.rules.remarks import MappingNeededError, Remark, StatementInvalidError
from malha.banking.rules.statements import Item
from malha.banking.service._spreadsheets import DELIMITER, is_spreadsheet, open_sheet
from malha.guarded import GuardedError, Limits, run_guarded, stream_off_loop
from malha.guarded.limits import MEBIBYTE
from malha.storage import Storage

LIMITS = Limits(memory_bytes=256 * MEBIBYTE, cpu_seconds=300, wall_seconds=500, output_bytes=2048 * MEBIBYTE)
"""A million entries take a minute and 400 MB of values, whatever the memory: readers are streams.

The seconds count while the child waits for whoever takes its values, too.
"""

_READER = "malha.banking.rules.telling:tell_statement"
_KINDS = {kind.__name__: TypeAdapter[Entry | Remark | StatementEnd](kind) for kind in (Entry, Remark, StatementEnd)}


async def stream_file(
    storage: Storage, path: str, mapping: dict[str, Any] | None, *, is_cancelled: Callable[[], bool] = lambda: False
) -> AsyncGenerator[Item, None]:
    """What a stored file tells, as `read_statement`; FileNotFoundError, GuardedError, too. Close it when left early."""
    file = await storage.open(path)

    def begin(is_left: Callable[[], bool]) -> Generator[Item, None, None]:
        return read_items(file, mapping, is_cancelled=is_left)

    try:
        async with aclosing(stream_off_loop(begin, is_cancelled)) as items:
            async for item in items:
                yield item
    finally:
        file.close()


def read_items(
    source: bytes | BinaryIO, mapping: dict[str, Any] | None, *, is_cancelled: Callable[[], bool] = lambda: False
) -> Generator[Item, None, None]:
    """As `read_statement`, which runs in the child while the items are taken; GuardedError, too. Blocks."""
    if not is_spreadsheet(source):
        yield from _read_items(source, mapping, is_cancelled)
        return
    decimal = (mapping or {}).get("decimal") or ","
    with open_sheet(source, decimal, LIMITS, is_cancelled=is_cancelled) as sheet:
        items = _read_items(sheet.file, {**(mapping or {}), "delimiter": DELIMITER}, is_cancelled)
        with closing(items):
            for item in items:
                yield from sheet.remarks if isinstance(item, StatementEnd) else ()
                yield item


def _read_items(
    source: bytes | BinaryIO, mapping: dict[str, Any] | None, is_cancelled: Callable[[], bool]
) -> Generator[Item, None, None]:
    told = run_guarded(_READER, source, LIMITS, arguments={"mapping": mapping}, is_cancelled=is_cancelled)
    with closing(told):
        for value in told:
            yield _item(value)


def _item(told: Any) -> Item:
    match told:
        case ["refusal", {"english": str(english), "portuguese": str(portuguese), "column": str(column)}]:
            raise MappingNeededError(column, english, portuguese)
        case ["refusal", {"english": str(english), "portuguese": str(portuguese)}]:
            raise StatementInvalidError(english, portuguese)
        case [str(name), item] if name in _KINDS:
            try:
                return _KINDS[name].validate_python(item)
            except ValidationError as error:
                raise GuardedError.of("crashed") from error
        case _:
            raise GuardedError.of("crashed")
