"""The same product described differently in the notes of one audit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable

from malha.fiscal.batch import Batch
from malha.fiscal.briefs import ItemBrief, NoteBrief
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._registry import Scope, rule

Identity = Callable[[NoteBrief, ItemBrief], Hashable | None]
Value = Callable[[ItemBrief], str]
_First = tuple[str, tuple[NoteBrief, ItemBrief]]


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
        *_disagreements(batch, _code, lambda item: item.cest, "CEST"),
        *_disagreements(batch, _code_in_like_sales, lambda item: item.icms_code, "CST"),
    ]


def _gtin(_: NoteBrief, item: ItemBrief) -> Hashable | None:
    return item.gtin or None


def _code(note: NoteBrief, item: ItemBrief) -> Hashable | None:
    return (note.issuer_id, item.code, item.name) if item.code else None


def _code_in_like_sales(note: NoteBrief, item: ItemBrief) -> Hashable | None:
    """The tax situation follows the buyer too, so only sales alike in these respects are compared."""
    code = _code(note, item)
    return code and (code, item.cfop, note.recipient_uf, note.recipient_registration, note.crt)


def _disagreements(batch: Batch, identity: Identity, value: Value, field: str) -> list[Breach]:
    """One breach at the first item of each later value of a product, naming the first value's note."""
    seen: defaultdict[Hashable, dict[str, tuple[NoteBrief, ItemBrief]]] = defaultdict(dict)
    breaches: list[Breach] = []
    for note in batch.notes:
        for item in note.items:
            key, found = identity(note, item), value(item)
            if key is None or not found:
                continue
            known = seen[key]
            if known and found not in known:
                breaches.append(_breach(note, item, field, first=next(iter(known.items())), found=found))
            known.setdefault(found, (note, item))
    return breaches


def _breach(note: NoteBrief, item: ItemBrief, field: str, *, first: _First, found: str) -> Breach:
    value, (other, other_item) = first
    group, name = (f"imposto/ICMS/{item.icms_group}", item.icms_field) if field == "CST" else ("prod", field)
    return Breach(
        note.inside(item, group), name, found, value,
        f"{field} {value} no item {other_item.number} da nota {other.number}", document=note, others=(other.key,),
    )  # fmt: skip
