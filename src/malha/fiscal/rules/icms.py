"""ICMS of the operation itself: value, base, deferral, exemption, what was retained before, FCP."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.money import HUNDRED, cents, differs
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules._arithmetic import PER_CENT, item_ipi, operation_formula, operation_value, rate_breach
from malha.fiscal.rules._registry import NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import LAYOUT_3_10, MOC_4_01, NT_2016_002, NT_2018_005
from malha.fiscal.tree import ZERO, Group

_NORMAL = frozenset({"1"})
_TAXED = frozenset({"ICMS00", "ICMS10", "ICMS20", "ICMS70"})
_REDUCED = frozenset({"ICMS20", "ICMS70"})
_VALUE_OF_THE_OPERATION = "3"
_RATE_ROUNDING = Decimal("0.0001")
_OWN_USE_CFOPS = frozenset({"551", "556", "557"})
_OWN = ("vBC", "pICMS", "vICMS")
_DEFERRAL = ("vBC", "pICMS", "vICMSOp", "pDif", "vICMSDif", "vICMS")
_ASKS_FOR_EXEMPTED_AMOUNT = frozenset({"RJ"})
_ASK_WHAT_WAS_RETAINED = frozenset({"RS"})
"""Where the final adjustment of substituted ICMS needs the effective amounts (Decreto RS 54.308/18)."""
_FUND_LIMIT = Decimal(2)
_FUND_LIMIT_BY_STATE = {"RJ": Decimal(4)}


@rule(
    "NF-ICMS-001", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE, purposes=_NORMAL,
    valid_from=MOC_4_01, reference="Rejeição 528 (N17-10)", facultative=True,
    explains=("NF-ICMS-003", "NF-ST-002", "NF-TOT-002", "RTC-009", "NF-PIS-005"),
    pt="O valor do ICMS não é a base de cálculo vezes a alíquota.",
    en="The ICMS amount is not its base times its rate.",
)  # fmt: skip
def icms_is_base_times_rate(note: Note, item: Item, options: AuditOptions) -> Breach | None:
    if item.icms.tag not in _TAXED:
        return None
    return rate_breach(item.icms, _OWN, options.tolerance)


@rule(
    "NF-ICMS-002", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE, purposes=_NORMAL,
    valid_from=NT_2016_002, reference="Rejeições 351, 352, 353 e 929 (N16a-10, N16c-10, N17-20)", facultative=True,
    explains=("NF-ICMS-003", "NF-TOT-002", "RTC-009", "NF-PIS-005", "NF-TOT-001"),
    pt="O ICMS diferido (CST 51) não fecha.",
    en="Deferred ICMS (CST 51) does not add up.",
)  # fmt: skip
def deferred_icms_adds_up(note: Note, item: Item, options: AuditOptions) -> Sequence[Breach] | Breach | None:
    icms = item.icms
    if icms.tag != "ICMS51":
        return None
    if not any(name in icms for name in _DEFERRAL):
        return Breach(
            icms, "vICMSDif", severity=Severity.INFO,
            pt="O CST 51 não traz base, alíquota, percentual e valores do diferimento, que parte dos estados exige.",
            en="CST 51 without the deferral's data (base, rate, percentage, amounts), which some states demand.",
        )  # fmt: skip
    return [breach for breach in _deferral_breaches(icms, options.tolerance) if breach]


def _deferral_breaches(icms: Group, tolerance: Decimal) -> list[Breach | None]:
    breaches = [
        rate_breach(icms, ("vBC", "pICMS", "vICMSOp"), tolerance),
        rate_breach(icms, ("vICMSOp", "pDif", "vICMSDif"), tolerance),
    ]
    due, deferred, value = icms.amount("vICMSOp"), icms.amount("vICMSDif"), icms.amount("vICMS")
    if due is not None and deferred is not None and value is not None and differs(value, due - deferred, tolerance):
        breaches.append(Breach(
            icms, "vICMS", value, due - deferred, lambda: f"vICMSOp {due} - vICMSDif {deferred} = {due - deferred}",
        ))  # fmt: skip
    return breaches


@rule(
    "NF-ICMS-003", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE_NFCE, purposes=_NORMAL,
    valid_from=MOC_4_01, reference="LC 87/96 art. 13; CF art. 155, § 2º, XI",
    explains=("NF-TOT-001", "NF-PIS-005", "RTC-009", "NF-FCP-001"),
    pt="A base do ICMS não é o valor da operação (produto, frete, seguro e outras despesas, menos desconto).",
    en="The ICMS base is not the value of the operation (product, freight, insurance, other costs, less discount).",
)  # fmt: skip
def icms_base_is_the_operation(note: Note, item: Item, options: AuditOptions) -> Breach | None:
    icms, cfop = item.icms, item.cfop or ""
    if icms.tag not in _TAXED or icms.text("modBC") != _VALUE_OF_THE_OPERATION or cfop.startswith("3"):
        return None
    base = icms.amount("vBC")
    if base is None or item.prod.text("indTot") == "0":
        return None
    ipi = item_ipi(item)
    if ipi and note.ide.text("indFinal") != "1" and cfop[1:] not in _OWN_USE_CFOPS:
        ipi = ZERO
    expected = full = operation_value(item.prod) + ipi
    tolerance, reduction = options.tolerance, ZERO
    if icms.tag in _REDUCED:
        reduction = icms.amount_or_zero("pRedBC")
        expected = full * (HUNDRED - reduction) * PER_CENT
        tolerance += full * _RATE_ROUNDING
    if abs(base - expected) <= tolerance:
        return None
    return Breach(icms, "vBC", base, cents(expected), lambda: _base_formula(item, ipi, reduction, cents(expected)))


def _base_formula(item: Item, ipi: Decimal, reduction: Decimal, expected: Decimal) -> str:
    terms = operation_formula(item.prod, ("vIPI", ipi))
    return f"({terms}) x (1 - {reduction}%) = {expected}" if reduction else f"{terms} = {expected}"


@rule(
    "NF-ICMS-004", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE_NFCE,
    valid_from=LAYOUT_3_10, reference="Rejeições 627 e 934 (N28a-10)", facultative=True,
    pt="O ICMS desonerado foi informado sem o motivo da desoneração, ou o motivo sem o valor.",
    en="Exempted ICMS is stated without its reason, or the reason without the amount.",
)  # fmt: skip
def exempted_icms_has_its_reason(note: Note, item: Item) -> Breach | None:
    icms = item.icms
    amount, reason = "vICMSDeson" in icms, "motDesICMS" in icms
    if amount and not reason and icms.amount_or_zero("vICMSDeson"):
        return Breach(icms, "motDesICMS", formula=f"vICMSDeson {icms.amount('vICMSDeson')} sem motDesICMS")
    if reason and not amount:
        return Breach(icms, "vICMSDeson", formula=f"motDesICMS {icms.text('motDesICMS')} sem vICMSDeson")
    if amount or icms.tag not in _REDUCED or note.issuer_uf not in _ASKS_FOR_EXEMPTED_AMOUNT:
        return None
    return Breach(
        icms, "vICMSDeson", severity=Severity.LOW,
        pt="Há redução de base sem o valor do ICMS desonerado, que o estado do emitente costuma exigir.",
        en="A reduced base without the exempted amount, which the issuer's state usually demands.",
    )  # fmt: skip


@rule(
    "NF-ICMS-005", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE_NFCE, purposes=_NORMAL,
    layouts=frozenset({"4.00"}), valid_from=NT_2018_005, facultative=True,
    reference="Rejeições 906 a 909 e 938 (N26-10, N34-10)",
    pt="Venda a consumidor final com ICMS já retido sem o valor retido nem o ICMS efetivo.",
    en="Sale to a final consumer with ICMS retained earlier, without the retained or the effective amount.",
)  # fmt: skip
def retained_icms_is_stated(note: Note, item: Item) -> Breach | None:
    """Each state decides whether it asks (N12-84, N12-88); elsewhere the group usually holds the situation alone."""
    icms = item.icms
    if icms.tag not in {"ICMS60", "ICMSSN500"} or "vBCSTRet" in icms or "vBCEfet" in icms:
        return None
    if note.ide.text("indFinal") != "1":
        return None
    return Breach(icms, "vBCSTRet", severity=None if note.issuer_uf in _ASK_WHAT_WAS_RETAINED else Severity.INFO)


@rule(
    "NF-FCP-001", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE_NFCE, purposes=_NORMAL,
    valid_from=NT_2016_002, reference="Rejeições 860, 874 e 880 (N17c-10, N17b-10); ADCT art. 82, § 1º",
    explains=("NF-TOT-008", "RTC-009"),
    pt="O valor do Fundo de Combate à Pobreza (FCP) não fecha com sua base e percentual.",
    en="The poverty fund amount (FCP) does not follow from its base and percentage.",
)  # fmt: skip
def poverty_fund_is_base_times_rate(note: Note, item: Item, options: AuditOptions) -> Breach | None:
    icms = item.icms
    if "pFCP" not in icms:
        return None
    rate, limit = icms.amount_or_zero("pFCP"), _FUND_LIMIT_BY_STATE.get(note.issuer_uf, _FUND_LIMIT)
    if rate <= ZERO:
        return Breach(
            icms, "pFCP", rate, pt="O percentual do FCP é zero: o grupo não deveria existir.",
            en="The FCP percentage is zero: the group should not be there.",
        )  # fmt: skip
    if rate > limit:
        return Breach(
            icms, "pFCP", rate, limit, pt="O percentual do FCP passa do limite do estado.",
            en="The FCP percentage is above the state's limit.",
        )  # fmt: skip
    base = "vBCFCP" if "vBCFCP" in icms else "vBC"
    return rate_breach(icms, (base, "pFCP", "vFCP"), options.tolerance)
