"""What every statement becomes: entries of one account, in one shape, with clean texts and exact amounts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from malha.banking.rules.remarks import Remark
from malha.fiscal.identifiers import is_cnpj, is_cpf
from malha.kit.clock import SAO_PAULO

LONGEST_TEXT = 1000
LARGEST_AMOUNT = Decimal("9999999999999.99")
CENT = Decimal("0.01")
FIRST_YEAR, LAST_YEAR = 1970, 2099

_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_WORDS = re.compile(r"[^0-9A-Z]+")
_DOCUMENT = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"[0-9A-Z]{2}\.[0-9A-Z]{3}\.[0-9A-Z]{3}/[0-9A-Z]{4}-?[0-9]{2}|[0-9]{14}|[0-9]{8}/[0-9]{4}-[0-9]{2}"
    r"|[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}|[0-9]{11})(?![0-9A-Za-z])"
)


class Direction(StrEnum):
    """Which way the money went, seen from the account."""

    CREDIT = "CREDIT"
    DEBIT = "DEBIT"


class Status(StrEnum):
    """Whether the bank may still change its mind."""

    PENDING = "PENDING"
    POSTED = "POSTED"


class Source(StrEnum):
    """Where a transaction was heard of."""

    OFX = "OFX"
    CSV = "CSV"
    CNAB240 = "CNAB240"
    PLUGGY = "PLUGGY"


@dataclass(frozen=True, slots=True)
class Entry:
    """One transaction as a source tells it. `amount` is never negative; `day` is Sao Paulo's."""

    day: date
    amount: Decimal
    direction: Direction
    occurred_at: datetime
    description: str
    status: Status = Status.POSTED
    kind: str | None = None
    counterpart_document: str | None = None
    counterpart_name: str | None = None
    fitid: str | None = None
    nsu: str | None = None
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class AccountRef:
    """The account as the file names it; None for what it does not say."""

    bank_code: str | None = None
    branch: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """Signed, at the end of a day."""

    amount: Decimal
    day: date

    @property
    def instant(self) -> datetime:
        """The end of the day in Sao Paulo."""
        return start_of_day(self.day) + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StatementEnd:
    """What a reader says behind the entries and remarks of one account's part of a file."""

    source: Source
    account: AccountRef
    period_start: date | None = None
    period_end: date | None = None
    opening: Balance | None = None
    balance: Balance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementTold:
    """What one account's part of a file says besides its entries.

    `skipped` counts all lines left out; `remarks` lists the first thousand.
    """

    source: Source
    account: AccountRef
    period_start: date | None = None
    period_end: date | None = None
    opening: Balance | None = None
    balance: Balance | None = None
    remarks: Sequence[Remark] = ()
    skipped: int = 0
    unreadable: int = 0
    entry_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementData(StatementTold):
    """One account's part of a file that fits into memory."""

    entries: Sequence[Entry] = ()


def clean(text: str | None) -> str:
    """One line without control characters, not endless."""
    return _SPACES.sub(" ", text or "").strip()[:LONGEST_TEXT]


def clean_or_none(text: str | None) -> str | None:
    """The same, None when nothing is left."""
    return clean(text) or None


def text_key(text: str) -> str:
    """What two spellings of one description share: letters without accents, digits, single spaces."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().upper()
    return _WORDS.sub(" ", plain).strip()


def to_cents(amount: Decimal) -> Decimal:
    """Exactly two decimals; ValueError where that would lose something, or be too much for NUMERIC(15,2)."""
    if not amount.is_finite() or abs(amount) > LARGEST_AMOUNT:
        raise ValueError("amount out of range")
    rounded = amount.quantize(CENT)
    if rounded != amount:
        raise ValueError("amount with fractions of a cent")
    return rounded


def start_of_day(day: date) -> datetime:
    """Midnight in Sao Paulo, as the instant that stands for a day without a time."""
    return datetime.combine(day, time.min, SAO_PAULO).astimezone(UTC)


def checked_day(year: int, month: int, day: int) -> date:
    """A date of this age; ValueError for any other."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"year {year}")
    return date(year, month, day)


def normalize_document(text: str | None) -> str | None:
    """A CNPJ or CPF without punctuation, None unless its check digits are right."""
    plain = re.sub(r"[.\-/\s]", "", text or "").upper()
    return plain if is_cnpj(plain) or is_cpf(plain) else None


def find_document(text: str) -> str | None:
    """The first CNPJ, else the first CPF, that a description names; digits alone count only when their check fits."""
    found = [normalize_document(match[0]) for match in _DOCUMENT.finditer(text.upper())]
    valid = [document for document in found if document]
    return next((document for document in valid if len(document) == 14), next(iter(valid), None))
