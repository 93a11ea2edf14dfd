"""Quantities and lots: units that agree, expiry dates, medicines with their traceability."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._registry import NFE, NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import MOC_4_01, NT_2016_002
from malha.fiscal.tree import ZERO

_MEDICINES = ("3003", "3004")
_FAR_BUYER = frozenset({"2", "3"})
_NOT_DELIVERED = frozenset({"5922", "6922", "5118", "6118", "5119", "6119", "5120", "6120"})


@rule(
    "NF-PRD-011", severity=Severity.LOW, scope=Scope.ITEM, models=NFE_NFCE, purposes=frozenset({"1", "4"}),
    valid_from=MOC_4_01, reference="MOC, I09 a I14",
    pt="Unidade comercial igual à tributável, mas as quantidades diferem.",
    en="The commercial and taxable units agree, but their quantities differ.",
)  # fmt: skip
def same_unit_has_same_quantity(_: Note, item: Item) -> Breach | None:
    prod = item.prod
    sold, taxed = prod.text("uCom"), prod.text("uTrib")
    if sold is None or sold != taxed:
        return None
    found, expected = prod.amount("qTrib"), prod.amount("qCom")
    if found is None or expected is None or found == expected:
        return None
    return Breach(prod, "qTrib", found, expected, f"uCom e uTrib {sold}")


@rule(
    "NF-PRD-012", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE,
    valid_from=NT_2016_002, reference="Rejeições 870, 877, 840 e 873 (I84, I83, K01)",
    pt="Lote com validade anterior à fabricação.", en="A lot that expires before it was made.",
)  # fmt: skip
def lots_are_consistent(note: Note, item: Item) -> Sequence[Breach] | None:
    prod = item.prod
    if "rastro" not in prod and "med" not in prod and not (item.ncm or "").startswith(_MEDICINES):
        return None
    return [*_wrong_lots(note, item), *_wrong_medicine(note, item)]


def _wrong_lots(note: Note, item: Item) -> Iterator[Breach]:
    lots = item.prod.groups("rastro")
    issued = note.issued_at.date() if note.issued_at else None
    for lot in lots:
        made, expires = _day(lot.text("dFab")), _day(lot.text("dVal"))
        if made and expires and expires < made:
            yield Breach(lot, "dVal", expires, formula=f"dFab {made}")
        if made and issued and made > issued:
            yield Breach(lot, "dFab", made, formula=f"emissão em {issued}, rejeição 877",
                         pt="Lote fabricado depois da emissão da nota.",
                         en="A lot made after the note was issued.")  # fmt: skip
    quantity, parts = item.prod.amount("qCom"), [lot.amount("qLote") for lot in lots]
    legible = [part for part in parts if part is not None]
    if quantity is None or not parts or len(legible) < len(parts) or "med" not in item.prod:
        return
    total = sum(legible, ZERO)
    if total != quantity:
        yield Breach(item.prod, "qCom", quantity, total, "soma de qLote",
                     pt="As quantidades dos lotes não somam a quantidade do item.",
                     en="The lots do not add up to the quantity of the item.")  # fmt: skip


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None  # the schema check reports it


def _wrong_medicine(note: Note, item: Item) -> Iterator[Breach]:
    prod = item.prod
    if "med" not in prod:
        if item.ncm and item.ncm.startswith(_MEDICINES) and note.direction == "1" and note.purpose == "1":
            yield Breach(prod, "med", formula=f"NCM {item.ncm}, rejeição 840", severity=Severity.INFO,
                         pt="NCM de medicamento sem o grupo de medicamentos (pode ser de uso veterinário).",
                         en="An NCM of medicines without the medicine group (it may be veterinary).")  # fmt: skip
        return
    if "rastro" in prod or note.purpose != "1" or note.direction != "1" or item.cfop in _NOT_DELIVERED:
        return
    if note.ide.text("indPres") in _FAR_BUYER or not prod.group("med").text("cProdANVISA"):
        return
    yield Breach(prod, "rastro", formula="rejeição 873", pt="Medicamento sem os dados de lote.",
                 en="A medicine without its lot data.")  # fmt: skip
