"""Tax reform: the base of IBS and CBS, the value of an item, the value of the note (NT 2025.002, UB16, VB01, W60)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.money import differs
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules._arithmetic import item_ipi, operation_formula, operation_value
from malha.fiscal.rules._registry import NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import NT_2025_002
from malha.fiscal.tree import ZERO, Group

_TAXES_ADDED_SINCE = 2027
_DIRECT_BILLING = "2"
_BESIDE_ICMS = ("vICMSST", "vICMSMonoReten", "vFCPST")


@rule(
    "RTC-009", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE_NFCE, purposes=frozenset({"1"}),
    valid_from=NT_2025_002, facultative=True, reference="Rejeição 1104 (UB16-10), implementação futura",
    explains=("RTC-007", "RTC-010"),
    pt="Base de IBS e CBS difere da operação sem os tributos que saem dela.",
    en="The base of IBS and CBS is not the operation without the taxes that leave it.",
)  # fmt: skip
def base_follows_the_operation(_: Note, item: Item, options: AuditOptions) -> Breach | None:
    taxed = item.ibscbs.group("gIBSCBS")
    stated = taxed.amount("vBC")
    if stated is None:
        return None
    expected = operation_value(item.prod)
    expected += sum((amount for _, amount in _added(item)), ZERO) - sum((amount for _, amount in _leaving(item)), ZERO)
    if not differs(stated, expected, options.tolerance):
        return None
    return Breach(taxed, "vBC", stated, expected, lambda: _base_formula(item, expected))


def _added(item: Item) -> Iterator[tuple[str, Decimal]]:
    imposto = item.imposto
    for group, tag in (("II", "vII"), ("IS", "vIS")):
        if group in imposto:
            yield tag, imposto.group(group).amount_or_zero(tag)


def _leaving(item: Item) -> Iterator[tuple[str, Decimal]]:
    yield "vPIS", item.pis.amount_or_zero("vPIS")
    yield "vCOFINS", item.cofins.amount_or_zero("vCOFINS")
    for tag in ("vICMS", "vFCP", "vICMSMono"):
        if tag in item.icms:
            yield tag, item.icms.amount_or_zero(tag)
    if "ICMSUFDest" in item.imposto:
        destination = item.imposto.group("ICMSUFDest")
        for tag in ("vICMSUFDest", "vFCPUFDest"):
            yield tag, destination.amount_or_zero(tag)
    if item.issqn:
        yield "vISSQN", item.issqn.amount_or_zero("vISSQN")


def _base_formula(item: Item, expected: Decimal) -> str:
    minus = "".join(f" - {tag} {amount}" for tag, amount in _leaving(item) if amount)
    return f"{operation_formula(item.prod, *_added(item))}{minus} = {expected}"


@rule(
    "RTC-012", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE_NFCE, valid_from=NT_2025_002, facultative=True,
    reference="Rejeições 1004, 1094, 1105 e 1137 (W60, VB01), implementação futura",
    explains=("RTC-012",),
    pt="Valor total da nota com IBS, CBS e IS (vNFTot) não é a soma dos itens (vItem).",
    en="The note's total with IBS, CBS and IS (vNFTot) is not the sum of the items (vItem).",
)  # fmt: skip
def note_total_is_the_sum_of_items(note: Note, options: AuditOptions) -> Sequence[Breach] | None:
    total = note.group.group("total")
    if "IBSCBSTot" not in total:
        return None
    stated = total.amount("vNFTot")
    if stated is None:
        return [Breach(total, "vNFTot", formula="rejeição 1004", severity=Severity.LOW,
                       pt="Falta o valor total da nota com IBS, CBS e IS (vNFTot).",
                       en="The note's total with IBS, CBS and IS (vNFTot) is missing.")]  # fmt: skip
    values = [item.group.amount("vItem") for item in note.items]
    breaches = list(_wrong_item_values(note, values, options.tolerance))
    if None not in values:
        expected = sum((value for value in values if value is not None), ZERO)
        if stated != expected:
            breaches.append(Breach(total, "vNFTot", stated, expected, f"soma de vItem {expected}"))
    return breaches


def _wrong_item_values(note: Note, values: list[Decimal | None], tolerance: Decimal) -> Iterator[Breach]:
    taxes_are_added = note.issued_at is not None and note.issued_at.year >= _TAXES_ADDED_SINCE
    for item, value in zip(note.items, values, strict=True):
        if value is None:
            continue
        plain = _operation_total(item)
        if not taxes_are_added and not differs(value, plain, tolerance):
            continue
        taxes = _reform_taxes(item)
        if not differs(value, plain + taxes, tolerance) or item.prod.text("indTot") == "0":
            continue
        expected = plain + taxes if taxes_are_added else plain
        yield Breach(item.group, "vItem", value, expected, f"operação {plain}, IBS, CBS e IS {taxes}",
                     pt="vItem não é a soma dos valores do item.",
                     en="vItem is not the sum of the item's amounts.")  # fmt: skip


def _operation_total(item: Item) -> Decimal:
    """The terms of VB01-10 without the taxes of the reform."""
    icms, imposto = item.icms, item.imposto
    value = operation_value(item.prod) + item_ipi(item)
    if "indDeduzDeson" in icms and icms.text("indDeduzDeson") == "1":
        value -= icms.amount_or_zero("vICMSDeson")
    if item.prod.group("veicProd").text("tpOp") != _DIRECT_BILLING:
        for tag in _BESIDE_ICMS:
            if tag in icms:
                value += icms.amount_or_zero(tag)
        if "impostoDevol" in item.group:
            value += item.group.group("impostoDevol").group("IPI").amount_or_zero("vIPIDevol")
    if "II" in imposto:
        value += imposto.group("II").amount_or_zero("vII")
    return value + _substituted(imposto, "PISST", "vPIS") + _substituted(imposto, "COFINSST", "vCOFINS")


def _substituted(imposto: Group, tag: str, amount: str) -> Decimal:
    """PIS or COFINS by substitution where it is part of the note's value."""
    if tag not in imposto:
        return ZERO
    group = imposto.group(tag)
    return group.amount_or_zero(amount) if group.text(f"indSoma{tag}") == "1" else ZERO


def _reform_taxes(item: Item) -> Decimal:
    taxed, single = item.ibscbs.group("gIBSCBS"), item.ibscbs.group("gIBSCBSMono")
    value = taxed.amount_or_zero("vIBS") + taxed.group("gCBS").amount_or_zero("vCBS")
    value += item.imposto.group("IS").amount_or_zero("vIS")
    return value + single.amount_or_zero("vTotIBSMonoItem") + single.amount_or_zero("vTotCBSMonoItem")
