"""Statement files read in a child: the same items as in this process, in memory that does not grow with the file."""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.factories import statements as files

from malha.banking.rules.csv_mapping import CsvMapping
from malha.banking.rules.entries import Entry
from malha.banking.rules.remarks import MappingNeededError, StatementInvalidError
from malha.banking.rules.statements import Item, collect, parse_statement, read_statement
from malha.banking.service import _reading
from malha.banking.service._reading import read_items, stream_file
from malha.guarded import GuardedError, Limits
from malha.guarded.limits import MEBIBYTE
from malha.storage import Storage

LINES = [
    files.Line(date(2026, 3, day), Decimal(f"-{day}.50"), f"PIX ENVIADO {day} José da Silva & Cia")
    for day in range(1, 20)
]
FILES = [
    files.ofx(LINES),
    files.ofx(LINES, encoding="utf-8"),
    files.ofx_xml(LINES),
    files.cnab240(LINES),
    files.csv(LINES),
    files.csv(LINES).decode("cp1252").encode("utf-16"),
    files.csv(LINES).replace(b"/03/2026", b"/99/2026", 3),
]


@pytest.mark.parametrize("data", FILES)
def test_a_child_tells_what_this_process_reads(data: bytes, tmp_path: Path) -> None:
    assert list(read_items(data, None)) == list(read_statement(io.BytesIO(data)))
    (tmp_path / "extrato").write_bytes(data)

    async def stream() -> list[Item]:
        return [item async for item in stream_file(Storage.local(tmp_path), "extrato", None)]

    assert list(collect(asyncio.run(stream()))) == parse_statement(data)


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7", b"a;b;c\n", b"<OFX>", b"Data;Valor\n01/03/2026;10,00\n02/03/2026;5,00\n"]
)
def test_a_refusal_comes_in_the_same_words(data: bytes) -> None:
    with pytest.raises(StatementInvalidError) as here:
        parse_statement(data)
    with pytest.raises(StatementInvalidError) as there:
        list(collect(read_items(data, None)))
    assert type(there.value) is type(here.value)
    assert vars(there.value) == vars(here.value)


def test_a_mapping_travels_along() -> None:
    data = b"Data;Valor\n01/03/2026;10,00\n02/03/2026;5,00\n"
    with pytest.raises(MappingNeededError):
        list(read_items(data, None))
    mapping = {"positive_is": "DEBIT"}
    assert list(read_items(data, mapping)) == list(read_statement(io.BytesIO(data), CsvMapping.load(mapping)))


@pytest.mark.parametrize(
    "told",
    [1, [], ["Entry"], ["Entry", {"day": "2026-03-01"}], ["Other", {}], ["refusal", {"english": 1}], ["Remark", None]],
)
def test_a_child_that_talks_nonsense_is_not_believed(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def talk(*_: Any, **__: Any) -> Iterator[Any]:
        yield told

    monkeypatch.setattr(_reading, "run_guarded", talk)
    with pytest.raises(GuardedError) as raised:
        list(read_items(b"", None))
    assert raised.value.code == "crashed"


def test_amounts_and_days_come_back_as_such() -> None:
    [entry, *_] = [item for item in read_items(FILES[0], None) if isinstance(item, Entry)]
    assert (type(entry.amount), type(entry.day)) == (Decimal, date)


def test_memory_does_not_grow_with_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_reading, "LIMITS", Limits(memory_bytes=8 * MEBIBYTE))  # as a list they take 20 MiB
    with tempfile.TemporaryFile() as file:
        file.write(files.ofx([LINES[number % len(LINES)] for number in range(30_000)]))
        assert sum(1 for _ in read_items(file, None)) == 30_001


def test_cancelled_is_told_as_such() -> None:
    with pytest.raises(GuardedError) as raised:
        list(read_items(FILES[0], None, is_cancelled=lambda: True))
    assert raised.value.code == "cancelled"
