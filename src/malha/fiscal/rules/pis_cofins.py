"""PIS and COFINS of an item: amounts, rate pairs, agreement between the two, ICMS inside the base."""

from __future__ import annotations

from decimal import Decimal

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.money import differs
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules._arithmetic import operation_formula, operation_value, rate_breach, unit_breach
from malha.fiscal.rules._registry import NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import MOC_4_01, THEME_69
from malha.fiscal.tree import ZERO, Group

_NORMAL = frozenset({"1"})
_UNTAXED = frozenset({"04", "05", "06", "07", "08", "09"})
_BY_RATE = frozenset({"01", "02"})


def _pairs(*texts: str) -> frozenset[tuple[Decimal, Decimal]]:
    pairs = (text.split("/") for text in texts)
    return frozenset((Decimal(pis), Decimal(cofins)) for pis, cofins in pairs)


# Leis 9.718/98, 10.637/02, 10.833/03; Manaus Free Zone; single-phase: Leis 9.718, 10.147, 10.485, 10.865, 13.097.
_COMMON_PAIRS = _pairs("0.65/3.00", "1.65/7.60", "1.30/6.00")
_SINGLE_PHASE_PAIRS = _pairs(
    "2.10/9.90", "2.20/10.30", "2.00/9.60", "2.30/10.80", "2.00/9.50", "2.32/10.68", "1.86/8.54", "5.08/23.44",
    "4.21/19.42", "10.20/47.40", "5.00/23.20", "6.15/28.32", "1.50/6.90", "3.75/17.25", "1.43/6.60", "2.50/11.90",
    "3.50/16.65", "0.10/0.50", "1.47/6.79",
)  # fmt: skip
_KNOWN_PAIRS = _COMMON_PAIRS | _SINGLE_PHASE_PAIRS


_PIS_BY_RATE, _PIS_BY_UNIT = ("vBC", "pPIS", "vPIS"), ("qBCProd", "vAliqProd", "vPIS")
_COFINS_BY_RATE, _COFINS_BY_UNIT = ("vBC", "pCOFINS", "vCOFINS"), ("qBCProd", "vAliqProd", "vCOFINS")


def _amount_in_untaxed(group: Group, name: str) -> Breach | None:
    value = group.amount_or_zero(name) if name in group else ZERO
    return Breach(group, name, value, ZERO, f"CST {group.text('CST')} não tem valor") if value else None


@rule(
    "NF-PIS-001", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE, purposes=_NORMAL,
    valid_from=MOC_4_01, reference="MOC, Q09 (vPIS); total na rejeição 602",
    explains=("NF-PIS-003", "NF-TOT-006", "RTC-009", "NF-STR-002"),
    pt="O valor do PIS não fecha com a base e a alíquota.",
    en="The PIS amount does not follow from its base and rate.",
)  # fmt: skip
def pis_adds_up(note: Note, item: Item, options: AuditOptions) -> Breach | None:
    group = item.pis
    if group.text("CST") in _UNTAXED:
        return _amount_in_untaxed(group, "vPIS")
    if "vBC" in group:
        return rate_breach(group, _PIS_BY_RATE, options.tolerance)
    return unit_breach(group, _PIS_BY_UNIT, options.tolerance)


@rule(
    "NF-COF-001", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE, purposes=_NORMAL,
    valid_from=MOC_4_01, reference="MOC, S11 (vCOFINS); total na rejeição 603",
    explains=("NF-PIS-003", "NF-TOT-006", "RTC-009", "NF-STR-002"),
    pt="O valor da COFINS não fecha com a base e a alíquota.",
    en="The COFINS amount does not follow from its base and rate.",
)  # fmt: skip
def cofins_adds_up(note: Note, item: Item, options: AuditOptions) -> Breach | None:
    group = item.cofins
    if group.text("CST") in _UNTAXED:
        return _amount_in_untaxed(group, "vCOFINS")
    if "vBC" in group:
        return rate_breach(group, _COFINS_BY_RATE, options.tolerance)
    return unit_breach(group, _COFINS_BY_UNIT, options.tolerance)


