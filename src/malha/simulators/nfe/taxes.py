"""The imposto group of one item: ICMS, IPI, PIS, COFINS, DIFAL and, from 2026, IBS/CBS."""

from __future__ import annotations

from decimal import Decimal

from malha.simulators.nfe import icms
from malha.simulators.nfe.amounts import ZERO, share
from malha.simulators.nfe.lines import PERCENT_ZERO, Line, Operation
from malha.simulators.nfe.xml import Fields

PIS_RATE = Decimal("1.65")
COFINS_RATE = Decimal("7.60")
ISS_RATE = Decimal("5.00")
BURDEN = Decimal("31.45")
IBS_STATE_RATE = Decimal("0.1000")  # LC 214/2025 art. 343: the 2026 test year
IBS_CITY_RATE = Decimal("0.0000")
CBS_RATE = Decimal("0.9000")
_WITH_DIFAL = frozenset({"00", "10", "20", "51"})


def imposto(line: Line, operation: Operation) -> Fields:
    if line.is_service:
        return _service(line, operation)
    group, fields = icms.icms(line, operation)
    contributions = _contributions(line, operation, _amount(fields, "vICMS"))
    difal = _difal(line, operation) if operation.needs_difal and line.tax in _WITH_DIFAL else None
    result: Fields = {
        "vTotTrib": share(line.value, BURDEN) if operation.final_consumer else None,
        "ICMS": {group: fields},
        "IPI": _ipi(line),
        **contributions,
        "ICMSUFDest": difal,
    }
    if operation.reform:
        result["IBSCBS"] = _reform(line, fields, contributions, difal or {})
    return result


def _service(line: Line, operation: Operation) -> Fields:
    contributions = _contributions(line, operation, ZERO)
    value = line.operation_value
    tax = share(value, ISS_RATE)
    result: Fields = {
        "ISSQN": {
            "vBC": value,
            "vAliq": ISS_RATE,
            "vISSQN": tax,
            "cMunFG": operation.destination.city_code,
            "cListServ": "14.06",
            "indISS": "1",
            "indIncentivo": "2",
        },
        **contributions,
    }
    if operation.reform:
        result["IBSCBS"] = _reform(line, {"vICMS": tax}, contributions, {})
    return result


def _amount(fields: Fields, name: str) -> Decimal:
    return fields.get(name, ZERO)


def _ipi(line: Line) -> Fields | None:
    if line.ipi_rate is None or line.product.fuel_code:
        return None
    taxed: Fields = {"CST": "50", "vBC": line.operation_value, "pIPI": line.ipi_rate, "vIPI": line.ipi}
    return {"cEnq": "999", "IPITrib": taxed}


def _contributions(line: Line, operation: Operation, own_icms: Decimal) -> Fields:
    """PIS and COFINS on the value without ICMS (STF theme 69); outside them for the Simples."""
    if operation.simples:
        zeros: Fields = {"CST": "49", "vBC": ZERO, "pPIS": PERCENT_ZERO, "vPIS": ZERO}
        cofins: Fields = {"CST": "49", "vBC": ZERO, "pCOFINS": PERCENT_ZERO, "vCOFINS": ZERO}
        return {"PIS": {"PISOutr": zeros}, "COFINS": {"COFINSOutr": cofins}}
    base = line.operation_value - own_icms
    pis: Fields = {"CST": "01", "vBC": base, "pPIS": PIS_RATE, "vPIS": share(base, PIS_RATE)}
    cofins = {"CST": "01", "vBC": base, "pCOFINS": COFINS_RATE, "vCOFINS": share(base, COFINS_RATE)}
    return {"PIS": {"PISAliq": pis}, "COFINS": {"COFINSAliq": cofins}}


def _difal(line: Line, operation: Operation) -> Fields:
    """The destination's share of an interstate sale to a final consumer (EC 87/15, LC 190/22)."""
    base = icms.base(line, operation)
    inside, between = operation.destination.internal_rate, line.rate(operation)
    fund = operation.destination.poverty_fund_rate
    return {
        "vBCUFDest": base,
        "vBCFCPUFDest": base,
        "pFCPUFDest": fund,
        "pICMSUFDest": inside,
        "pICMSInter": between,
        "pICMSInterPart": Decimal("100.00"),
        "vFCPUFDest": share(base, fund),
        "vICMSUFDest": share(base, inside - between),
        "vICMSUFRemet": ZERO,
    }


def _reform(line: Line, icms_fields: Fields, contributions: Fields, difal: Fields) -> Fields:
    taxed_out = sum((_amount(icms_fields, name) for name in ("vICMS", "vFCP", "vICMSMono")), ZERO)
    taxed_out += _amount(difal, "vICMSUFDest") + _amount(difal, "vFCPUFDest")
    taxed_out += contributions["PIS"]["PISAliq"]["vPIS"] + contributions["COFINS"]["COFINSAliq"]["vCOFINS"]
    base = line.operation_value - taxed_out
    state, city = share(base, IBS_STATE_RATE), share(base, IBS_CITY_RATE)
    return {
        "CST": "000",
        "cClassTrib": "000001",
        "gIBSCBS": {
            "vBC": base,
            "gIBSUF": {"pIBSUF": IBS_STATE_RATE, "vIBSUF": state},
            "gIBSMun": {"pIBSMun": IBS_CITY_RATE, "vIBSMun": city},
            "vIBS": state + city,
            "gCBS": {"pCBS": CBS_RATE, "vCBS": share(base, CBS_RATE)},
        },
    }
