"""The destination's share of interstate sales to final consumers (DIFAL) and interstate rates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.money import HUNDRED, cents, differs
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules._arithmetic import PER_CENT, item_ipi, operation_value, rate_breach
from malha.fiscal.rules._interstate import FOUR, IMPORTED_ORIGINS, SEVEN, interstate_rate, item_interstate_rate
from malha.fiscal.rules._registry import NFE, Scope, rule
from malha.fiscal.rules._since import EC_87_15
from malha.fiscal.tree import ZERO, Group

_NORMAL = frozenset({"1"})
_TAXED = frozenset({"ICMS00", "ICMS10", "ICMS20", "ICMS70", "ICMS90"})
_FIVE_CENTS = Decimal("0.05")
_PART_BY_YEAR = {2016: Decimal(40), 2017: Decimal(60), 2018: Decimal(80)}


@rule(
    "NF-DIFAL-001", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE, purposes=_NORMAL, valid_from=EC_87_15,
    reference="Rejeições 694 e 695 (NA01-20, NA01-10); EC 87/15",
    explains=("NF-TOT-008", "RTC-009"),
    pt="Venda interestadual a consumidor final não contribuinte sem o grupo do DIFAL.",
    en="Interstate sale to a final consumer who is no taxpayer without the DIFAL group.",
)  # fmt: skip
def difal_group_fits_the_sale(note: Note, item: Item) -> Breach | None:
    ide = note.ide
    if "ICMSUFDest" in item.imposto:
        return _undue_group(note, item.imposto.group("ICMSUFDest"))
    if ide.text("idDest") != "2" or ide.text("indFinal") != "1" or note.dest.text("indIEDest") != "9":
        return None
    if note.crt != "3" or note.direction != "1" or item.icms.tag not in _TAXED or not item.icms.amount("vBC"):
        return None
    if (item.cfop or "").startswith("69"):  # shipments that sell nothing
        return None
    return Breach(item.imposto, "ICMSUFDest", formula="idDest 2, indFinal 1, indIEDest 9, CRT 3")


def _undue_group(note: Note, group: Group) -> Breach | None:
    if not group.amount_or_zero("vICMSUFDest") or note.direction != "1":
        return None
    ide, registration = note.ide, note.dest.text("indIEDest")
    if ide.text("idDest") == "2" and ide.text("indFinal") == "1" and registration != "1":
        return None
    return Breach(
        group, "vICMSUFDest", group.amount("vICMSUFDest"), ZERO,
        f"idDest {ide.text('idDest')}, indFinal {ide.text('indFinal')}, indIEDest {registration}",
        pt="O grupo do DIFAL só cabe em venda interestadual a consumidor final não contribuinte.",
        en="The DIFAL group belongs only to interstate sales to final consumers who are no taxpayers.",
    )  # fmt: skip


@rule(
    "NF-DIFAL-002", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE, valid_from=EC_87_15,
    reference="Rejeição 699 (NA11-10); EC 87/15; LC 190/22",
    explains=("NF-TOT-008", "RTC-009"),
    pt="O DIFAL não fecha com a base e as alíquotas informadas.",
    en="DIFAL does not follow from the stated base and rates.",
)  # fmt: skip
def difal_adds_up(note: Note, item: Item, options: AuditOptions) -> Sequence[Breach] | None:
    if "ICMSUFDest" not in item.imposto:
        return None
    group = item.imposto.group("ICMSUFDest")
    if not group.amount_or_zero("vBCUFDest"):
        return None
    return list(_difal_breaches(note, item, group, options.tolerance)) or None


def _difal_breaches(note: Note, item: Item, group: Group, tolerance: Decimal) -> Iterator[Breach]:
    year = note.issued_at.year if note.issued_at else 2019
    part = _PART_BY_YEAR.get(year, HUNDRED)
    stated = group.amount_or_zero("pICMSInterPart")
    if stated != part:
        yield Breach(
            group, "pICMSInterPart", stated, part, pt="A partilha do DIFAL não é a do ano da emissão.",
            en="The DIFAL split is not that of the year of issue.",
        )  # fmt: skip
    inside, between = group.amount_or_zero("pICMSUFDest"), group.amount_or_zero("pICMSInter")
    base, found = group.amount_or_zero("vBCUFDest"), group.amount_or_zero("vICMSUFDest")
    share = PER_CENT if stated == HUNDRED else stated * PER_CENT * PER_CENT
    single = base * (inside - between) * share
    if abs(found - single) > tolerance and differs(found, _double_base(item, group) * share, tolerance):
        yield Breach(
            group, "vICMSUFDest", found, cents(single),
            lambda: f"vBCUFDest {base} x (pICMSUFDest {inside}% - pICMSInter {between}%) x {stated}% = {cents(single)}",
        )  # fmt: skip
    kept = group.amount_or_zero("vICMSUFRemet")
    if stated == HUNDRED and kept:
        yield Breach(
            group, "vICMSUFRemet", kept, ZERO, pt="Desde 2019 nada do DIFAL fica com o estado de origem.",
            en="Since 2019 nothing of DIFAL stays with the state of origin.",
        )  # fmt: skip
    fund = rate_breach(group, ("vBCFCPUFDest", "pFCPUFDest", "vFCPUFDest"), tolerance)
    if fund:
        yield fund


def _double_base(item: Item, group: Group) -> Decimal:
    """States with a double base deduct the interstate amount on its own base (LC 190/22 left the form to them)."""
    base = group.amount_or_zero("vBCUFDest")
    own_base = item.icms.amount_or_zero("vBC") or base
    return base * group.amount_or_zero("pICMSUFDest") - own_base * group.amount_or_zero("pICMSInter")


@rule(
    "NF-DIFAL-005", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE, purposes=_NORMAL, valid_from=EC_87_15,
    reference="LC 87/96 art. 13, IX e X, e § 1º; LC 190/22 (NA03)",
    explains=("NF-DIFAL-002", "NF-TOT-008", "RTC-009"),
    pt="A base do DIFAL não é o valor da operação, nem este com o imposto do destino por dentro.",
    en="The DIFAL base is neither the operation's value nor that with the destination's tax inside.",
)  # fmt: skip
def difal_base_is_the_operation(note: Note, item: Item) -> Breach | None:
    """Of items taxed in full: reductions differ between the two states."""
    if "ICMSUFDest" not in item.imposto or item.icms.tag != "ICMS00" or note.direction != "1":
        return None
    group = item.imposto.group("ICMSUFDest")
    base, own = group.amount("vBCUFDest"), item.icms.amount("vBC")
    if not base or own is None or base == own:
        return None
    inside, fund = group.amount_or_zero("pICMSUFDest"), group.amount_or_zero("pFCPUFDest")
    starts = (own, own - item.icms.amount_or_zero("vICMS"), operation_value(item.prod) + item_ipi(item))
    usual = [
        start / (1 - rate * PER_CENT) for start in starts for rate in (ZERO, inside, inside + fund) if rate < HUNDRED
    ]
    if any(abs(base - one) <= _FIVE_CENTS for one in usual):
        return None
    return Breach(group, "vBCUFDest", base, own, lambda: f"vBC do item {own}, alíquota interna {inside}%")


@rule(
    "NF-DIFAL-003", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE, purposes=_NORMAL, valid_from=EC_87_15,
    reference="Rejeições 693 e 697 (N16-10, NA09-10); Resoluções do Senado 22/89 e 13/12",
    explains=("NF-DIFAL-002", "NF-PIS-005", "RTC-009", "ICMS-CALC-01", "NF-ICMS-001"),
    pt="A alíquota interestadual não é a que vale entre os dois estados para a origem da mercadoria.",
    en="The interstate rate is not the one between the two states for the origin of the goods.",
)  # fmt: skip
def interstate_rate_fits(note: Note, item: Item) -> Breach | None:
    if note.ide.text("idDest") != "2" or note.direction != "1" or "entrega" in note.group:
        return None
    legal = item_interstate_rate(note, item)
    if legal is None:
        return None
    if "ICMSUFDest" in item.imposto:
        group = item.imposto.group("ICMSUFDest")
        stated = group.amount("pICMSInter")
        if stated and stated != legal:
            return Breach(group, "pICMSInter", stated, legal, lambda: _states(note, item))
    rate = item.icms.amount("pICMS") if item.icms.tag in _TAXED else None
    if not rate or rate == legal or _is_exception(item):
        return None
    if rate < legal:
        return _below(note, item, rate, legal)
    if legal == FOUR:
        return None  # above 4 % is the origin's own rule (NF-PRD-009)
    return Breach(item.icms, "pICMS", rate, legal, lambda: _states(note, item))


def _below(note: Note, item: Item, rate: Decimal, legal: Decimal) -> Breach | None:
    """CST 90 also holds what is charged beside other regimes."""
    if item.icms.tag == "ICMS90":
        return None
    if rate in {FOUR, SEVEN}:
        return Breach(item.icms, "pICMS", rate, legal, lambda: _states(note, item), severity=Severity.MEDIUM)
    return Breach(
        item.icms, "pICMS", rate, legal, lambda: _states(note, item),
        pt="Não existe esta alíquota interestadual: as do Senado são 4%, 7% e 12%.",
        en="There is no such interstate rate: the Senate's are 4%, 7% and 12%.",
    )  # fmt: skip


def _is_exception(item: Item) -> bool:
    """Sales to order, new vehicles billed by the maker, fuels and power keep other rates."""
    cfop = (item.cfop or "")[1:]
    prod = item.prod
    return (
        cfop in {"118", "119", "120", "922", "923"}
        or cfop[:2] in {"20", "25", "41"}
        or ("veicProd" in prod or "comb" in prod)
    )


def _states(note: Note, item: Item) -> str:
    origin = item.icms.text("orig")
    national = interstate_rate(note.issuer_uf, note.recipient_uf)
    kind = "conteúdo importado: 4%" if origin in IMPORTED_ORIGINS else f"nacional: {national}%"
    return f"{note.issuer_uf} para {note.recipient_uf}, origem {origin}, {kind}"
