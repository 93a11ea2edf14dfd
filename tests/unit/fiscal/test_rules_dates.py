"""Rules on dates and contingency."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.factories.file_cases import FileCase, assert_fires, assert_silent, findings

from malha.fiscal.options import AuditOptions
from malha.simulators.nfe import NoteBuilder


def note() -> NoteBuilder:
    return NoteBuilder(112)


def differs(path: str, value: str) -> bytes:
    return note().set(path, value).authorised()


CONTINGENCY = "<dhCont>2026-05-12T09:00:00-03:00</dhCont><xJust>Sem acesso aos servidores</xJust>"

CASES = [
    FileCase(
        "NF-DATE-001", "after its authorisation", at="ide/dhEmi",
        broken=lambda: differs("protNFe/infProt/dhRecbto", "2026-05-12T10:20:00-03:00"),
        clean=lambda: differs("protNFe/infProt/dhRecbto", "2026-05-12T10:26:00-03:00"),
    ),
    FileCase(
        "NF-DATE-001", "after the audit", lambda: note().signed(), at="ide/dhEmi",
        options=AuditOptions(now=datetime(2026, 5, 12, 13, 0, tzinfo=UTC)),
        clean=lambda: note().issued(datetime(2026, 5, 12, 13, 4, tzinfo=UTC)).signed(),
    ),
    FileCase("NF-DATE-002", "left before", lambda: differs("ide/dhSaiEnt", "2026-05-11T10:30:00-03:00"), at="dhSaiEnt",
             clean=lambda: differs("ide/dhSaiEnt", "2026-05-12T00:00:00-03:00")),
    FileCase("NF-DATE-002", "left much later", lambda: differs("ide/dhSaiEnt", "2026-06-12T10:30:00-03:00"),
             clean=lambda: differs("ide/dhSaiEnt", "2026-06-11T10:30:00-03:00")),
    FileCase("NF-DATE-003", "months late", lambda: differs("protNFe/infProt/dhRecbto", "2026-12-01T10:00:00-03:00"),
             at="dhRecbto", clean=lambda: differs("protNFe/infProt/dhRecbto", "2026-11-30T10:00:00-03:00")),
    FileCase("NF-DATE-004", "offset", lambda: differs("ide/dhEmi", "2026-05-12T10:30:00+00:00"), at="ide/dhEmi"),
    FileCase("NF-CONT-001", "without reason", lambda: differs("ide/tpEmis", "5"), at="ide/tpEmis"),
    FileCase("NF-CONT-001", "reason without need", lambda: note().add("ide", CONTINGENCY).authorised(), at="ide/xJust",
             clean=lambda: note().set("ide/tpEmis", "7").add("ide", CONTINGENCY).authorised()),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_fires_where_it_should(case: FileCase) -> None:
    assert_fires(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_is_silent_on_what_is_right(case: FileCase) -> None:
    assert_silent(case)


@pytest.mark.parametrize(("uf", "offset"), [("AM", "-04:00"), ("AC", "-05:00"), ("PE", "-02:00"), ("PE", "-03:00")])
def test_states_have_their_own_offsets(uf: str, offset: str) -> None:
    (case,) = [one for one in CASES if one.rule_id == "NF-DATE-004"]
    there = note().set("emit/enderEmit/UF", uf).set("ide/dhEmi", f"2026-05-12T10:30:00{offset}")
    assert findings(case, there.authorised()) == []


def test_goods_of_an_entry_note_may_come_before_it() -> None:
    case = next(one for one in CASES if one.rule_id == "NF-DATE-002")
    entry = note().set("ide/tpNF", "0").set("ide/dhSaiEnt", "2026-05-01T10:30:00-03:00").authorised()
    assert findings(case, entry) == []
