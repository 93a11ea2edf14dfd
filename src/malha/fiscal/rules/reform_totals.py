"""Tax reform: totals of IBS, CBS and IS of the note as sums of its items (NT 2025.002, W)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.money import CENT
from malha.fiscal.rules._reform import deep_sum, deferred, given_back, presumed_credit
from malha.fiscal.rules._registry import NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import NT_2025_002
from malha.fiscal.tree import ZERO, Group

_SINGLE_PHASE = ("vIBSMono", "vCBSMono", "vIBSMonoReten", "vCBSMonoReten", "vIBSMonoRet", "vCBSMonoRet")
_REJECTIONS = {
    "vBCIBSCBS": "1076",
    "gIBS/gIBSUF/vDif": "1077",
    "gIBS/gIBSUF/vDevTrib": "1078",
    "gIBS/gIBSUF/vIBSUF": "1080",
    "gIBS/gIBSMun/vDif": "1081",
    "gIBS/gIBSMun/vDevTrib": "1082",
    "gIBS/gIBSMun/vIBSMun": "1084",
    "gIBS/vIBS": "1085",
    "gIBS/vCredPres": "1086",
    "gCBS/vDif": "1088",
    "gCBS/vDevTrib": "1089",
    "gCBS/vCBS": "1091",
    "gCBS/vCredPres": "1087",
    "gMono/vIBSMono": "1092",
    "gMono/vCBSMono": "1093",
    "gMono/vIBSMonoReten": "1120",
    "gMono/vCBSMonoReten": "1121",
    "gMono/vIBSMonoRet": "1122",
    "gMono/vCBSMonoRet": "1123",
    "gEstornoCred/vIBSEstCred": "1176",
    "gEstornoCred/vCBSEstCred": "1177",
}
_PARTS = (("gIBSUF", "gIBS/gIBSUF/", "vIBSUF"), ("gIBSMun", "gIBS/gIBSMun/", "vIBSMun"), ("gCBS", "gCBS/", "vCBS"))
"""The part's group in the item, its place under IBSCBSTot, its amount."""

Sums = defaultdict[str, Decimal]


@rule(
    "RTC-010", severity=Severity.HIGH, scope=Scope.NOTE, models=NFE_NFCE, valid_from=NT_2025_002,
    reference="Rejeições 1075 a 1093, 1120 a 1123, 1176 e 1177 (W33 a W59g)",
    pt="Total de IBS, CBS ou IS difere da soma dos itens.",
    en="A total of IBS, CBS or IS is not the sum of the items.",
)  # fmt: skip
def totals_are_sums_of_items(note: Note) -> Sequence[Breach] | None:
    total = note.group.group("total")
    breaches: list[Breach] = []
    if "IBSCBSTot" in total:
        breaches += _wrong_totals(total.group("IBSCBSTot"), _sums(note))
    if "ISTot" in total:
        selective = sum((item.imposto.group("IS").amount_or_zero("vIS") for item in note.items), ZERO)
        breaches += _compare(total.group("ISTot"), "vIS", selective, "1075")
    return breaches


def _wrong_totals(totals: Group, sums: Sums) -> Iterator[Breach]:
    for path, rejection in _REJECTIONS.items():
        *steps, tag = path.split("/")
        group = totals
        for step in steps:
            group = group.group(step)
        if group:
            yield from _compare(group, tag, sums[path], rejection)


def _compare(group: Group, tag: str, expected: Decimal, rejection: str) -> Iterator[Breach]:
    stated = group.amount(tag)
    if stated is not None and stated != expected:
        severity = Severity.LOW if abs(stated - expected) <= CENT else None
        yield Breach(group, tag, stated, expected, f"soma dos itens {expected}, rejeição {rejection}",
                     severity=severity)  # fmt: skip


def _sums(note: Note) -> Sums:
    """Every total as the items give it, by its path under IBSCBSTot."""
    sums: Sums = defaultdict(lambda: ZERO)
    for item in note.items:
        group = item.ibscbs
        if "gIBSCBS" in group:
            _add_taxed(sums, item, group.group("gIBSCBS"))
        if "gIBSCBSMono" in group:
            for tag in _SINGLE_PHASE:
                sums[f"gMono/{tag}"] += deep_sum(group.group("gIBSCBSMono"), tag)
        if "gEstornoCred" in group:
            for tag in ("vIBSEstCred", "vCBSEstCred"):
                sums[f"gEstornoCred/{tag}"] += group.group("gEstornoCred").amount_or_zero(tag)
    return sums


def _add_taxed(sums: Sums, item: Item, taxed: Group) -> None:
    sums["vBCIBSCBS"] += taxed.amount_or_zero("vBC")
    sums["gIBS/vIBS"] += taxed.amount_or_zero("vIBS")
    for name, place, value in _PARTS:
        part = taxed.group(name)
        sums[place + value] += part.amount_or_zero(value)
        if "gDif" in part:
            sums[place + "vDif"] += deferred(part)
        if "gDevTrib" in part:
            sums[place + "vDevTrib"] += given_back(part)
    if "gCredPresOper" in item.ibscbs or "gIBSCredPres" in taxed or "gCBSCredPres" in taxed:
        sums["gIBS/vCredPres"] += presumed_credit(item, "IBS")
        sums["gCBS/vCredPres"] += presumed_credit(item, "CBS")


@rule(
    "RTC-011", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE_NFCE, valid_from=NT_2025_002,
    reference="Rejeições 1118, 1119, 1073 e 1117 (W31, W34)",
    pt="Grupo de totais de IBS e CBS (ou de IS) sem itens, ou itens sem o grupo de totais.",
    en="A totals group of IBS and CBS (or IS) without items, or items without it.",
)  # fmt: skip
def totals_stand_with_items(note: Note) -> Breach | None:
    total = note.group.group("total")
    informed = any(item.ibscbs for item in note.items)
    if informed != ("IBSCBSTot" in total):
        return Breach(total, "IBSCBSTot", formula=f"rejeição {'1119' if informed else '1118'}")
    selective = any("IS" in item.imposto for item in note.items)
    if selective != ("ISTot" in total):
        return Breach(total, "ISTot", formula=f"rejeição {'1117' if selective else '1073'}")
    return None
