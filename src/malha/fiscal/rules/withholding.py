"""Totals of services and the federal taxes withheld from a joint note."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from malha.fiscal.documents import Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.money import CENT, HUNDRED, cents, differs
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules._arithmetic import total_breach
from malha.fiscal.rules._registry import NFE, NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import LAYOUT_3_10, MOC_4_01
from malha.fiscal.rules._sums import sums
from malha.fiscal.tree import Group

_SERVICE_TOTALS = (
    ("vServ", "vProd"), ("vBC", "ISSQN/vBC"), ("vISS", "ISSQN/vISSQN"), ("vDeducao", "ISSQN/vDeducao"),
    ("vOutro", "ISSQN/vOutro"), ("vDescIncond", "ISSQN/vDescIncond"), ("vDescCond", "ISSQN/vDescCond"),
    ("vISSRet", "ISSQN/vISSRet"),
)  # fmt: skip
# Services between companies 1.0 or 1.5; federal buyers by IN RFB 1.234/12.
_INCOME_TAX_RATES = tuple(Decimal(rate) for rate in ("1.5", "1", "0.24", "1.2", "2.4", "4.8"))
_SOCIAL_SECURITY_RATES = tuple(Decimal(rate) for rate in ("11", "3.5"))
_PIS, _COFINS, _CSLL = Decimal("0.65"), Decimal(3), Decimal(1)
_PARTS_PIS, _PARTS_COFINS = Decimal("0.1"), Decimal("0.5")  # vehicle parts, Lei 10.485/02 art. 3


@rule(
    "NF-TOT-011", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE,
    valid_from=LAYOUT_3_10, reference="Rejeições 363 a 368, 606 e 607 (W18-10 a W24e-10)",
    explains=("NF-TOT-009",),
    pt="O total dos serviços (ISSQN) não é a soma dos itens.",
    en="The service total (ISSQN) is not the sum of the items.",
)  # fmt: skip
def service_totals(note: Note) -> Sequence[Breach] | None:
    added, total = sums(note), note.group.group("total").group("ISSQNtot")
    if not added.services and not total:
        return None
    if not total:
        return [Breach(note.group.group("total"), "ISSQNtot", None, added.of_services("vProd"))]
    found = [
        total_breach(total, name, expected, f"soma de {item_name} dos serviços = {expected}")
        for name, item_name in _SERVICE_TOTALS
        if total.amount_or_zero(name) != (expected := added.of_services(item_name))
    ]
    return found or None


@rule(
    "NF-RET-001", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE_NFCE,
    valid_from=MOC_4_01, reference="Lei 10.833/03 arts. 30 e 31; RIR/18 art. 714; Lei 8.212/91 art. 31",
    pt="As retenções federais não fecham com suas bases e alíquotas.",
    en="The federal withholdings do not follow from their bases and rates.",
)  # fmt: skip
def withholdings_add_up(note: Note, options: AuditOptions) -> Sequence[Breach] | None:
    withheld = note.group.group("total").group("retTrib")
    if not withheld:
        return None
    checks = (
        _known_rate(withheld, ("vBCIRRF", "vIRRF"), _INCOME_TAX_RATES, options.tolerance),
        _known_rate(withheld, ("vBCRetPrev", "vRetPrev"), _SOCIAL_SECURITY_RATES, options.tolerance),
        _contributions(withheld, options.tolerance),
    )
    return [breach for breach in checks if breach] or None


def _known_rate(group: Group, names: tuple[str, str], rates: tuple[Decimal, ...], tolerance: Decimal) -> Breach | None:
    base, value = group.amount(names[0]), group.amount(names[1])
    if not base or not value or not all(differs(value, base * rate / HUNDRED, tolerance) for rate in rates):
        return None
    expected = cents(base * rates[0] / HUNDRED)
    return Breach(group, names[1], value, expected, lambda: f"{names[0]} {base} x {rates[0]}% = {expected}")


def _contributions(group: Group, tolerance: Decimal) -> Breach | None:
    """PIS, COFINS and CSLL withheld share a base that is not in the note: COFINS, the largest, gives it."""
    pis, cofins, csll = (group.amount_or_zero(name) for name in ("vRetPIS", "vRetCOFINS", "vRetCSLL"))
    if not pis or not cofins:
        return None
    tolerance = max(tolerance, CENT) * 2  # the base is inferred from a rounded amount
    if not csll and not differs(pis, cofins * _PARTS_PIS / _PARTS_COFINS, tolerance):
        return None
    expected = cofins * _PIS / _COFINS
    if differs(pis, expected, tolerance):
        return Breach(
            group, "vRetPIS", pis, cents(expected),
            lambda: f"vRetCOFINS {cofins} / {_COFINS}% x {_PIS}% = {cents(expected)}",
        )  # fmt: skip
    expected_csll = cofins * _CSLL / _COFINS
    if not csll or not differs(csll, expected_csll, tolerance):
        return None
    return Breach(
        group, "vRetCSLL", csll, cents(expected_csll),
        lambda: f"vRetCOFINS {cofins} / {_COFINS}% x {_CSLL}% = {cents(expected_csll)}",
    )  # fmt: skip
