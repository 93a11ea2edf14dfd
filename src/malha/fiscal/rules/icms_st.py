"""ICMS by substitution: base with margin, amount, adjusted margin between states, FCP."""

from __future__ import annotations

from decimal import Decimal

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.money import HUNDRED, cents, differs
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules._arithmetic import item_ipi, operation_formula, operation_value
from malha.fiscal.rules._interstate import FOUR, SEVEN, TWELVE
from malha.fiscal.rules._registry import NFE, Scope, rule
from malha.fiscal.rules._since import CONVENIO_142_18, NT_2016_002, NT_2019_001
from malha.fiscal.tree import ZERO

_NORMAL = frozenset({"1"})
_MARGIN = "4"
_WITH_ST = frozenset({"ICMS10", "ICMS30", "ICMS70", "ICMS90", "ICMSSN201", "ICMSSN202", "ICMSSN900"})
_OWN_AMOUNT_STATED = frozenset({"ICMS10", "ICMS70", "ICMS90"})
_RATE_ROUNDING = Decimal("0.0001")
_TWO_CENTS = Decimal("0.02")


@rule(
    "NF-ST-001", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE, purposes=_NORMAL,
    valid_from=CONVENIO_142_18, reference="Convênio ICMS 142/18, cláusula décima primeira", facultative=True,
    explains=("NF-ST-002", "NF-ST-004", "NF-TOT-003"),
    pt="A base do ICMS-ST não é o valor da operação com IPI acrescido da margem (MVA).",
    en="The ICMS-ST base is not the value of the operation with IPI plus the margin (MVA).",
)  # fmt: skip
def substitution_base_has_the_margin(note: Note, item: Item, options: AuditOptions) -> Breach | None:
    icms = item.icms
    if icms.tag not in _WITH_ST or icms.text("modBCST") != _MARGIN or "pMVAST" not in icms:
        return None
    base = icms.amount("vBCST")
    if not base:
        return None
    margin, reduction = icms.amount_or_zero("pMVAST"), icms.amount_or_zero("pRedBCST")
    factor = (1 + margin / HUNDRED) * (1 - reduction / HUNDRED)
    value, discount = operation_value(item.prod) + item_ipi(item), item.prod.amount_or_zero("vDesc")
    tolerance = options.tolerance + value * _RATE_ROUNDING
    # Some states keep an unconditional discount in the base, so the value before it is taken as well.
    if not differs(base, value * factor, tolerance) or not differs(base, (value + discount) * factor, tolerance):
        return None
    expected = cents(value * factor)
    return Breach(
        icms, "vBCST", base, expected,
        lambda: f"({operation_formula(item.prod, ('vIPI', item_ipi(item)))}) x (1 + {margin}%)"
        f" x (1 - {reduction}%) = {expected}",
    )  # fmt: skip


@rule(
    "NF-ST-002", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE, purposes=_NORMAL,
    valid_from=CONVENIO_142_18, reference="Convênio ICMS 142/18, cláusula décima terceira",
    explains=("NF-TOT-003", "RTC-012"),
    pt="O ICMS-ST não é a base da substituição vezes a alíquota interna menos o ICMS próprio.",
    en="ICMS-ST is not the substitution base times the internal rate less the own ICMS.",
)  # fmt: skip
def substitution_amount_adds_up(note: Note, item: Item, options: AuditOptions) -> Breach | None:
    icms = item.icms
    if icms.tag not in _WITH_ST:
        return None
    base, rate, value = icms.amount("vBCST"), icms.amount("pICMSST"), icms.amount("vICMSST")
    if base is None or rate is None or value is None:
        return None
    gross = base * rate / HUNDRED
    value += icms.amount_or_zero("vICMSSTDeson") if "vICMSSTDeson" in icms else ZERO
    tolerance = max(options.tolerance, _TWO_CENTS)  # two roundings: the own amount and the retained one
    candidates = _own_amounts(item, rate)
    if any(not differs(value, max(gross - own, ZERO), tolerance) for own in candidates):
        return None
    own, expected = candidates[0], cents(max(gross - candidates[0], ZERO))
    return Breach(
        icms, "vICMSST", icms.amount("vICMSST"), expected,
        lambda: f"vBCST {base} x pICMSST {rate}% - ICMS próprio {cents(own)} = {expected}",
    )  # fmt: skip


