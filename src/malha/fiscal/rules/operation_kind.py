"""What a CFOP says of the operation: known code, fit with the tax situation, returns, mixed natures."""

from __future__ import annotations

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._registry import NFE, NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import LAYOUT_3_10, MOC_4_01
from malha.fiscal.tables import cfop

_SUBSTITUTE_SALES = frozenset({"5401", "5403", "6401", "6403"})
_SUBSTITUTED_SALES = frozenset({"5405"})
_PLAIN_SALES = frozenset({"5101", "5102", "6101", "6102"})
_NO_SUBSTITUTION = frozenset({"00", "20", "40", "41", "50", "51", "101", "102", "103", "300", "400"})
_SUBSTITUTION_CHARGED = frozenset({"10", "30", "70", "201", "202", "203"})
_SUBSTITUTION_PAID = frozenset({"60", "500"})
_RETURNED_TO_SELLER = frozenset({"1949", "2949"})
_NATURAL_GAS = "27112100"
_GAS_BALANCE = frozenset({"5949", "6949"})
_CREDIT_NOTE_RETURNS = frozenset({"03", "04", "06"})
_PACKAGING_AND_CONSIGNMENT = frozenset({"918", "919", "921"})


@rule(
    "NF-CFOP-007", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE_NFCE,
    valid_from=MOC_4_01, reference="Convênio s/nº de 1970, Anexo II (tabela CFOP)",
    explains=("NF-CFOP-001", "NF-CFOP-002", "NF-CFOP-003", "NF-CFOP-004", "NF-CFOP-005", "NF-CFOP-009",
              "CFOP-GEO-01", "CFOP-GEO-02", "NF-65-725"),
    pt="CFOP que não existe na tabela oficial.", en="A CFOP that is not in the official table.",
)  # fmt: skip
def cfop_is_known(_: Note, item: Item) -> Breach | None:
    if not item.cfop or item.cfop in cfop.codes():
        return None
    return Breach(item.prod, "CFOP", item.cfop)


@rule(
    "NF-CFOP-008", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE,
    purposes=frozenset({"1"}),
    valid_from=MOC_4_01, reference="Convênio s/nº de 1970, Anexo II; rejeições 374, 382 e 386",
    explains=("NF-PRD-006",),
    pt="CFOP e situação tributária do ICMS se contradizem quanto à substituição tributária.",
    en="The CFOP and the ICMS situation contradict each other on tax substitution.",
)  # fmt: skip
def cfop_fits_tax_situation(_: Note, item: Item) -> Breach | None:
    code, situation = item.cfop, item.icms_code
    if situation is None or code not in _WRONG_SITUATIONS or situation not in _WRONG_SITUATIONS[code]:
        return None
    return Breach(
        item.icms, "CSOSN" if item.is_simples else "CST", situation, _expected_situation(code),
        lambda: f"CFOP {code} com {'CSOSN' if item.is_simples else 'CST'} {situation}",
    )  # fmt: skip


_WRONG_SITUATIONS = {
    **dict.fromkeys(_SUBSTITUTE_SALES, _NO_SUBSTITUTION),
    **dict.fromkeys(_SUBSTITUTED_SALES, _NO_SUBSTITUTION | _SUBSTITUTION_CHARGED),
    **dict.fromkeys(_PLAIN_SALES, _SUBSTITUTION_CHARGED | _SUBSTITUTION_PAID),
}


def _expected_situation(code: str) -> str:
    if code in _SUBSTITUTED_SALES:
        return "CST 60 ou CSOSN 500"
    return "CST 10, 30 ou 70, CSOSN 201, 202 ou 203" if code in _SUBSTITUTE_SALES else "CFOP de operação com ST"


@rule(
    "NF-CFOP-009", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE, layouts=frozenset({"3.10", "4.00"}),
    valid_from=LAYOUT_3_10, reference="Rejeições 327 e 328 (I08-140, I08-144)",
    explains=("NF-CFOP-010", "NF-PAY-003"),
    pt="CFOP de devolução em nota que não é de devolução.", en="A CFOP of return in a note that is no return.",
)  # fmt: skip
def return_cfop_fits_purpose(note: Note, item: Item) -> Breach | None:
    code = item.cfop
    if not code:
        return None
    is_return = code in cfop.returns()
    if note.purpose == "4":
        return None if is_return or _is_taken_back(note, item) else _not_a_return(item)
    if not is_return or note.purpose in {"2", ""} or note.ide.text("tpNFCredito") in _CREDIT_NOTE_RETURNS:
        return None
    return Breach(item.prod, "CFOP", code, "finNFe 4", f"rejeição 328: finNFe {note.purpose}")


def _is_taken_back(note: Note, item: Item) -> bool:
    """Returns by those who write no notes, and the balance of natural gas (Ajuste SINIEF 22/21)."""
    if item.cfop in _RETURNED_TO_SELLER:
        return note.dest.text("indIEDest") == "9"
    return item.cfop in _GAS_BALANCE and item.ncm == _NATURAL_GAS


def _not_a_return(item: Item) -> Breach:
    return Breach(
        item.prod, "CFOP", item.cfop, "CFOP de devolução", "rejeição 327: finNFe 4",
        pt="CFOP que não é de devolução em nota de devolução.", en="A CFOP of no return in a note of return.",
    )  # fmt: skip


@rule(
    "NF-CFOP-010", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE,
    valid_from=MOC_4_01, reference="Ajuste SINIEF 07/05; MOC, natOp",
    pt="A nota mistura operações de naturezas diferentes.", en="The note mixes operations of different natures.",
)  # fmt: skip
def natures_are_not_mixed(note: Note) -> Breach | None:
    if len({item.cfop for item in note.items}) < 2:
        return None
    first: dict[str, Item] = {}
    for item in note.items:
        nature = _nature(item.cfop)
        if nature:
            first.setdefault(nature, item)
    if len(first) < 2:
        return None
    return Breach(
        note.ide, "natOp", note.ide.text("natOp"),
        formula=lambda: ", ".join(f"{nature}: item {item.number} (CFOP {item.cfop})" for nature, item in first.items()),
    )  # fmt: skip


def _nature(code: str | None) -> str | None:
    """Sale, return or transfer; None for what may stand beside any of them (gifts, packaging, remittances)."""
    if not code:
        return None
    if code in cfop.returns():
        return None if code[1:] in _PACKAGING_AND_CONSIGNMENT else "devolução"
    if code in cfop.transfers():
        return "transferência"
    return "venda ou compra" if code in cfop.trades() else None
