"""Which transaction paid an expense, with the reasons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from malha.banking.rules.entries import text_key

MATCH_SCORE = 60
"""An exact amount near the day is enough; a deviating one needs the payee's CNPJ as well."""

MOST_DAYS = 5
ROUNDING = Decimal("0.05")
BOLETO_FEES = (Decimal("1.50"), Decimal("2.50"), Decimal("3.00"), Decimal("5.00"))
DEVIATION = Decimal("0.01")
"""Interest, a fine or a discount: this share of the amount."""

_EXACT, _ROUNDED, _WITH_FEE, _DEVIATING = 50, 45, 40, 25
_SAME_DAY, _PER_DAY = 20, 4
_SAME_CNPJ, _SAME_COMPANY, _OTHER_DOCUMENT, _SIMILAR_NAME = 30, 14, -25, 10
_EMPTY_WORDS = frozenset({"LTDA", "ME", "EPP", "SA", "S", "A", "DE", "DA", "DO", "E", "EIRELI", "CIA", "DOS", "DAS"})


@dataclass(frozen=True, slots=True)
class Payment:
    """What is looked for: a payee, an amount, and the day, if it is known. `name` is the payee's, if known."""

    cnpj: str | None
    amount: Decimal
    paid_on: date | None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is known of a transaction."""

    id: UUID
    day: date
    amount: Decimal
    direction: str
    description: str
    counterpart_document: str | None = None
    counterpart_name: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """0 to 100, and what it is made of."""

    value: int
    reasons: tuple[str, ...]

    @property
    def is_match(self) -> bool:
        """Whether it is enough to call the two one payment."""
        return self.value >= MATCH_SCORE


def amount_range(amount: Decimal, *, is_to_payee: bool) -> tuple[Decimal, Decimal]:
    """Between which amounts a transaction can be this payment; one that is not to its CNPJ must be nearer."""
    slack = max(ROUNDING, amount * DEVIATION) if is_to_payee else ROUNDING
    return max(amount - slack, Decimal(0)), amount + max(slack, max(BOLETO_FEES) + ROUNDING)


def score(payment: Payment, candidate: Candidate) -> Score:
    """How well a transaction fits a payment. Only money that went out can pay anything: others score 0."""
    if candidate.direction != "DEBIT":
        return Score(0, ("direction-credit",))
    points = [_score_amount(payment, candidate), _score_day(payment, candidate), _score_payee(payment, candidate)]
    if points[0][0] == 0 or points[1] is None:
        reasons = tuple(point[1] for point in points if point)
        return Score(0, reasons)
    total = sum(point[0] for point in points if point)
    return Score(max(min(total, 100), 0), tuple(point[1] for point in points if point and point[1]))


def _score_amount(payment: Payment, candidate: Candidate) -> tuple[int, str]:
    difference = candidate.amount - payment.amount
    if difference == 0:
        return _EXACT, "amount-equal"
    if abs(difference) <= ROUNDING:
        return _ROUNDED, f"amount-differs:{difference}"
    fee = next((fee for fee in BOLETO_FEES if abs(difference - fee) <= ROUNDING), None)
    if fee is not None:
        return _WITH_FEE, f"amount-with-fee:{fee}"
    if abs(difference) <= payment.amount * DEVIATION:
        return _DEVIATING, f"amount-differs:{difference}"
    return 0, f"amount-other:{difference}"


def _score_day(payment: Payment, candidate: Candidate) -> tuple[int, str] | None:
    if payment.paid_on is None:
        return 0, "day-unknown"
    days = (candidate.day - payment.paid_on).days
    if abs(days) > MOST_DAYS:
        return None
    return _SAME_DAY - _PER_DAY * abs(days), "day-equal" if days == 0 else f"day-differs:{days:+d}"


def _score_payee(payment: Payment, candidate: Candidate) -> tuple[int, str]:
    document = candidate.counterpart_document
    if payment.cnpj and document:
        if document == payment.cnpj:
            return _SAME_CNPJ, "counterpart-equal"
        if len(document) == 14 and document[:8] == payment.cnpj[:8]:
            return _SAME_COMPANY, f"counterpart-branch:{document}"
        return _OTHER_DOCUMENT, "counterpart-other"
    if payment.name and _share_words(payment.name, f"{candidate.description} {candidate.counterpart_name or ''}"):
        return _SIMILAR_NAME, "counterpart-name-similar"
    return 0, "counterpart-unknown"


def _share_words(name: str, text: str) -> bool:
    """Whether most of a company's telling words stand in the text; banks cut them short."""
    words = [word for word in text_key(name).split() if word not in _EMPTY_WORDS and len(word) > 2]
    told = text_key(text).split()
    shared = [
        word for word in words if any(each == word or (len(each) >= 4 and word.startswith(each)) for each in told)
    ]
    return bool(words) and len(shared) * 2 >= len(words)
