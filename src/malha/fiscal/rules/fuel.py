"""Single-phase ICMS on fuels (LC 192/22, Convênios ICMS 199/22 and 15/23) and the fuel group."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules._arithmetic import rate_breach, unit_breach
from malha.fiscal.rules._registry import NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import LAYOUT_3_10, NT_2023_001

_NORMAL = frozenset({"1"})
_SINGLE_PHASE = frozenset({"ICMS02", "ICMS15", "ICMS53", "ICMS61"})
_FIRST_FUEL_CFOP, _LAST_FUEL_CFOP = "651", "667"

_DIESEL, _GASOLINE, _GAS = "diesel", "gasoline", "gas"
_PRODUCT_BY_ANP_CODE = {"820101": _DIESEL, "320101": _GASOLINE, "320102": _GASOLINE, "210203": _GAS}
# Newest first. Convênios ICMS 199/22 and 15/23 with the later changes of their values; R$ per litre, per kg for gas.
_RATES = {
    _DIESEL: (
        (date(2026, 1, 1), Decimal("1.17")), (date(2025, 2, 1), Decimal("1.12")),
        (date(2024, 2, 1), Decimal("1.0635")), (date(2023, 5, 1), Decimal("0.9456")),
    ),
    _GASOLINE: (
        (date(2026, 1, 1), Decimal("1.57")), (date(2025, 2, 1), Decimal("1.47")),
        (date(2024, 2, 1), Decimal("1.3721")), (date(2023, 6, 1), Decimal("1.22")),
    ),
    _GAS: (
        (date(2026, 1, 1), Decimal("1.47")), (date(2025, 2, 1), Decimal("1.39")),
        (date(2024, 2, 1), Decimal("1.4139")), (date(2023, 5, 1), Decimal("1.2571")),
    ),
}  # fmt: skip


def _legal_rate(note: Note, item: Item) -> Decimal | None:
    """The rate in force for the item's ANP code on the day of issue; None when it is not a listed fuel."""
    product = _PRODUCT_BY_ANP_CODE.get((item.prod.group("comb").text("cProdANP") or "")[:6])
    if product is None or note.issued_at is None:
        return None
    day = note.issued_at.date()
    return next((rate for start, rate in _RATES[product] if start <= day), None)


@rule(
    "NF-ICMS-006", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE_NFCE, purposes=_NORMAL,
    valid_from=NT_2023_001, reference="Rejeições 961 a 966 (N39-10 a N45-10); Convênios ICMS 199/22 e 15/23",
    explains=("NF-TOT-008", "RTC-009", "RTC-012"),
    pt="O ICMS monofásico não é a quantidade vezes a alíquota ad rem.",
    en="Single-phase ICMS is not the quantity times the rate per unit.",
)  # fmt: skip
def single_phase_icms_adds_up(note: Note, item: Item, options: AuditOptions) -> Sequence[Breach] | None:
    icms = item.icms
    if icms.tag not in _SINGLE_PHASE:
        return None
    tolerance = options.tolerance
    checks = [
        unit_breach(icms, ("qBCMonoRet", "adRemICMSRet", "vICMSMonoRet"), tolerance),
        _retained_breach(item, tolerance),
        _legal_rate_breach(note, item),
    ]
    if icms.tag == "ICMS53":
        checks.append(unit_breach(icms, ("qBCMono", "adRemICMS", "vICMSMonoOp"), tolerance))
        checks.append(rate_breach(icms, ("vICMSMonoOp", "pDif", "vICMSMonoDif"), tolerance))
    else:
        checks.append(unit_breach(icms, ("qBCMono", "adRemICMS", "vICMSMono"), tolerance))
    return [breach for breach in checks if breach]


def _retained_breach(item: Item, tolerance: Decimal) -> Breach | None:
    """A reduced rate (pRedAdRem) makes the retained amount smaller, which is not an error of arithmetic."""
    if "pRedAdRem" in item.icms:
        return None
    return unit_breach(item.icms, ("qBCMonoReten", "adRemICMSReten", "vICMSMonoReten"), tolerance)


def _legal_rate_breach(note: Note, item: Item) -> Breach | None:
    field = "adRemICMSRet" if item.icms.tag == "ICMS61" else "adRemICMS"
    stated, legal = item.icms.amount(field), _legal_rate(note, item)
    if not stated or legal is None or stated == legal:
        return None
    return Breach(
        item.icms, field, stated, legal, pt="A alíquota ad rem não é a que vigorava na data de emissão.",
        en="The rate per unit is not the one in force on the day of issue.",
    )  # fmt: skip


@rule(
    "NF-ICMS-007", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE_NFCE, purposes=_NORMAL,
    valid_from=LAYOUT_3_10, reference="Rejeições 660 e 958 a 960 (LA01-10, N12-100)",
    pt="Operação com combustível sem o grupo de combustível, ou fora da tributação monofásica que vale para ele.",
    en="Fuel without the fuel group, or taxed outside the single-phase regime that applies to it.",
)  # fmt: skip
def fuel_is_described_and_single_phase(note: Note, item: Item) -> Breach | None:
    described, single_phase = "comb" in item.prod, item.icms.tag in _SINGLE_PHASE
    if not described:
        cfop = item.cfop or ""
        if not single_phase and not _FIRST_FUEL_CFOP <= cfop[1:] <= _LAST_FUEL_CFOP:
            return None
        return Breach(item.prod, "comb", formula=f"CFOP {cfop}, CST {item.icms_code}, sem o grupo comb")
    if single_phase or item.is_simples or not item.icms or _legal_rate(note, item) is None:
        return None
    return Breach(
        item.icms, "CST", item.icms_code, "02, 15, 53 ou 61",
        pt="O combustível é de tributação monofásica na data de emissão, e o CST é de outro regime.",
        en="The fuel is under single-phase taxation on the day of issue, and the CST is of another regime.",
    )  # fmt: skip
