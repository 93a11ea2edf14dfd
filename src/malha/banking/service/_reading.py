"""Statement files read in a child that can only compute."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any, BinaryIO

from pydantic import TypeAdapter, ValidationError

from malha.banking.rules.entries import Entry, StatementData, StatementEnd
from malha.banking.rules.remarks import MappingNeededError, Remark, StatementInvalidError
from malha.banking.rules.statements import collect
from malha.guarded import GuardedError, Limits, off_loop, run_guarded
from malha.guarded.limits import MEBIBYTE

LIMITS = Limits(memory_bytes=256 * MEBIBYTE, cpu_seconds=300, wall_seconds=500, output_bytes=2048 * MEBIBYTE)
"""A million entries take a minute and 400 MB of values, whatever the memory: readers are streams."""

_READER = "malha.banking.rules.telling:tell_statement"
_KINDS = {kind.__name__: TypeAdapter[Entry | Remark | StatementEnd](kind) for kind in (Entry, Remark, StatementEnd)}


async def read_file(
    data: bytes, mapping: dict[str, Any] | None, *, is_cancelled: Callable[[], bool] = lambda: False
) -> list[StatementData]:
    """Every statement in the file; StatementInvalidError, GuardedError."""

    def read() -> list[StatementData]:
        return list(collect(read_items(data, mapping, is_cancelled=is_cancelled)))

    return await off_loop(read)


def read_items(
    source: bytes | BinaryIO, mapping: dict[str, Any] | None, *, is_cancelled: Callable[[], bool] = lambda: False
) -> Generator[Entry | Remark | StatementEnd, None, None]:
    """As `read_statement`, which runs in the child while the items are taken; GuardedError, too. Blocks."""
    told = run_guarded(_READER, source, LIMITS, arguments={"mapping": mapping}, is_cancelled=is_cancelled)
    with closing(told):
        for value in told:
            yield _item(value)


def _item(told: Any) -> Entry | Remark | StatementEnd:
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
