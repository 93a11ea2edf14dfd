"""The three parts of gIBSCBS (state IBS, city IBS, CBS) and what their rules share (NT 2025.002 v1.51)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from malha.fiscal.documents import Item, Note
from malha.fiscal.tables import ibscbs
from malha.fiscal.tree import ZERO, Group

SIMPLES = frozenset({"1", "4"})
STOCK_LOSS = "07"
"""tpNFDebito of lost stock, which carries no tax groups."""
REPEATING_CREDITS = frozenset({"03", "04", "06"})
"""tpNFCredito of refused deliveries and reductions: they repeat the rates of the note that they undo."""


@dataclass(frozen=True, slots=True)
class Part:
    """Tags and rejection numbers of one part."""

    group: str
    rate: str
    value: str
    wrong_rate: str
    needs_deferral: str
    forbids_deferral: str
    wrong_deferral: str
    needs_reduction: str
    forbids_reduction: str
    wrong_reduction: str
    wrong_effective_rate: str
    wrong_value: str


STATE = Part("gIBSUF", "pIBSUF", "vIBSUF", "1026", "1030", "1029", "1031", "1033", "1032", "1034", "1035", "1041")
CITY = Part("gIBSMun", "pIBSMun", "vIBSMun", "1036", "1044", "1083", "1045", "1074", "1007", "1046", "1047", "1052")
CBS = Part("gCBS", "pCBS", "vCBS", "1037", "1061", "1090", "1062", "1079", "1028", "1063", "1064", "1069")
PARTS = (STATE, CITY, CBS)


def parts_of(item: Item) -> list[tuple[Part, Group]]:
    """Each part that the item's gIBSCBS states, with its group."""
    if item.reform_parts is None:
        taxed = item.ibscbs.group("gIBSCBS")
        item.reform_parts = [(part, taxed.group(part.group)) for part in PARTS if part.group in taxed]
    return item.reform_parts


def situation_of(item: Item) -> ibscbs.Cst | None:
    return ibscbs.situations().get(item.ibscbs.text("CST") or "")


def classification_of(item: Item) -> ibscbs.ClassTrib | None:
    return ibscbs.classifications().get(item.ibscbs.text("cClassTrib") or "")


def public_purchase(note: Note) -> Group:
    """gCompraGov, whose pRedutor cuts every rate once more."""
    return note.ide.group("gCompraGov")


def rate_in_force(group: Group, part: Part) -> Decimal | None:
    """The effective rate where the rate is reduced, else the rate itself."""
    return group.group("gRed").amount("pAliqEfet") if "gRed" in group else group.amount(part.rate)


def deferred(group: Group) -> Decimal:
    return group.group("gDif").amount_or_zero("vDif") if "gDif" in group else ZERO


def given_back(group: Group) -> Decimal:
    return group.group("gDevTrib").amount_or_zero("vDevTrib") if "gDevTrib" in group else ZERO


def presumed_credit(item: Item, tax: str) -> Decimal:
    """vCredPres of ``IBS`` or ``CBS``, wherever the layout version puts it."""
    name = f"g{tax}CredPres"
    inside = item.ibscbs.group("gIBSCBS").group(name)
    return (item.ibscbs.group("gCredPresOper").group(name) or inside).amount_or_zero("vCredPres")


def deep_sum(group: Group, tag: str) -> Decimal:
    """``tag`` summed through all levels: the single-phase groups were nested anew in NT 2025.002 v1.50."""
    return group.amount_or_zero(tag) + sum((deep_sum(child, tag) for child in group.children()), ZERO)


def repeats_old_rates(note: Note) -> bool:
    """Returns and undone deliveries carry the rates of the original (UB18-10 and UB37-10, exception 2)."""
    return note.purpose == "4" or note.ide.text("tpNFCredito") in REPEATING_CREDITS
