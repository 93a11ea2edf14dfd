"""The same product described differently in the notes of one audit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable

from malha.fiscal.batch import Batch
from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.identifiers import is_gtin
from malha.fiscal.rules._registry import Scope, rule

Identity = Callable[[Note, Item], Hashable | None]
Value = Callable[[Item], str | None]


@rule(
    "NF-PRD-005", severity=Severity.MEDIUM, scope=Scope.BATCH, reference="NT 2021.003; rejeições 890, 891 e 894",
    pt="O mesmo GTIN aparece com mais de uma NCM.", en="The same GTIN appears with more than one NCM.",
)  # fmt: skip
def gtin_has_one_ncm(batch: Batch) -> list[Breach]:
    return _disagreements(batch, _gtin, lambda item: item.ncm, "NCM")


@rule(
    "NF-PRD-013", severity=Severity.MEDIUM, scope=Scope.BATCH, reference="Consistência de cadastro do emitente",
    explains=("NF-DUP-003",),
    pt="O mesmo código de produto do emitente aparece com classificações diferentes.",
    en="The issuer's same product code appears under different classifications.",
)  # fmt: skip
def product_code_has_one_classification(batch: Batch) -> list[Breach]:
    return [
        *_disagreements(batch, _code, lambda item: item.ncm, "NCM"),
        *_disagreements(batch, _code, lambda item: item.prod.text("CEST"), "CEST"),
        *_disagreements(batch, _code_in_like_sales, lambda item: item.icms_code, "CST"),
    ]


def _gtin(_: Note, item: Item) -> Hashable | None:
    code = item.prod.text("cEAN")
    return code if code and is_gtin(code) else None


def _code(note: Note, item: Item) -> Hashable | None:
    code = item.prod.text("cProd")
    return (note.issuer_id, code, item.name) if code else None


def _code_in_like_sales(note: Note, item: Item) -> Hashable | None:
    """The tax situation follows the buyer too, so only sales alike in these respects are compared."""
    code = _code(note, item)
    return code and (code, item.cfop, note.recipient_uf, note.dest.text("indIEDest"), note.crt)


def _disagreements(batch: Batch, identity: Identity, value: Value, field: str) -> list[Breach]:
    """One breach at the first item of each later value of a product, naming the first value's note."""
    seen: defaultdict[Hashable, dict[str, tuple[Note, Item]]] = defaultdict(dict)
    breaches: list[Breach] = []
    for note in batch.notes:
        for item in note.items:
            key, found = identity(note, item), value(item)
            if key is None or not found:
                continue
            known = seen[key]
            if known and found not in known:
                breaches.append(_breach(note, item, field, next(iter(known.items()))))
            known.setdefault(found, (note, item))
    return breaches


def _breach(note: Note, item: Item, field: str, first: tuple[str, tuple[Note, Item]]) -> Breach:
    value, (other, other_item) = first
    at, name = (item.icms, "CSOSN" if item.is_simples else "CST") if field == "CST" else (item.prod, field)
    return Breach(
        at, name, at.text(name), value, f"{field} {value} no item {other_item.number} da nota {other.number}",
        document=note, others=(other.key,),
    )  # fmt: skip
