"""Rules on the access key, part by part."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.factories.file_cases import FileCase, assert_fires, assert_silent, findings

from malha.fiscal.keys import check_digit
from malha.fiscal.options import AuditOptions
from malha.simulators.nfe import NoteBuilder


def note() -> NoteBuilder:
    return NoteBuilder(108)


def renamed(start: int, text: str) -> bytes:
    """The note under a key with other characters from ``start`` on, its check digit right again."""
    base = note().key[:start] + text + note().key[start + len(text) : 43]
    return note().set("@Id", f"NFe{base}{check_digit(base)}").authorised()


def wrong_digit() -> bytes:
    key = note().key
    return note().set("@Id", f"NFe{key[:-1]}{(int(key[-1]) + 1) % 10}").authorised()


def differs(path: str, value: str) -> bytes:
    return note().set(path, value).authorised()


CASES = [
    FileCase("NF-KEY-001", "short", lambda: differs("@Id", "NFe123"), at="infNFe/@Id"),
    FileCase("NF-KEY-001", "without NFe", lambda: differs("@Id", note().key)),
    FileCase("NF-KEY-002", "wrong digit", wrong_digit, at="@Id"),
    FileCase("NF-KEY-003", "state", lambda: differs("ide/cUF", "33"), at="ide/cUF"),
    FileCase("NF-KEY-003", "month", lambda: differs("ide/dhEmi", "2026-04-12T10:30:00-03:00"), at="ide/dhEmi"),
    FileCase("NF-KEY-003", "issuer", lambda: differs("emit/CNPJ", "12345678000195"), at="emit/CNPJ"),
    FileCase("NF-KEY-003", "series", lambda: differs("ide/serie", "2"), at="ide/serie"),
    FileCase("NF-KEY-003", "number", lambda: differs("ide/nNF", "7"), at="ide/nNF"),
    FileCase("NF-KEY-003", "emission", lambda: differs("ide/tpEmis", "5"), at="ide/tpEmis"),
    FileCase("NF-KEY-003", "code", lambda: differs("ide/cNF", "11223344"), at="ide/cNF"),
    FileCase("NF-KEY-003", "digit", lambda: differs("ide/cDV", str((int(note().key[-1]) + 1) % 10)), at="ide/cDV"),
    FileCase("NF-KEY-003", "model", lambda: differs("ide/mod", "65"), at="ide/mod"),
    FileCase("NF-KEY-004", "no such state", lambda: renamed(0, "99")),
    FileCase("NF-KEY-004", "month 13", lambda: renamed(4, "13")),
    FileCase("NF-KEY-004", "model", lambda: renamed(20, "57")),
    FileCase("NF-KEY-004", "number zero", lambda: renamed(25, "000000000")),
    FileCase(
        "NF-KEY-004", "from the future", lambda: renamed(2, "2612"),
        options=AuditOptions(now=datetime(2026, 11, 30, tzinfo=UTC)),
    ),
    FileCase("NF-KEY-005", "all the same", lambda: differs("ide/cNF", "33333333"), at="ide/cNF"),
    FileCase("NF-KEY-005", "counting", lambda: differs("ide/cNF", "89012345"), at="ide/cNF"),
    FileCase("NF-KEY-005", "the number", lambda: differs("ide/cNF", f"{note().plan().number:08}")),
    FileCase(
        "NF-KEY-006", "another note's name", note().authorised, name=f"NFe{NoteBuilder(109).key}-procNFe.xml",
        clean=lambda: NoteBuilder(109).authorised(),
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_fires_where_it_should(case: FileCase) -> None:
    assert_fires(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_is_silent_on_what_is_right(case: FileCase) -> None:
    assert_silent(case)


@pytest.mark.parametrize("kind", [c for c in CASES if c.rule_id == "NF-KEY-003"], ids=str)
def test_keys_with_letters_and_old_layouts_are_composed_right(kind: FileCase) -> None:
    assert findings(kind, NoteBuilder().alphanumeric().authorised()) == []
    assert findings(kind, NoteBuilder(layout="3.10").authorised()) == []
    assert findings(kind, NoteBuilder(model="65").authorised()) == []
