"""The issuer's tax regime (CRT) and the kind of buyer against the ICMS situation of the items."""

from __future__ import annotations

from decimal import Decimal

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.money import HUNDRED, cents, differs
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules._registry import NFE, NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import BY_LAYOUT_4_00, MOC_4_01, NT_2019_001
from malha.fiscal.tables import cfop

_SIMPLES = frozenset({"1", "4"})
_ANY_REGIME = frozenset({"ICMS02", "ICMS15", "ICMS53", "ICMS61", "ICMSPart", "ICMSST"})
"""Single-phase fuels, shares between states and passed-on substitution have no CSOSN form."""
_FOR_NON_TAXPAYERS = frozenset({"102", "103", "300", "400", "500"})
_REPAIR_OR_DEMONSTRATION = frozenset({"5915", "5916", "6915", "6916", "5912", "5913"})
_DIRECT_VEHICLE_SALES = frozenset({"2", "3"})
_HIGHEST_CREDIT = Decimal("3.98")
"""Annex I, fifth band at 3.6 million a year: (14.3 % less 87,300) x 33.5 % (LC 123/2006 after LC 155/2016)."""


@rule(
    "NF-CRT-001", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE,
    valid_from=MOC_4_01, reference="Rejeições 590 e 591",
    explains=("NF-CRT-002", "NF-PIS-002", "RTC-001", "RTC-015"),
    pt="Situação tributária do ICMS (CST ou CSOSN) de outro regime que não o do emitente (CRT).",
    en="The ICMS situation (CST or CSOSN) belongs to another regime than the issuer's (CRT).",
)  # fmt: skip
def situation_fits_regime(note: Note, item: Item) -> Breach | None:
    icms = item.icms
    if not icms or not note.crt or item.icms_code is None or icms.tag in _ANY_REGIME:
        return None
    if item.is_simples == (note.crt in _SIMPLES):
        return None
    found, expected = ("CSOSN", "CST") if item.is_simples else ("CST", "CSOSN")
    return Breach(icms, found, item.icms_code, expected, f"CRT {note.crt} com {found} {item.icms_code}")


@rule(
    "NF-CRT-002", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE, crts=_SIMPLES, valid_from=BY_LAYOUT_4_00,
    reference="Rejeição 600 (N12a-90); LC 123/2006 art. 23",
    pt="CSOSN que não cabe em venda a não contribuinte do ICMS.",
    en="A CSOSN that does not belong in a sale to one who is no ICMS taxpayer.",
)  # fmt: skip
def situation_fits_non_taxpayer(note: Note, item: Item) -> Breach | None:
    if not item.is_simples or item.icms_code in _FOR_NON_TAXPAYERS or note.direction != "1":
        return None
    if note.dest.text("indIEDest") != "9" or item.cfop in _REPAIR_OR_DEMONSTRATION:
        return None
    if note.ide.text("idDest") == "3" or item.prod.group("veicProd").text("tpOp") in _DIRECT_VEHICLE_SALES:
        return None
    return Breach(item.icms, "CSOSN", item.icms_code, "102, 103, 300, 400 ou 500", "indIEDest 9")


@rule(
    "NF-CRT-003", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE, crts=_SIMPLES,
    valid_from=MOC_4_01, reference="LC 123/2006 art. 23, § 1º e 2º",
    pt="Crédito de ICMS do Simples Nacional não resulta da alíquota informada.",
    en="The Simples Nacional ICMS credit does not follow from the stated rate.",
)  # fmt: skip
def simples_credit_adds_up(_: Note, item: Item, options: AuditOptions) -> Breach | None:
    if not item.is_simples or "pCredSN" not in item.icms:
        return None
    rate, credit = item.icms.amount("pCredSN"), item.icms.amount("vCredICMSSN")
    if rate is None or credit is None:
        return None
    if rate > _HIGHEST_CREDIT:
        return Breach(
            item.icms, "pCredSN", rate, _HIGHEST_CREDIT,
            pt="Alíquota de crédito do Simples Nacional acima da maior possível.",
            en="A Simples Nacional credit rate above the highest possible.",
        )  # fmt: skip
    bases = _credit_bases(item)
    if not all(differs(credit, base * rate / HUNDRED, options.tolerance) for base in bases):
        return None
    expected = bases[0] * rate / HUNDRED
    return Breach(
        item.icms, "vCredICMSSN", credit, cents(expected),
        lambda: f"base {bases[0]} x pCredSN {rate}% = {cents(expected)}",
    )  # fmt: skip


def _credit_bases(item: Item) -> tuple[Decimal, ...]:
    """The value of the operation, and what else issuers take for it: the law names the base, the layout does not."""
    prod = item.prod
    value, discount = prod.amount_or_zero("vProd"), prod.amount_or_zero("vDesc")
    costs = sum((prod.amount_or_zero(tag) for tag in ("vFrete", "vSeg", "vOutro")), start=Decimal(0))
    stated = item.icms.amount("vBC")
    bases = (value + costs - discount, value - discount, value, value + costs)
    return (*bases, stated) if stated else bases


@rule(
    "NF-FIN-001", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE, purposes=frozenset({"1"}),
    valid_from=NT_2019_001, reference="Rejeição 696 (E16a-30)",
    pt="Venda a não contribuinte que não está marcada como destinada a consumidor final.",
    en="A sale to one who is no taxpayer is not marked as for a final consumer.",
)  # fmt: skip
def non_taxpayer_is_final_consumer(note: Note) -> Breach | None:
    if note.dest.text("indIEDest") != "9" or note.ide.text("indFinal") != "0" or note.direction != "1":
        return None
    if note.ide.text("idDest") == "3" or _only_moves_goods(note):
        return None
    return Breach(note.ide, "indFinal", "0", "1", "indIEDest 9")


def _only_moves_goods(note: Note) -> bool:
    moves = cfop.remittances() | cfop.comebacks()
    return all(item.cfop in moves for item in note.items)
