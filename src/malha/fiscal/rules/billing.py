"""The invoice (fat) and its instalments (dup)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._arithmetic import item_ipi, operation_value, total_severity
from malha.fiscal.rules._registry import NFE, Scope, rule
from malha.fiscal.rules._since import NT_2016_002, NT_2018_005
from malha.fiscal.tree import ZERO, Group

_WITHHELD = ("vRetPIS", "vRetCOFINS", "vRetCSLL", "vIRRF", "vRetPrev")
_CASH = "0"
_GIFTS = frozenset({"910", "911", "912"})  # bonus, sample, demonstration: delivered, not billed
_NUMBERING_START = date(2019, 5, 7)  # earlier authorised notes number their instalments freely


@rule(
    "NF-DUP-101", severity=Severity.HIGH, scope=Scope.NOTE, models=NFE,
    valid_from=NT_2016_002, reference="Rejeições 902 e 901 (Y06-10, Y05-10)",
    explains=("NF-DUP-102", "NF-DUP-104"),
    pt="O valor líquido da fatura não é o original menos o desconto.",
    en="The invoice's net value is not the original less the discount.",
)  # fmt: skip
def invoice_net_value(note: Note) -> Breach | None:
    if not note.cobr:
        return None
    invoice = note.cobr.group("fat")
    original, net = invoice.amount("vOrig"), invoice.amount("vLiq")
    if original is None:
        return None
    discount = invoice.amount_or_zero("vDesc")
    if discount > original:
        return Breach(
            invoice, "vDesc", discount, original, pt="O desconto da fatura é maior do que o valor original.",
            en="The invoice's discount is greater than its original value.",
        )  # fmt: skip
    if net is None or net == original - discount:
        return None
    return Breach(
        invoice, "vLiq", net, original - discount,
        lambda: f"vOrig {original} - vDesc {discount} = {original - discount}",
        severity=total_severity(net, original - discount),
    )  # fmt: skip


@rule(
    "NF-DUP-102", severity=Severity.HIGH, scope=Scope.NOTE, models=NFE,
    valid_from=NT_2016_002, reference="Rejeições 851 e 872 (Y10-10)",
    pt="A soma das duplicatas não é o valor líquido da fatura.",
    en="The instalments do not add up to the invoice's net value.",
)  # fmt: skip
def instalments_add_up(note: Note) -> Breach | None:
    if not note.cobr:
        return None
    net, instalments = note.cobr.group("fat").amount("vLiq"), note.cobr.groups("dup")
    if net is None or not instalments:
        return None
    added = sum((one.amount_or_zero("vDup") for one in instalments), ZERO)
    if added == net:
        return None
    return Breach(
        note.cobr, "dup", added, net,
        lambda: " + ".join(str(one.amount_or_zero("vDup")) for one in instalments) + f" = {added}",
        severity=total_severity(added, net),
    )  # fmt: skip


@rule(
    "NF-DUP-103", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE, layouts=frozenset({"4.00"}),
    valid_from=NT_2016_002, reference="Rejeições 900, 898, 850 e 852 (Y09-10, Y09-20, Y09-30, Y08-10)",
    pt="As duplicatas estão sem vencimento, fora de ordem, mal numeradas ou vencem antes da emissão.",
    en="Instalments without due date, out of order, wrongly numbered, or due before the note was issued.",
)  # fmt: skip
def instalments_are_in_order(note: Note) -> Sequence[Breach] | None:
    if not note.cobr:
        return None
    return list(_disorder(note.cobr.groups("dup"), note.issued_at.date() if note.issued_at else None)) or None


def _disorder(instalments: list[Group], issued: date | None) -> Iterator[Breach]:
    previous = issued.isoformat() if issued else ""
    numbered = issued is None or issued >= _NUMBERING_START
    for position, one in enumerate(instalments, start=1):
        number, due = one.text("nDup"), one.text("dVenc")
        if numbered and number is not None and number != f"{position:03}":
            yield Breach(one, "nDup", number, f"{position:03}")
        if not due:
            yield Breach(one, "dVenc", formula="duplicata sem vencimento")
            continue
        if due < previous:  # ISO dates compare as text
            first = position == 1 or previous == (issued.isoformat() if issued else "")
            yield Breach(one, "dVenc", due, previous, "antes da emissão" if first else "antes da duplicata anterior")
        previous = max(previous, due)


@rule(
    "NF-DUP-104", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE, purposes=frozenset({"1"}),
    valid_from=NT_2018_005, reference="Área da rejeição 905 (Y04-10)",
    pt="O valor líquido da fatura difere do valor da nota sem desconto ou retenção que o explique.",
    en="The invoice's net value differs from the note's with no discount or withholding that explains it.",
)  # fmt: skip
def invoice_is_the_note(note: Note) -> Breach | None:
    net = note.cobr.group("fat").amount("vLiq") if note.cobr else None
    value = note.total.amount("vNF")
    if net is None or value is None or net == value or net in _explained(note, value):
        return None
    return Breach(
        note.cobr.group("fat"), "vLiq", net, value, f"vLiq {net}, vNF {value}", severity=total_severity(net, value)
    )


def _explained(note: Note, value: Decimal) -> Iterator[Decimal]:
    """Net values that follow from the note's: less discount, taxes withheld, what is paid at once, gifts."""
    discount = note.cobr.group("fat").amount_or_zero("vDesc")
    withheld = note.group.group("total").group("retTrib")
    retained = sum((withheld.amount_or_zero(name) for name in _WITHHELD if name in withheld), ZERO)
    retained += note.group.group("total").group("ISSQNtot").amount_or_zero("vISSRet")
    at_once = sum((one.amount_or_zero("vPag") for one in note.payments if one.text("indPag") == _CASH), ZERO)
    yield value - discount
    yield value - retained
    yield value - retained - discount
    yield value - at_once
    yield value - at_once - discount
    gifts = [item for item in note.items if (item.cfop or "")[1:] in _GIFTS]
    if gifts:
        yield value - sum((_item_value(item) for item in gifts), ZERO)


def _item_value(item: Item) -> Decimal:
    return operation_value(item.prod) + item_ipi(item) + item.icms.amount_or_zero("vICMSST")
