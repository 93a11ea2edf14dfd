"""Tax reform: rates, reductions and amounts of IBS, CBS and IS of an item (NT 2025.002, UB and VB)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.money import HUNDRED, cents, differs, rounded
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules._incentives import is_inside_one_area
from malha.fiscal.rules._reform import (
    CBS,
    Part,
    classification_of,
    deferred,
    given_back,
    parts_of,
    presumed_credit,
    public_purchase,
    rate_in_force,
    repeats_old_rates,
    situation_of,
)
from malha.fiscal.rules._registry import NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import NT_2025_002
from malha.fiscal.tables import ibscbs
from malha.fiscal.tree import ZERO, Group

_FOUR_PLACES = Decimal("0.0001")
_ZERO_RATES: Mapping[str, Decimal | None] = {"pIBSUF": ZERO, "pIBSMun": ZERO, "pCBS": ZERO}
_OTHER_RATES = frozenset({"Fixa", "Uniforme setorial", "Uniforme nacional (referência)"})


@rule(
    "RTC-005", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE, valid_from=NT_2025_002,
    reference="Rejeições 1026, 1036 e 1037 (UB18-10, UB37-10, UB56-10); LC 214/2025 art. 343 a 346",
    explains=("RTC-006", "RTC-007", "RTC-008", "RTC-010"),
    pt="Alíquota de IBS ou CBS que não é a do ano da emissão.",
    en="A rate of IBS or CBS that is not that of the year of issue.",
)  # fmt: skip
def rates_are_of_the_year(note: Note, item: Item) -> Sequence[Breach] | None:
    if "gIBSCBS" not in item.ibscbs or note.issued_at is None or repeats_old_rates(note):
        return None
    rates, found = ibscbs.rates(note.issued_at.date()), classification_of(item)
    if rates is None or found is None or found.rate_kind in _OTHER_RATES:
        return None
    legal = _ZERO_RATES if found.needs_regular_taxation else {
        "pIBSUF": rates.ibs_state, "pIBSMun": rates.ibs_city, "pCBS": rates.cbs
    }  # fmt: skip
    return list(_wrong_rates(note, item, legal))


def _wrong_rates(note: Note, item: Item, legal: Mapping[str, Decimal | None]) -> Iterator[Breach]:
    for part, group in parts_of(item):
        rate, expected = group.amount(part.rate), legal[part.rate]
        if rate is None or expected is None or rate == expected:
            continue
        if not rate and (public_purchase(note) or (part is CBS and _may_be_free_of_cbs(note, item, group))):
            continue
        yield Breach(group, part.rate, rate, expected, f"emissão em {note.issued_at:%Y}, rejeição {part.wrong_rate}")


def _may_be_free_of_cbs(note: Note, item: Item, group: Group) -> bool:
    return "gALCZFMCBS" in group or is_inside_one_area(note, item)


@rule(
    "RTC-006", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE, valid_from=NT_2025_002,
    reference="Rejeições 1034, 1035, 1046, 1047, 1063 e 1064 (UB27, UB28, UB46, UB47, UB65, UB66)",
    explains=("RTC-007", "RTC-008", "RTC-010"),
    pt="Redução de alíquota de IBS ou CBS diferente da do cClassTrib.",
    en="The rate reduction of IBS or CBS is not that of the cClassTrib.",
)  # fmt: skip
def reductions_follow_the_table(note: Note, item: Item) -> Sequence[Breach] | None:
    reduced = [(part, group) for part, group in parts_of(item) if "gRed" in group]
    return list(_wrong_reductions(note, item, reduced)) if reduced else None


def _wrong_reductions(note: Note, item: Item, parts: list[tuple[Part, Group]]) -> Iterator[Breach]:
    found, situation, purchase = classification_of(item), situation_of(item), public_purchase(note)
    for part, group in parts:
        reduced = group.group("gRed")
        rate, cut = group.amount(part.rate), reduced.amount("pRedAliq")
        if rate is None or cut is None:
            continue
        if found and situation and situation.reduction and not purchase:
            legal = found.cbs_reduction if part is CBS else found.ibs_reduction
            if cut != legal:
                yield Breach(reduced, "pRedAliq", cut, legal, f"cClassTrib {found.code}, rej. {part.wrong_reduction}")
        public_cut = purchase.amount_or_zero("pRedutor")
        exact = rate * (1 - cut / HUNDRED) * (1 - public_cut / HUNDRED)
        effective = reduced.amount("pAliqEfet")
        if effective is not None and differs(effective, exact, _FOUR_PLACES):
            yield Breach(
                reduced, "pAliqEfet", effective, rounded(exact, _FOUR_PLACES),
                f"{part.rate} {rate}% x (1 - {cut}%) x (1 - {public_cut}%), rejeição {part.wrong_effective_rate}",
                pt="Alíquota efetiva não resulta da redução informada.",
                en="The effective rate does not follow from the stated reduction.",
            )  # fmt: skip


@rule(
    "RTC-007", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE, valid_from=NT_2025_002,
    reference="Rejeições 1031, 1041, 1045, 1052, 1062 e 1069 (UB23, UB35, UB42, UB54, UB61, UB67)",
    explains=("RTC-008", "RTC-010"),
    pt="Valor de IBS ou CBS não resulta da base e da alíquota.",
    en="The amount of IBS or CBS does not follow from its base and rate.",
)  # fmt: skip
def amounts_follow_base_and_rate(_: Note, item: Item, options: AuditOptions) -> Sequence[Breach] | None:
    base = item.ibscbs.group("gIBSCBS").amount("vBC")
    if base is None:
        return None
    breaches: list[Breach] = []
    for part, group in parts_of(item):
        rate, value = rate_in_force(group, part), group.amount(part.value)
        if rate is None or value is None:
            continue
        gross, less, back = base * rate / HUNDRED, deferred(group), given_back(group)
        if differs(value, gross - less - back, options.tolerance):
            breaches.append(Breach(
                group, part.value, value, cents(gross - less - back),
                f"vBC {base} x {rate}% - vDif {less} - vDevTrib {back}, rejeição {part.wrong_value}",
            ))  # fmt: skip
        if less:
            breaches += _wrong_deferral(part, group, gross, options.tolerance)
    return breaches


def _wrong_deferral(part: Part, group: Group, gross: Decimal, tolerance: Decimal) -> Iterator[Breach]:
    deferral = group.group("gDif")
    share, stated = deferral.amount("pDif"), deferral.amount_or_zero("vDif")
    if share is not None and differs(stated, gross * share / HUNDRED, tolerance):
        yield Breach(
            deferral, "vDif", stated, cents(gross * share / HUNDRED),
            f"tributo {cents(gross)} x pDif {share}%, rejeição {part.wrong_deferral}",
            pt="Valor diferido de IBS ou CBS não resulta da base.",
            en="The deferred amount of IBS or CBS does not follow from the base.",
        )  # fmt: skip


@rule(
    "RTC-008", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE, valid_from=NT_2025_002,
    reference="Rejeição 1150 (UB54a-10)",
    explains=("RTC-010",),
    pt="IBS do item difere da soma das partes do estado e do município.",
    en="The item's IBS is not the sum of the state's and the city's parts.",
)  # fmt: skip
def ibs_is_the_sum_of_its_parts(_: Note, item: Item) -> Breach | None:
    taxed = item.ibscbs.group("gIBSCBS")
    total = taxed.amount("vIBS")
    if total is None:
        return None
    state = taxed.group("gIBSUF").amount_or_zero("vIBSUF")
    city = taxed.group("gIBSMun").amount_or_zero("vIBSMun")
    if total == state + city or total == state + city - _deducted_credit(item):
        return None
    return Breach(taxed, "vIBS", total, state + city, f"vIBSUF {state} + vIBSMun {city}")


def _deducted_credit(item: Item) -> Decimal:
    code = (item.ibscbs.group("gCredPresOper").text("cCredPres") or "").zfill(2)
    kind = ibscbs.presumed_credits().get(code)
    return presumed_credit(item, "IBS") if kind and kind.is_deducted else ZERO


@rule(
    "RTC-018", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE, valid_from=NT_2025_002,
    reference="Rejeições 1040, 1051 e 1068 (UB72-10, UB72b-10, UB72d-10)",
    pt="Tributo da tributação regular não resulta da base e da alíquota efetiva regular.",
    en="The regular-taxation amount does not follow from the base and the regular effective rate.",
)  # fmt: skip
def regular_taxation_adds_up(_: Note, item: Item, options: AuditOptions) -> Sequence[Breach] | None:
    taxed = item.ibscbs.group("gIBSCBS")
    if "gTribRegular" not in taxed:
        return None
    regular, base = taxed.group("gTribRegular"), taxed.amount("vBC")
    if base is None:
        return None
    breaches: list[Breach] = []
    for name in ("IBSUF", "IBSMun", "CBS"):
        rate, value = regular.amount(f"pAliqEfetReg{name}"), regular.amount(f"vTribReg{name}")
        if rate is None or value is None or not differs(value, base * rate / HUNDRED, options.tolerance):
            continue
        expected = cents(base * rate / HUNDRED)
        breaches.append(Breach(regular, f"vTribReg{name}", value, expected, f"vBC {base} x {rate}%"))
    return breaches


@rule(
    "RTC-014", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE_NFCE, valid_from=NT_2025_002, facultative=True,
    reference="Rejeição 1019 (UB11-10), implementação futura",
    pt="Valor do Imposto Seletivo não resulta da base e da alíquota.",
    en="The amount of the selective tax does not follow from its base and rate.",
)  # fmt: skip
def selective_tax_adds_up(_: Note, item: Item, options: AuditOptions) -> Breach | None:
    if "IS" not in item.imposto and "IS" not in item.ibscbs:
        return None
    if "IS" in item.ibscbs:
        return Breach(item.ibscbs, "IS", pt="O Imposto Seletivo fica ao lado do grupo IBSCBS, não dentro dele.",
                      en="The selective tax stands beside the IBSCBS group, not inside it.")  # fmt: skip
    group = item.imposto.group("IS")
    value, base = group.amount("vIS"), group.amount("vBCIS")
    if value is None or base is None:
        return None
    by_rate = base * group.amount_or_zero("pIS") / HUNDRED
    unit_rate, quantity = group.amount("adRemIS") or group.amount_or_zero("pISEspec"), group.amount_or_zero("qTrib")
    # The note divides the specific rate by 100, the layout gives it in reais per unit: both are met.
    accepted = (by_rate + quantity * unit_rate, by_rate + quantity * unit_rate / HUNDRED)
    if not all(differs(value, one, options.tolerance) for one in accepted):
        return None
    return Breach(group, "vIS", value, cents(accepted[0]), f"vBCIS {base} x pIS + qTrib {quantity} x {unit_rate}")
