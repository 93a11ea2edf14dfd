"""The ICMS group of one item for each CST and CSOSN that the generator knows."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from malha.simulators.nfe.amounts import ZERO, cents, share
from malha.simulators.nfe.lines import Line, Operation
from malha.simulators.nfe.xml import Fields

REDUCTION = Decimal("33.33")
DEFERRAL = Decimal("40.00")
ADDED_VALUE = Decimal("40.00")
SIMPLES_CREDIT = Decimal("2.56")
FUEL_RATE = Decimal("1.5700")  # R$ per litre of gasoline in 2026 (Convênio ICMS 15/23)
RETAINED_RATE = Decimal("18.00")
_STATES_EXEMPTED_AMOUNT = frozenset({"RJ"})  # ask for vICMSDeson where the base is reduced


def icms(line: Line, operation: Operation) -> tuple[str, Fields]:
    """The element name under ICMS (such as ``ICMS00``) and its fields in layout order."""
    return _GROUPS[line.tax](line, operation)


def base(line: Line, operation: Operation) -> Decimal:
    """Full ICMS base: IPI enters it when the buyer is the final consumer (CF art. 155, 2, XI)."""
    return line.operation_value + (line.ipi if operation.final_consumer else ZERO)


def _own(line: Line, operation: Operation, *, reduction: Decimal = ZERO) -> tuple[Fields, Decimal]:
    reduced = cents(base(line, operation) * (100 - reduction) / 100)
    value = share(reduced, line.rate(operation))
    return {"vBC": reduced, "pICMS": line.rate(operation), "vICMS": value}, value


def _substitution(line: Line, operation: Operation, own: Decimal) -> Fields:
    inside = operation.destination.internal_rate
    margin = ADDED_VALUE
    if operation.interstate:  # adjusted margin, Convênio ICMS 142/18 clause 11
        factor = (1 + margin / 100) * (1 - line.rate(operation) / 100) / (1 - inside / 100)
        margin = cents((factor - 1) * 100)
    st_base = cents((line.operation_value + line.ipi) * (1 + margin / 100))
    return {
        "modBCST": "4",
        "pMVAST": margin,
        "vBCST": st_base,
        "pICMSST": inside,
        "vICMSST": max(share(st_base, inside) - own, ZERO),
    }


def _fund_rate(operation: Operation) -> Decimal:
    return ZERO if operation.interstate else operation.destination.poverty_fund_rate


def _taxed(line: Line, operation: Operation) -> tuple[str, Fields]:
    own, _ = _own(line, operation)
    fund = _fund_rate(operation)
    fcp: Fields = {"pFCP": fund, "vFCP": share(base(line, operation), fund)} if fund else {}
    return "ICMS00", {"orig": line.product_origin, "CST": "00", "modBC": "3", **own, **fcp}


def _taxed_with_substitution(line: Line, operation: Operation) -> tuple[str, Fields]:
    own, value = _own(line, operation)
    head: Fields = {"orig": line.product_origin, "CST": "10", "modBC": "3"}
    retained = _substitution(line, operation, value)
    fund = _fund_rate(operation)
    if not fund:
        return "ICMS10", {**head, **own, **retained}
    full, st_base = base(line, operation), retained["vBCST"]
    own |= {"vBCFCP": full, "pFCP": fund, "vFCP": share(full, fund)}
    retained |= {"vBCFCPST": st_base, "pFCPST": fund, "vFCPST": share(st_base, fund) - own["vFCP"]}
    return "ICMS10", {**head, **own, **retained}


def _reduced(line: Line, operation: Operation) -> tuple[str, Fields]:
    own, value = _own(line, operation, reduction=REDUCTION)
    fields: Fields = {"orig": line.product_origin, "CST": "20", "modBC": "3", "pRedBC": REDUCTION, **own}
    if operation.origin.uf in _STATES_EXEMPTED_AMOUNT:
        spared = share(base(line, operation), line.rate(operation)) - value
        fields |= {"vICMSDeson": spared, "motDesICMS": "9", "indDeduzDeson": "0"}
    return "ICMS20", fields


def _exempt(line: Line, _: Operation) -> tuple[str, Fields]:
    return "ICMS40", {"orig": line.product_origin, "CST": line.tax}


def _exempt_with_amount(line: Line, operation: Operation) -> tuple[str, Fields]:
    spared = share(base(line, operation), line.rate(operation))
    head: Fields = {"orig": line.product_origin, "CST": "40"}
    return "ICMS40", {**head, "vICMSDeson": spared, "motDesICMS": "9", "indDeduzDeson": "1"}


def _deferred(line: Line, operation: Operation) -> tuple[str, Fields]:
    own, due = _own(line, operation)
    deferred = share(due, DEFERRAL)
    return "ICMS51", {
        "orig": line.product_origin,
        "CST": "51",
        "modBC": "3",
        "vBC": own["vBC"],
        "pICMS": own["pICMS"],
        "vICMSOp": due,
        "pDif": DEFERRAL,
        "vICMSDif": deferred,
        "vICMS": due - deferred,
    }


def _single_phase(line: Line, _: Operation) -> tuple[str, Fields]:
    due: Fields = {"qBCMono": line.quantity, "adRemICMS": FUEL_RATE, "vICMSMono": cents(line.quantity * FUEL_RATE)}
    return "ICMS02", {"orig": line.product_origin, "CST": "02", **due}


def _single_phase_paid_before(line: Line, _: Operation) -> tuple[str, Fields]:
    paid = cents(line.quantity * FUEL_RATE)
    amounts: Fields = {"qBCMonoRet": line.quantity, "adRemICMSRet": FUEL_RATE, "vICMSMonoRet": paid}
    return "ICMS61", {"orig": line.product_origin, "CST": "61", **amounts}


def _retained(line: Line) -> Fields:
    paid_base = cents(line.value * Decimal("1.10"))
    own = share(line.value * Decimal("0.70"), RETAINED_RATE)
    return {
        "vBCSTRet": paid_base,
        "pST": RETAINED_RATE,
        "vICMSSubstituto": own,
        "vICMSSTRet": share(paid_base, RETAINED_RATE) - own,
    }


def _substituted(line: Line, _: Operation) -> tuple[str, Fields]:
    return "ICMS60", {"orig": line.product_origin, "CST": "60", **_retained(line)}


def _simples_substituted(line: Line, _: Operation) -> tuple[str, Fields]:
    return "ICMSSN500", {"orig": line.product_origin, "CSOSN": "500", **_retained(line)}


def _simples_with_credit(line: Line, _: Operation) -> tuple[str, Fields]:
    credit = share(line.operation_value, SIMPLES_CREDIT)
    head: Fields = {"orig": line.product_origin, "CSOSN": "101"}
    return "ICMSSN101", {**head, "pCredSN": SIMPLES_CREDIT, "vCredICMSSN": credit}


def _simples(line: Line, _: Operation) -> tuple[str, Fields]:
    return "ICMSSN102", {"orig": line.product_origin, "CSOSN": line.tax}


def _simples_with_substitution(line: Line, operation: Operation) -> tuple[str, Fields]:
    own = share(line.operation_value, line.rate(operation))
    fields: Fields = {"orig": line.product_origin, "CSOSN": line.tax, **_substitution(line, operation, own)}
    if line.tax == "201":
        fields |= {"pCredSN": SIMPLES_CREDIT, "vCredICMSSN": share(line.operation_value, SIMPLES_CREDIT)}
    return "ICMSSN201" if line.tax == "201" else "ICMSSN202", fields


_GROUPS: dict[str, Callable[[Line, Operation], tuple[str, Fields]]] = {
    "00": _taxed,
    "02": _single_phase,
    "10": _taxed_with_substitution,
    "20": _reduced,
    "40": _exempt,
    "41": _exempt,
    "50": _exempt,
    "40-deson": _exempt_with_amount,
    "51": _deferred,
    "60": _substituted,
    "61": _single_phase_paid_before,
    "101": _simples_with_credit,
    "102": _simples,
    "103": _simples,
    "300": _simples,
    "400": _simples,
    "201": _simples_with_substitution,
    "202": _simples_with_substitution,
    "500": _simples_substituted,
}
NORMAL_CODES = tuple(code for code in _GROUPS if len(code) == 2 or code == "40-deson")
SIMPLES_CODES = tuple(code for code in _GROUPS if len(code) == 3)
FUEL_CODES = frozenset({"02", "61"})
SUBSTITUTION_CODES = frozenset({"10", "60", "201", "202", "500"})
