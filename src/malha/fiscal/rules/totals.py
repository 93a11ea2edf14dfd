"""Totals of a note against the sums of its items (ICMSTot)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.money import cents
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules._arithmetic import total_breach, total_severity
from malha.fiscal.rules._registry import NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import LAYOUT_3_10, MOC_4_01
from malha.fiscal.rules._sums import Sums, sums
from malha.fiscal.tree import ZERO, Group


def _breach(note: Note, pairs: tuple[tuple[str, str], ...]) -> Sequence[Breach] | None:
    """Compare totals with the sums over goods; each pair is (name in ICMSTot, name in the items)."""
    total, added = note.total, sums(note)
    breaches: list[Breach] = []
    for name, item_name in pairs:
        expected = added.goods.get(item_name, ZERO)
        if total.amount_or_zero(name) != expected:
            breaches.append(total_breach(total, name, expected, f"soma de {item_name} dos itens = {expected}"))
    return breaches or None


@rule(
    "NF-TOT-001", severity=Severity.HIGH, scope=Scope.NOTE, models=NFE_NFCE,
    valid_from=MOC_4_01, reference="Rejeição 531 (W03-10)",
    pt="O total da base do ICMS não é a soma dos itens.", en="The total ICMS base is not the sum of the items.",
)  # fmt: skip
def icms_base_total(note: Note) -> Sequence[Breach] | None:
    return _breach(note, (("vBC", "vBC"),))


@rule(
    "NF-TOT-002", severity=Severity.HIGH, scope=Scope.NOTE, models=NFE_NFCE,
    valid_from=MOC_4_01, reference="Rejeição 532 (W04-10)",
    pt="O total do ICMS não é a soma dos itens.", en="The total ICMS is not the sum of the items.",
)  # fmt: skip
def icms_total(note: Note) -> Sequence[Breach] | None:
    return _breach(note, (("vICMS", "vICMS"),))


@rule(
    "NF-TOT-003", severity=Severity.HIGH, scope=Scope.NOTE, models=NFE_NFCE,
    valid_from=MOC_4_01, reference="Rejeições 533 e 534 (W05-10, W06-10)",
    explains=("NF-TOT-009",),
    pt="O total da base ou do valor do ICMS-ST não é a soma dos itens.",
    en="The total ICMS-ST base or amount is not the sum of the items.",
)  # fmt: skip
def substitution_totals(note: Note) -> Sequence[Breach] | None:
    return _breach(note, (("vBCST", "vBCST"), ("vST", "vICMSST")))


@rule(
    "NF-TOT-004", severity=Severity.HIGH, scope=Scope.NOTE, models=NFE_NFCE,
    valid_from=MOC_4_01, reference="Rejeições 535, 536, 537 e 604 (W08-10, W09-10, W10-10, W15-10)",
    explains=("NF-TOT-009", "NF-ICMS-003", "NF-ST-001", "RTC-009", "RTC-012", "NF-TRA-002", "NF-IPI-004",
              "NF-CRT-003"),
    pt="O total de frete, seguro, desconto ou outras despesas não é a soma dos itens.",
    en="The total freight, insurance, discount or other costs is not the sum of the items.",
)  # fmt: skip
def cost_totals(note: Note) -> Sequence[Breach] | None:
    """With service items the total may hold the goods' part only, or all items'."""
    total, added = note.total, sums(note)
    breaches: list[Breach] = []
    for name in ("vFrete", "vSeg", "vDesc", "vOutro"):
        goods = added.of_goods(name)
        expected = added.of_all(name) if total.amount_or_zero(name) != goods else goods
        if total.amount_or_zero(name) != expected:
            breaches.append(total_breach(total, name, expected, f"soma de {name} dos itens = {expected}"))
    return breaches or None


@rule(
    "NF-TOT-005", severity=Severity.HIGH, scope=Scope.NOTE, models=NFE_NFCE,
    valid_from=MOC_4_01, reference="Rejeições 601, 538 e 863 (W11-10, W12-10, W12a-10)",
    explains=("NF-TOT-009", "NF-ICMS-003", "NF-ST-001", "RTC-012"),
    pt="O total de imposto de importação, IPI ou IPI devolvido não é a soma dos itens.",
    en="The total import duty, IPI or returned IPI is not the sum of the items.",
)  # fmt: skip
def duty_and_ipi_totals(note: Note) -> Sequence[Breach] | None:
    return _breach(note, (("vII", "vII"), ("vIPI", "vIPI"), ("vIPIDevol", "vIPIDevol")))


@rule(
    "NF-TOT-006", severity=Severity.HIGH, scope=Scope.NOTE, models=NFE_NFCE,
    valid_from=MOC_4_01, reference="Rejeições 602, 603, 608 e 609 (W13-10, W14-10, W21-10, W22-10)",
    pt="O total de PIS ou COFINS não é a soma dos itens.", en="The total PIS or COFINS is not the sum of the items.",
)  # fmt: skip
def contribution_totals(note: Note) -> Sequence[Breach] | None:
    breaches = list(_breach(note, (("vPIS", "vPIS"), ("vCOFINS", "vCOFINS"))) or ())
    if added := sums(note).services:
        services = note.group.group("total").group("ISSQNtot")
        for name in ("vPIS", "vCOFINS"):
            expected = added.get(name, ZERO)
            if services and services.amount_or_zero(name) != expected:
                breaches.append(total_breach(services, name, expected, f"soma de {name} dos serviços = {expected}"))
    return breaches or None


@rule(
    "NF-TOT-007", severity=Severity.HIGH, scope=Scope.NOTE, models=NFE_NFCE,
    valid_from=MOC_4_01, reference="Rejeições 564 e 605 (W07-10, W18-10)",
    explains=("NF-TOT-009",),
    pt="O total dos produtos não é a soma dos itens que compõem o total da nota.",
    en="The product total is not the sum of the items that count towards the note's total.",
)  # fmt: skip
def product_total(note: Note) -> Sequence[Breach] | None:
    return _breach(note, (("vProd", "vProd"),))


@rule(
    "NF-TOT-008", severity=Severity.HIGH, scope=Scope.NOTE, models=NFE_NFCE,
    valid_from=LAYOUT_3_10, reference="Rejeições 795, 798 a 800, 859, 861, 862 e 967 a 969 (W04a-10 a W06h-10)",
    explains=("NF-TOT-009", "RTC-012"),
    pt="O total de ICMS desonerado, FCP, DIFAL ou ICMS monofásico não é a soma dos itens.",
    en="The total exempted ICMS, FCP, DIFAL or single-phase ICMS is not the sum of the items.",
)  # fmt: skip
def other_icms_totals(note: Note) -> Sequence[Breach] | None:
    breaches = list(_breach(note, _OTHER_ICMS) or ())
    total, added = note.total, sums(note)
    effective = added.of_goods("vFCP/effective")
    if total.amount_or_zero("vFCP") != effective:  # with deferral the total may be what is really due
        breaches += _breach(note, (("vFCP", "vFCP"),)) or ()
    for name in ("qBCMono", "qBCMonoReten", "qBCMonoRet"):  # four decimals in the items, two in the total
        expected = cents(added.of_goods(name))
        if name in total and total.amount_or_zero(name) != expected:
            breaches.append(Breach(total, name, total.amount(name), expected, f"soma de {name} dos itens = {expected}"))
    return breaches or None


_OTHER_ICMS = (
    ("vICMSDeson", "vICMSDeson"),
    ("vFCPST", "vFCPST"),
    ("vFCPSTRet", "vFCPSTRet"),
    ("vFCPUFDest", "vFCPUFDest"),
    ("vICMSUFDest", "vICMSUFDest"),
    ("vICMSUFRemet", "vICMSUFRemet"),
    ("vICMSMono", "vICMSMono"),
    ("vICMSMonoReten", "vICMSMonoReten"),
    ("vICMSMonoRet", "vICMSMonoRet"),
)


@rule(
    "NF-TOT-009", severity=Severity.CRITICAL, scope=Scope.NOTE, models=NFE_NFCE,
    purposes=frozenset({"1", "2", "3", "4"}),
    valid_from=MOC_4_01, reference="Rejeição 610 (W16-10), exceção 3",
    explains=("NF-PAY-001", "NF-PAY-002", "NF-DUP-104"),
    pt="O valor total da nota não é a soma de suas parcelas.",
    en="The total value of the note is not the sum of its parts.",
)  # fmt: skip
def note_total(note: Note) -> Breach | None:
    """SEFAZ takes the sum with and without the exempted ICMS; imports add taxes that the layout does not sum."""
    found = note.total.amount("vNF")
    if found is None or _is_import(note):
        return None
    parts = list(_parts(note, note.total, sums(note)))
    if kept := _kept_exemption(note):
        parts.append(("+ vICMSDeson", kept))
    expected = sum((value for _, value in parts), ZERO)
    accepted = (expected, *_variants(note, expected - kept))
    if found in accepted:
        return None
    nearest = min(accepted, key=lambda one: abs(one - found))
    return Breach(
        note.total, "vNF", found, expected, lambda: _shown(parts, expected), severity=total_severity(found, nearest)
    )


def _kept_exemption(note: Note) -> Decimal:
    """The exempted ICMS that stays in the value, where the items say whether it is deducted (indDeduzDeson)."""
    if not any("indDeduzDeson" in item.icms for item in note.items):
        return ZERO
    return note.total.amount_or_zero("vICMSDeson") - sums(note).of_goods("vICMSDeson/deducted")


def _is_import(note: Note) -> bool:
    return note.direction == "0" and any((item.cfop or "").startswith("3") for item in note.items)


def _parts(note: Note, total: Group, added: Sums) -> Iterator[tuple[str, Decimal]]:
    """The signed terms of vNF that are not zero, in the order of W16-10."""
    sold_by_maker = any(_is_vehicle_billed_by_maker(item) for item in note.items)
    for sign, name in _TERMS:
        value = total.amount_or_zero(name) if name in total else ZERO
        if value and not (sold_by_maker and name in _NOT_FOR_BILLED_VEHICLES):
            yield f"{sign} {name}", value if sign == "+" else -value
    services = note.group.group("total").group("ISSQNtot").amount_or_zero("vServ")
    for name, value in (("vServ", services), ("PIS-ST", added.of_goods("vPIS/ST"))):
        if value:
            yield f"+ {name}", value
    if added.of_goods("vCOFINS/ST"):
        yield "+ COFINS-ST", added.of_goods("vCOFINS/ST")


_TERMS = (
    ("+", "vProd"), ("-", "vDesc"), ("-", "vICMSDeson"), ("+", "vST"), ("+", "vFCPST"), ("+", "vICMSMonoReten"),
    ("+", "vFrete"), ("+", "vSeg"), ("+", "vOutro"), ("+", "vII"), ("+", "vIPI"), ("+", "vIPIDevol"),
)  # fmt: skip
_NOT_FOR_BILLED_VEHICLES = frozenset({"vST", "vFCPST", "vIPIDevol"})


def _is_vehicle_billed_by_maker(item: Item) -> bool:
    return "veicProd" in item.prod and item.prod.group("veicProd").text("tpOp") == "2"


def _variants(note: Note, expected: Decimal) -> tuple[Decimal, ...]:
    """Other legal sums: exempted ICMS not deducted, or only where the item says so; retained single-phase ICMS out."""
    total, added = note.total, sums(note)
    spared, single_phase = total.amount_or_zero("vICMSDeson"), total.amount_or_zero("vICMSMonoReten")
    if not spared and not single_phase:
        return ()
    whole = expected + spared
    bases = (expected, whole, whole - added.of_goods("vICMSDeson/deducted"))
    return (*bases, *(base - single_phase for base in bases)) if single_phase else bases


def _shown(parts: list[tuple[str, Decimal]], expected: Decimal) -> str:
    return " ".join(f"{name} {abs(value)}" for name, value in parts).removeprefix("+ ") + f" = {expected}"


@rule(
    "NF-TOT-010", severity=Severity.LOW, scope=Scope.NOTE, models=NFE_NFCE,
    valid_from=LAYOUT_3_10, reference="Rejeição 685 (W16a-10); Lei 12.741/12",
    pt="O total aproximado dos tributos não é a soma dos itens.",
    en="The approximate total of taxes is not the sum of the items.",
)  # fmt: skip
def approximate_taxes_total(note: Note) -> Breach | None:
    expected = sums(note).of_all("vTotTrib")
    if not expected or "vTotTrib" not in note.total or note.total.amount("vTotTrib") == expected:
        return None
    return total_breach(note.total, "vTotTrib", expected, f"soma de vTotTrib dos itens = {expected}")


@rule(
    "NF-TOT-012", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE_NFCE,
    valid_from=MOC_4_01, reference="Rejeições 628, 417, 418 e 935 (W16-20, W04-20)", facultative=True,
    pt="O valor da nota ou do ICMS passa do limite definido para a auditoria.",
    en="The value of the note or of its ICMS is above the limit set for the audit.",
)  # fmt: skip
def value_within_limits(note: Note, options: AuditOptions) -> Sequence[Breach] | None:
    limits = (("vNF", options.note_limit), ("vICMS", options.icms_limit))
    found = [
        Breach(note.total, name, value, limit)
        for name, limit in limits
        if limit is not None and (value := note.total.amount_or_zero(name)) > limit
    ]
    return found or None
