"""Returns against the notes that they return: only what contradicts the original is wrong."""

from __future__ import annotations

import pytest
from tests.factories.file_cases import FileCase, assert_fires, assert_silent, findings
from tests.factories.nfe import NoteBuilder

from malha.fiscal.findings import Severity

_ICMS, _PIS = "det[1]/imposto/ICMS", "det[1]/imposto/PIS"
_UNTAXED = "<ICMS40><orig>0</orig><CST>41</CST></ICMS40>"
_PIS_UNTAXED = "<PIS><PISNT><CST>06</CST></PISNT></PIS>"
_COFINS_UNTAXED = "<COFINS><COFINSNT><CST>06</CST></COFINSNT></COFINS>"


def sale() -> NoteBuilder:
    return NoteBuilder(201).with_items(1, "00")


def untaxed_sale() -> bytes:
    note = sale().replace(f"{_ICMS}/ICMS00", _UNTAXED).replace(_PIS, _PIS_UNTAXED)
    return note.replace("det[1]/imposto/COFINS", _COFINS_UNTAXED).authorised()


def goods_return(**edits: str) -> bytes:
    """A return of the sale with its taxes as they were; ``edits`` exchange CST and pICMS of its ICMS."""
    note = NoteBuilder(202).with_items(1, "00").returning(sale().key)
    for tag, value in edits.items():
        note.set(f"{_ICMS}/*/{tag}", value)
    return note.authorised()


def repeated() -> list[bytes]:
    return [sale().authorised(), goods_return()]


CASES = [
    FileCase("ICMS-CST-INV-01", "untaxed original", lambda: [untaxed_sale(), goods_return()], repeated, "ICMS00/CST",
             Severity.MEDIUM),
    FileCase("ICMS-CST-INV-01", "another rate", lambda: [sale().authorised(), goods_return(pICMS="12.00")], repeated,
             "ICMS00/pICMS", Severity.MEDIUM),
    FileCase("ICMS-CST-INV-01", "no original", goods_return, repeated, "ICMS00/CST", Severity.INFO),
    FileCase("PIS-COFINS-CST-INV-01", "untaxed original", lambda: [untaxed_sale(), goods_return()], repeated,
             "PISAliq/CST", Severity.MEDIUM),
    FileCase("PIS-COFINS-CST-INV-01", "no original", goods_return, repeated, "PISAliq/CST", Severity.INFO),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_return_that_contradicts_its_original_is_told(case: FileCase) -> None:
    assert_fires(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_return_that_repeats_its_original_is_not(case: FileCase) -> None:
    assert_silent(case)


def test_the_original_is_named_and_what_it_says() -> None:
    case = CASES[0]
    (finding,) = findings(case, case.broken())
    assert finding.others == (sale().key,)
    assert (finding.found, finding.expected) == ("00", "41")


@pytest.mark.parametrize("cfop", ["5251", "1253", "5102"])
def test_energy_and_sales_are_no_returns(cfop: str) -> None:
    note = NoteBuilder(203).with_items(1, "00").returning(sale().key).set("det[1]/prod/CFOP", cfop)
    assert findings(CASES[0], [untaxed_sale(), note.authorised()]) == []


def test_the_item_that_is_named_is_the_one_compared() -> None:
    mixed = NoteBuilder(201).with_items(2, "00").replace("det[2]/imposto/ICMS/ICMS00", _UNTAXED)
    for number, count in (("1", 0), ("2", 1)):
        reference = f"<chaveAcesso>{mixed.key}</chaveAcesso><nItem>{number}</nItem>"
        note = NoteBuilder(202).with_items(1, "00").returning(mixed.key)
        note.add("det[1]", f"<DFeReferenciado>{reference}</DFeReferenciado>")
        assert len(findings(CASES[0], [mixed.authorised(), note.authorised()])) == count
