"""Rules that compare notes: keys, numbers, sales."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from tests.factories.file_cases import FileCase, assert_fires, assert_silent, findings

from malha.fiscal.findings import Severity
from malha.fiscal.options import AuditOptions
from malha.simulators.nfe import NoteBuilder, cancellation, tampering

DAY = datetime(2026, 5, 12, 10, 30, tzinfo=timezone(timedelta(hours=-3)))


def numbered(number: int, *, days: int = 0) -> NoteBuilder:
    return NoteBuilder(114).numbered(number).issued(DAY + timedelta(days=days))


def other_key_of_the_same_number() -> bytes:
    """Another random code gives another key to the same number."""
    note = numbered(5)
    key = note.plan()
    assert key.random_code != "13572468"
    changed = note.key[:35] + "13572468"
    return note.set("ide/cNF", "13572468").set("@Id", f"NFe{changed}0").authorised()


def own_notes(*numbers: int) -> list[bytes]:
    return [numbered(number).authorised() for number in numbers]


def unused(first: int, last: int) -> bytes:
    issuer = numbered(1).plan().issuer.tax_id
    return (
        '<procInutNFe xmlns="http://www.portalfiscal.inf.br/nfe" versao="4.00"><inutNFe versao="4.00"><infInut>'
        f"<CNPJ>{issuer}</CNPJ><mod>55</mod><serie>1</serie><nNFIni>{first}</nNFIni><nNFFin>{last}</nNFFin></infInut>"
        "</inutNFe><retInutNFe><infInut><cStat>102</cStat></infInut></retInutNFe></procInutNFe>"
    ).encode()


OWN = AuditOptions(own_companies=frozenset({numbered(1).plan().issuer.tax_id}))

CASES = [
    FileCase(
        "NF-DUP-001", "two contents", severity=Severity.CRITICAL, at="infNFe/@Id",
        broken=lambda: [numbered(5).authorised(), numbered(5).set("infAdic/infCpl", "Outro texto").authorised()],
        clean=lambda: own_notes(5, 6),
    ),
    FileCase(
        "NF-DUP-001", "tampered copy", severity=Severity.CRITICAL,
        broken=lambda: [
            numbered(5).authorised(), tampering.changed(numbered(5).authorised(), "total/ICMSTot/vNF", "1.00")
        ],
    ),
    FileCase("NF-DUP-001", "same file twice", lambda: own_notes(5, 5), severity=Severity.INFO),
    FileCase("NF-DUP-002", "same number", at="ide/nNF", count=2,
             broken=lambda: [numbered(5).authorised(), other_key_of_the_same_number()]),
    FileCase("NF-DUP-003", "same day", lambda: own_notes(5, 6), severity=Severity.HIGH, at="ICMSTot/vNF",
             clean=lambda: [numbered(5).authorised(), NoteBuilder(115).authorised()]),
    FileCase("NF-DUP-003", "days later", severity=Severity.MEDIUM,
             broken=lambda: [numbered(5).authorised(), numbered(6, days=3).authorised()],
             clean=lambda: [numbered(5).authorised(), numbered(6, days=6).authorised()]),
    FileCase("NF-SEQ-001", "gap", lambda: own_notes(5, 9), options=OWN, at="ide/nNF",
             clean=lambda: [*own_notes(5, 9), unused(6, 8)]),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_fires_where_it_should(case: FileCase) -> None:
    assert_fires(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_is_silent_on_what_is_right(case: FileCase) -> None:
    assert_silent(case)


def test_a_sale_invoiced_again_after_cancelling_is_fine() -> None:
    case = next(one for one in CASES if one.label == "same day")
    assert findings(case, [*own_notes(5, 6), cancellation(numbered(5).plan()).processed()]) == []


def test_the_gap_is_told_without_what_was_declared_unused() -> None:
    case = next(one for one in CASES if one.rule_id == "NF-SEQ-001")
    (finding,) = findings(case, [*own_notes(5, 20), unused(8, 10), unused(19, 19)])
    assert finding.expected == "6-7, 11-18"


def test_the_copy_names_the_file_that_it_copies() -> None:
    case = next(one for one in CASES if one.label == "same file twice")
    (finding,) = findings(case, own_notes(5, 5))
    assert (finding.source_name, finding.others) == ("1.xml", ("0.xml",))