def _own_amounts(item: Item, internal: Decimal) -> tuple[Decimal, ...]:
    """What may be deducted, likeliest first: Simples and exempt items presume an own amount at a usual rate."""
    icms, value = item.icms, operation_value(item.prod)
    if icms.tag in _OWN_AMOUNT_STATED:
        own, kept = icms.amount_or_zero("vICMS"), 1 - icms.amount_or_zero("pRedBCST") / HUNDRED
        # A reduced substitution base may limit the deduction in the same proportion.
        return (own,) if kept == 1 else (own, own * kept, value * kept * internal / HUNDRED)
    presumed = tuple(value * rate / HUNDRED for rate in (internal, TWELVE, SEVEN, FOUR))
    return (*presumed, icms.amount_or_zero("vICMS"), icms.amount_or_zero("vICMSDeson"))


@rule(
    "NF-ST-003", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE, purposes=_NORMAL, crts=frozenset({"2", "3"}),
    valid_from=CONVENIO_142_18, reference="Convênio ICMS 142/18, cláusula décima primeira, § 1º (MVA ajustada)",
    explains=("NF-ST-001", "NF-ST-002"),
    pt="A MVA interestadual é menor do que o mínimo do ajuste entre as alíquotas: não foi ajustada.",
    en="The interstate margin is below the minimum that the adjustment between rates gives: it was not adjusted.",
)  # fmt: skip
def interstate_margin_is_adjusted(note: Note, item: Item) -> Breach | None:
    """The original margin is not in the note; its adjustment cannot be below that of a margin of zero."""
    icms = item.icms
    if note.ide.text("idDest") != "2" or icms.tag not in _WITH_ST or icms.text("modBCST") != _MARGIN:
        return None
    margin, inside, between = icms.amount("pMVAST"), icms.amount("pICMSST"), icms.amount("pICMS")
    if not margin or inside is None or not between or inside <= between or note.ide.text("indFinal") == "1":
        return None
    lowest = ((1 - between / HUNDRED) / (1 - inside / HUNDRED) - 1) * HUNDRED
    if margin >= cents(lowest):
        return None
    return Breach(
        icms, "pMVAST", margin, cents(lowest),
        lambda: f"((1 + 0%) x (1 - {between}%) / (1 - {inside}%) - 1) = {cents(lowest)}% no mínimo",
    )  # fmt: skip


@rule(
    "NF-ST-004", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE, purposes=_NORMAL,
    valid_from=NT_2016_002, reference="Rejeições 875 e 881 (N23d-10, N23b-10)",
    explains=("NF-TOT-008", "RTC-012"),
    pt="O FCP retido por substituição não fecha com sua base e percentual.",
    en="The poverty fund retained by substitution does not follow from its base and percentage.",
)  # fmt: skip
def retained_poverty_fund_adds_up(note: Note, item: Item, options: AuditOptions) -> Breach | None:
    icms = item.icms
    if "pFCPST" not in icms:
        return None
    base, rate, value = icms.amount("vBCFCPST"), icms.amount("pFCPST"), icms.amount("vFCPST")
    if base is None or rate is None or value is None:
        return None
    gross, own = base * rate / HUNDRED, icms.amount_or_zero("vFCP")
    # Before own FCP had a field of its own, issuers did not deduct it here: both are taken.
    if not differs(value, gross - own, options.tolerance) or not differs(value, gross, options.tolerance):
        return None
    return Breach(
        icms, "vFCPST", value, cents(gross - own),
        lambda: f"vBCFCPST {base} x pFCPST {rate}% - vFCP {own} = {cents(gross - own)}",
    )  # fmt: skip


@rule(
    "NF-ST-005", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE, purposes=_NORMAL, valid_from=NT_2019_001,
    reference="Rejeições 932 e 933 (N18-10, N19-10), NT 2019.001", facultative=True,
    explains=("NF-ST-001",),
    pt="A MVA deve ser informada se, e somente se, a base do ICMS-ST é por margem (modBCST 4).",
    en="The margin must be stated if, and only if, the ICMS-ST base is by margin (modBCST 4).",
)  # fmt: skip
def margin_is_stated_where_it_counts(_: Note, item: Item) -> Breach | None:
    icms = item.icms
    if icms.tag not in _WITH_ST or not icms.amount("vBCST"):
        return None
    by_margin = icms.text("modBCST") == _MARGIN
    if "pMVAST" in icms if by_margin else not icms.amount("pMVAST"):
        return None
    return Breach(icms, "pMVAST", icms.amount("pMVAST"), formula=f"modBCST {icms.text('modBCST')}")
