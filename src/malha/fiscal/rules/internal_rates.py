"""ICMS rates inside a state: zero, none that any state has, one that the state no longer has; reductions of nothing."""

from __future__ import annotations

from decimal import Decimal

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._registry import NFE, NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import AS_LONG_AS_NOTES, EC_87_15
from malha.fiscal.tables import special_rates, uf
from malha.fiscal.tree import Group

_NORMAL = frozenset({"1"})
_TAXED = frozenset({"ICMS00", "ICMS10", "ICMS20", "ICMS70"})
_REDUCED = frozenset({"ICMS20", "ICMS70"})
_HIGHEST, _LOWEST = Decimal(40), Decimal(3)
"""The highest rates, on tobacco and weapons, are 37 and 38 %; the lowest, on food and meals, are not below 3 %."""
_LARGEST_FUND = Decimal(2)
_FUND_LIMITS = {"RJ": Decimal(4)}
_GENERAL_FROM, _GENERAL_TO = Decimal(17), Decimal(25)
"""Between these lie the general rates of all states since 2016; goods with rates of their own lie outside."""


@rule(
    "NF-ICMS-008", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE, purposes=_NORMAL,
    valid_from=AS_LONG_AS_NOTES, reference="Convênio s/nº de 1970, Anexo I, tabela B",
    explains=("NF-PIS-005", "RTC-009"),
    pt="O CST diz que a operação é tributada, mas a alíquota do ICMS é zero.",
    en="The CST says that the operation is taxed, but the ICMS rate is zero.",
)  # fmt: skip
def taxed_item_has_a_rate(note: Note, item: Item) -> Breach | None:
    icms = item.icms
    if icms.tag not in _TAXED or note.direction != "1" or icms.amount("pICMS") != 0:
        return None
    return Breach(icms, "pICMS", icms.amount("pICMS"), formula=f"CST {item.icms_code}") if _has_value(item) else None


def _has_value(item: Item) -> bool:
    return bool(item.prod.amount("vProd")) and item.prod.text("indTot") != "0"


@rule(
    "NF-ICMS-009", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE, purposes=_NORMAL, valid_from=EC_87_15,
    reference="Leis do ICMS dos estados; CF art. 155, § 2º, VI",
    explains=("NF-PIS-005", "RTC-009", "ICMS-CALC-01", "NF-ICMS-001", "NF-FCP-001"),
    pt="Nenhum estado tem esta alíquota interna de ICMS.", en="No state has this internal ICMS rate.",
)  # fmt: skip
def internal_rate_exists(note: Note, item: Item) -> Breach | None:
    icms = item.icms
    if "pICMS" not in icms or note.direction != "1" or note.ide.text("idDest") != "1":
        return None
    if icms.tag not in _TAXED:
        rate = icms.amount_or_zero("pICMS")
        return Breach(icms, "pICMS", rate, f"até {_HIGHEST}") if rate > _HIGHEST else None
    return _judged(note, item.icms, "pICMS", note.issuer_uf, Severity.INFO)


@rule(
    "NF-DIFAL-004", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE, purposes=_NORMAL, valid_from=EC_87_15,
    reference="EC 87/15; LC 190/22; leis do ICMS dos estados (NA07)",
    explains=("NF-DIFAL-002", "RTC-009"),
    pt="Nenhum estado tem a alíquota interna que o DIFAL usa.", en="No state has the internal rate that DIFAL uses.",
)  # fmt: skip
def difal_uses_the_destinations_rate(note: Note, item: Item) -> Breach | None:
    if "ICMSUFDest" not in item.imposto or note.direction != "1":
        return None
    group = item.imposto.group("ICMSUFDest")
    if not group.amount("vBCUFDest"):
        return None
    fund, limit = group.amount_or_zero("pFCPUFDest"), _FUND_LIMITS.get(note.recipient_uf, _LARGEST_FUND)
    if fund > limit:
        return Breach(
            group, "pFCPUFDest", fund, limit, pt="O percentual do FCP passa do limite do estado de destino.",
            en="The poverty fund percentage is above the limit of the state of destination.",
        )  # fmt: skip
    return _judged(note, group, "pICMSUFDest", note.recipient_uf, Severity.MEDIUM)


@rule(
    "NF-ST-006", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE, purposes=_NORMAL, valid_from=EC_87_15,
    reference="Leis do ICMS dos estados; Convênio ICMS 142/18, cláusula décima terceira",
    explains=("NF-ST-002", "NF-ST-003", "NF-TOT-003", "NF-TOT-009", "RTC-012"),
    pt="Nenhum estado tem a alíquota interna que a substituição usa.",
    en="No state has the internal rate that the substitution uses.",
)  # fmt: skip
def substitution_uses_the_destinations_rate(note: Note, item: Item) -> Breach | None:
    if "pICMSST" not in item.icms or note.direction != "1" or not item.icms.amount("vBCST"):
        return None
    state = note.recipient_uf if note.ide.text("idDest") == "2" else note.issuer_uf
    return _judged(note, item.icms, "pICMSST", state, Severity.INFO)


@rule(
    "NF-ICMS-010", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE_NFCE, purposes=_NORMAL,
    valid_from=AS_LONG_AS_NOTES, reference="Convênio s/nº de 1970, Anexo I, tabela B (20 e 70)",
    explains=("NF-ICMS-003", "NF-PIS-005", "RTC-009"),
    pt="O CST diz que a base foi reduzida, e a redução é zero.",
    en="The CST says that the base was reduced, and the reduction is zero.",
)  # fmt: skip
def reduced_base_has_a_reduction(_: Note, item: Item) -> Breach | None:
    icms = item.icms
    if icms.tag not in _REDUCED or icms.amount("pRedBC") != 0:
        return None
    return Breach(icms, "pRedBC", icms.amount("pRedBC"), formula=f"CST {item.icms_code}")


def _judged(note: Note, group: Group, field: str, state: str, unlike: Severity) -> Breach | None:
    """``unlike`` is for rates near the general one that are neither it nor an older one of the state."""
    rate = group.amount(field)
    if not rate or note.issued_at is None:
        return None
    day = note.issued_at.date()
    general = uf.internal_rate(state, day)
    if general is None or general <= rate <= general + _LARGEST_FUND:
        return None
    words = f"{state}: {general}% em {day}"
    if rate > _HIGHEST or rate < _LOWEST:
        return Breach(group, field, rate, general, words)
    if special_rates.is_known(state, rate):
        return None
    if rate in uf.former_rates(state, day):
        return Breach(
            group, field, rate, general, words, severity=Severity.MEDIUM,
            pt="A alíquota é a geral que o estado já não tinha na data da emissão.",
            en="The rate is the general one that the state no longer had on the day of issue.",
        )  # fmt: skip
    if not _GENERAL_FROM <= rate < _GENERAL_TO:
        return None
    return Breach(
        group, field, rate, general, words, severity=unlike,
        pt="A alíquota não é a geral do estado: confira se o produto tem alíquota própria.",
        en="The rate is not the state's general one: check whether the product has a rate of its own.",
    )  # fmt: skip
