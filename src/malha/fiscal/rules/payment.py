"""Forms of payment and change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from malha.fiscal.documents import Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._arithmetic import total_severity
from malha.fiscal.rules._registry import NFE, NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import LAYOUT_4_00, NT_2016_002
from malha.fiscal.tree import ZERO, Group

_V4 = frozenset({"4.00"})
_NO_PAYMENT, _OTHER = "90", "99"
_UNPAID_PURPOSES = frozenset({"3", "4"})
_ELECTRONIC = frozenset({"03", "04", "17"})
_INTEGRATED = "1"
_FIRST, _LAST = date.min, date.max
_SEPTEMBER_2021, _JULY_2024 = date(2021, 9, 1), date(2024, 7, 1)
# First and last day of issue (NT 2016.002, NT 2020.006, IT 2024.002); code 14 left the table with NT 2020.006.
_CODES = {
    **dict.fromkeys(("01", "02", "03", "04", "05", "10", "11", "12", "13", "15", "90", "99"), (_FIRST, _LAST)),
    "14": (_FIRST, date(2021, 8, 31)),
    **dict.fromkeys(("16", "17", "18", "19"), (_FIRST, _LAST)),
    **dict.fromkeys(("20", "21", "22"), (_JULY_2024, _LAST)),
    "91": (date(2025, 11, 3), _LAST),
    **dict.fromkeys(("23", "24"), (date(2026, 5, 4), _LAST)),
}


def _paid(note: Note) -> str:
    return " + ".join(f"{one.text('tPag')}: {one.amount_or_zero('vPag')}" for one in note.payments)


@rule(
    "NF-PAY-001", severity=Severity.HIGH, scope=Scope.NOTE, models=NFE_NFCE, layouts=_V4,
    purposes=frozenset({"1", "2"}),
    valid_from=NT_2016_002, reference="Rejeição 865 (YA03-10)",
    explains=("NF-PAY-002",),
    pt="A soma dos pagamentos é menor do que o valor da nota.", en="The payments add up to less than the note's value.",
)  # fmt: skip
def payments_cover_the_note(note: Note) -> Breach | None:
    payments = note.payments
    if not payments or any(one.text("tPag") == _NO_PAYMENT for one in payments):
        return None
    paid, value = sum((one.amount_or_zero("vPag") for one in payments), ZERO), note.total.amount_or_zero("vNF")
    if paid >= value:
        return None
    return Breach(
        note.pag, "detPag", paid, value, lambda: f"{_paid(note)} = {paid} < vNF {value}",
        severity=total_severity(paid, value),
    )  # fmt: skip


@rule(
    "NF-PAY-002", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE_NFCE, layouts=_V4,
    valid_from=NT_2016_002, reference="Rejeições 866 e 869 (YA09-10, YA09-20)",
    pt="O troco não é a diferença entre os pagamentos e o valor da nota.",
    en="The change is not the difference between the payments and the note's value.",
)  # fmt: skip
def change_is_what_was_overpaid(note: Note) -> Breach | None:
    payments = note.payments
    if not payments or any(one.text("tPag") == _NO_PAYMENT for one in payments):
        return None
    paid, value = sum((one.amount_or_zero("vPag") for one in payments), ZERO), note.total.amount_or_zero("vNF")
    change, expected = note.pag.amount_or_zero("vTroco"), max(paid - value, ZERO)
    if change == expected:
        return None
    return Breach(
        note.pag, "vTroco", note.pag.amount("vTroco"), expected,
        lambda: f"{_paid(note)} - vNF {value} = {paid - value}", severity=total_severity(change, expected),
    )  # fmt: skip


@rule(
    "NF-PAY-003", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE_NFCE, layouts=_V4,
    valid_from=NT_2016_002, reference="Rejeições 871, 899 e 904 (YA02-10, YA02-20, YA03-20)",
    explains=("NF-PAY-006",),
    pt="A forma de pagamento não combina com a finalidade da nota.",
    en="The form of payment does not fit the purpose of the note.",
)  # fmt: skip
def payment_form_fits_the_note(note: Note) -> Sequence[Breach] | None:
    unpaid, found = note.purpose in _UNPAID_PURPOSES, list[Breach]()
    for one in note.payments:
        code = one.text("tPag")
        if unpaid and code != _NO_PAYMENT:
            found.append(Breach(one, "tPag", code, _NO_PAYMENT, f"finNFe {note.purpose}"))
        elif note.is_nfce and code == _NO_PAYMENT:
            found.append(Breach(one, "tPag", code, formula="NFC-e exige pagamento"))
        elif code == _NO_PAYMENT and one.amount_or_zero("vPag"):
            found.append(Breach(one, "vPag", one.amount("vPag"), ZERO, "tPag 90 (sem pagamento)"))
    return found or None


@rule(
    "NF-PAY-004", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE_NFCE, layouts=_V4, facultative=True,
    valid_from=NT_2016_002, reference="Rejeições 391, 392 e 496 (YA04-10, YA05-10, YA07-10)",
    pt="Pagamento por cartão ou Pix sem os dados da transação, que parte dos estados exige.",
    en="Payment by card or Pix without the transaction data, which some states demand.",
)  # fmt: skip
def electronic_payment_is_identified(note: Note) -> Sequence[Breach] | None:
    """Asked of tills; of an NF-e only some states do, so there it is no more than a word to the reader."""
    severity = None if note.is_nfce else Severity.INFO
    found = [_unidentified(one, severity) for one in note.payments if one.text("tPag") in _ELECTRONIC]
    return [breach for breach in found if breach] or None


def _unidentified(payment: Group, severity: Severity | None) -> Breach | None:
    card = payment.group("card")
    if not card:
        return Breach(payment, "card", formula=f"tPag {payment.text('tPag')} sem o grupo card", severity=severity)
    if card.text("tpIntegra") == _INTEGRATED and not card.text("cAut"):
        return Breach(card, "cAut", formula="tpIntegra 1 sem o número de autorização")
    return None


@rule(
    "NF-PAY-005", severity=Severity.LOW, scope=Scope.NOTE, models=NFE_NFCE, layouts=_V4,
    valid_from=NT_2016_002, reference="Rejeição 441 (YA02a-10); IT 2024.002",
    pt="A forma de pagamento não está na tabela em vigor, ou falta descrever a forma 99.",
    en="The form of payment is not in the table in force, or form 99 is not described.",
)  # fmt: skip
def payment_code_is_in_the_table(note: Note) -> Sequence[Breach] | None:
    day, found = note.issued_at.date() if note.issued_at else None, list[Breach]()
    for one in note.payments:
        code = one.text("tPag")
        if code == _OTHER:
            if "xPag" not in one and day is not None and day >= _SEPTEMBER_2021:
                found.append(Breach(one, "xPag", formula="tPag 99 sem descrição"))
            continue
        first, last = _CODES.get(code or "", (_LAST, _FIRST))
        if not (first <= (day or first) <= last):
            found.append(Breach(one, "tPag", code, formula=f"data de emissão {day}"))
    return found or None


@rule(
    "NF-PAY-006", severity=Severity.LOW, scope=Scope.NOTE, models=NFE, layouts=_V4, purposes=frozenset({"1"}),
    valid_from=LAYOUT_4_00, reference="MOC, YA02 (tPag) e Y07 (dup)",
    pt="A nota diz que não há pagamento (tPag 90) e traz duplicatas.",
    en="The note says that there is no payment (tPag 90) and has instalments.",
)  # fmt: skip
def unpaid_note_has_no_instalments(note: Note) -> Breach | None:
    if "dup" not in note.cobr or not note.payments:
        return None
    if any(one.text("tPag") != _NO_PAYMENT for one in note.payments):
        return None
    return Breach(note.payments[0], "tPag", _NO_PAYMENT, formula=f"{len(note.cobr.groups('dup'))} duplicatas")
