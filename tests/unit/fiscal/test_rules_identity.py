"""Rules on issuer, recipient, carrier and their registrations."""

from __future__ import annotations

import pytest
from tests.factories.file_cases import FileCase, assert_fires, assert_silent, findings

from malha.fiscal.options import AuditOptions
from malha.simulators.nfe import NoteBuilder


def note() -> NoteBuilder:
    return NoteBuilder(110)


def differs(path: str, value: str) -> bytes:
    return note().set(path, value).authorised()


def own(*tax_ids: str) -> AuditOptions:
    return AuditOptions(own_companies=frozenset(tax_ids))


def wrong(text: str) -> str:
    return text[:-1] + str((int(text[-1]) + 1) % 10)


def registration(party: str) -> str:
    plan = note().plan()
    found = plan.issuer.registration if party == "emit" else plan.recipient and plan.recipient.registration
    assert found
    return found


def sold_to_itself() -> bytes:
    return note().bought_by(note().plan().issuer).authorised()


CASES = [
    FileCase("NF-ID-001", "issuer", lambda: differs("emit/CNPJ", "12345678000190"), at="emit/CNPJ"),
    FileCase("NF-ID-001", "recipient", lambda: differs("dest/CNPJ", "11111111111111"), at="dest/CNPJ"),
    FileCase("NF-ID-001", "download", lambda: note().add(".", "<autXML><CPF>12345678900</CPF></autXML>").authorised(),
             at="autXML/CPF"),
    FileCase("NF-ID-002", "issuer", lambda: differs("emit/IE", wrong(registration("emit"))), at="emit/IE"),
    FileCase("NF-ID-002", "recipient", lambda: differs("dest/IE", wrong(registration("dest"))), at="dest/IE"),
    FileCase("NF-ID-003", "sale to itself", sold_to_itself, at="prod/CFOP"),
    FileCase("NF-ID-004", "taxpayer without IE", lambda: note().remove("dest/IE").authorised(), at="dest/IE"),
    FileCase("NF-ID-004", "exempt with IE", lambda: differs("dest/indIEDest", "2"), at="dest/IE"),
    FileCase("NF-ID-005", "unknown", lambda: differs("emit/enderEmit/cMun", "3599999"), at="enderEmit/cMun"),
    FileCase("NF-ID-005", "other state", lambda: differs("dest/enderDest/cMun", "3304557"), at="enderDest/cMun"),
    FileCase("NF-ID-005", "of the fact", lambda: differs("ide/cMunFG", "3304557"), at="ide/cMunFG"),
    FileCase("NF-ID-006", "nobody", lambda: note().remove("dest").authorised(), at="infNFe",
             clean=lambda: NoteBuilder(111, model="65").authorised()),
    FileCase("NF-ID-006", "nameless", lambda: note().remove("dest/xNome").authorised(), at="dest"),
    FileCase("NF-ID-007", "a stranger's note", note().authorised, options=own("12345678000195"),
             clean=lambda: NoteBuilder(111).set("dest/CNPJ", "12345678000276").authorised()),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_fires_where_it_should(case: FileCase) -> None:
    assert_fires(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_is_silent_on_what_is_right(case: FileCase) -> None:
    assert_silent(case)


def test_abroad_has_no_municipality_and_no_registration() -> None:
    abroad = (
        note()
        .set("dest/enderDest/UF", "EX")
        .set("dest/enderDest/cMun", "9999999")
        .set("dest/IE", "ISENTO")
        .authorised()
    )
    for case in CASES:
        if case.rule_id in {"NF-ID-002", "NF-ID-005"}:
            assert findings(case, abroad) == []


def test_a_transfer_between_own_stores_is_no_sale_to_itself() -> None:
    (case,) = [one for one in CASES if one.rule_id == "NF-ID-003"]
    note_to_itself = note().with_items(1, "00").bought_by(note().plan().issuer).set("det[1]/prod/CFOP", "5927")
    assert findings(case, note_to_itself.authorised()) == []