@rule(
    "NF-PIS-002", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE_NFCE, purposes=_NORMAL,
    valid_from=MOC_4_01, reference="Leis 9.718/98, 10.637/02 e 10.833/03; LC 123/06 art. 13",
    explains=("NF-TOT-006", "NF-PIS-003", "NF-PIS-001", "NF-COF-001"),
    pt="As alíquotas de PIS e COFINS não formam um par conhecido.",
    en="The PIS and COFINS rates are not a known pair.",
)  # fmt: skip
def pis_and_cofins_rates_are_a_pair(note: Note, item: Item) -> Breach | None:
    pis, cofins = item.pis, item.cofins
    if pis.text("CST") not in _BY_RATE or note.direction != "1":
        return None
    if note.crt in {"1", "4"} and pis.text("CST") == "01" and pis.amount_or_zero("vPIS"):
        return Breach(
            pis, "CST", pis.text("CST"), "49 ou 99", f"CRT {note.crt}",
            pt="Emitente do Simples Nacional com PIS tributado pela alíquota básica: o tributo é pago no DAS.",
            en="A Simples issuer with PIS at the basic rate: the tax is paid in the DAS.",
        )  # fmt: skip
    rates = pis.amount("pPIS"), cofins.amount("pCOFINS")
    if rates[0] is None or rates[1] is None or rates in _KNOWN_PAIRS:
        return None
    return Breach(
        pis, "pPIS", rates[0], "0.65 com 3.00, 1.65 com 7.60 ou par monofásico",
        lambda: f"pPIS {rates[0]}%, pCOFINS {rates[1]}%",
    )  # fmt: skip


@rule(
    "NF-PIS-003", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE_NFCE, purposes=_NORMAL,
    valid_from=MOC_4_01, reference="IN RFB 2.121/22",
    explains=("NF-TOT-006", "RTC-009"),
    pt="PIS e COFINS do mesmo item têm CST ou base diferentes.",
    en="PIS and COFINS of the same item have different codes or bases.",
)  # fmt: skip
def pis_and_cofins_agree(note: Note, item: Item, options: AuditOptions) -> Breach | None:
    pis, cofins = item.pis, item.cofins
    codes = pis.text("CST"), cofins.text("CST")
    if codes[0] is None or codes[1] is None:
        return None
    if codes[0] != codes[1]:
        return Breach(cofins, "CST", codes[1], codes[0], f"CST do PIS {codes[0]}, da COFINS {codes[1]}")
    if pis.text("vBC") == cofins.text("vBC"):
        return None
    bases = pis.amount_or_zero("vBC"), cofins.amount_or_zero("vBC")
    if not differs(*bases, options.tolerance):
        return None
    return Breach(cofins, "vBC", bases[1], bases[0], f"vBC do PIS {bases[0]}, da COFINS {bases[1]}")


@rule(
    "NF-PIS-004", severity=Severity.INFO, scope=Scope.ITEM, models=NFE_NFCE, purposes=_NORMAL,
    crts=frozenset({"2", "3"}), valid_from=THEME_69, reference="STF, tema 69 (RE 574.706)",
    pt="A base do PIS e da COFINS inclui o ICMS destacado: há possível crédito a recuperar.",
    en="The PIS and COFINS base includes the ICMS shown: there may be a credit to recover.",
)  # fmt: skip
def pis_base_excludes_icms(note: Note, item: Item, options: AuditOptions) -> Breach | None:
    pis = item.pis
    if pis.text("CST") not in _BY_RATE or note.direction != "1":
        return None
    base, icms = pis.amount_or_zero("vBC"), item.icms.amount_or_zero("vICMS")
    if not icms or not base:
        return None
    value = operation_value(item.prod)
    if differs(base, value, options.tolerance):
        return None
    return Breach(
        pis, "vBC", base, value - icms,
        lambda: f"{operation_formula(item.prod)} - vICMS {icms} = {value - icms}",
    )  # fmt: skip
