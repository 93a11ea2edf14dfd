"""What a reader says about a file besides its entries: lines that it left out, and readings that may need a look."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LONGEST_REMARK = 300


class Reason(StrEnum):
    """Why a line is no transaction, or why its reading deserves a look."""

    PREAMBLE = "preamble"
    HEADER = "header"
    TEXT = "text"
    BALANCE = "balance"
    TOTAL = "total"
    LIMIT = "limit"
    ZERO = "zero"
    FUTURE = "future"
    DATE_UNREADABLE = "date-unreadable"
    AMOUNT_MISSING = "amount-missing"
    AMOUNT_UNREADABLE = "amount-unreadable"
    AMOUNT_TWICE = "amount-twice"
    DIRECTION_UNCLEAR = "direction-unclear"
    FOREIGN_CURRENCY = "foreign-currency"
    BALANCE_UNCLEAR = "balance-unclear"
    BALANCE_UNREADABLE = "balance-unreadable"
    RECORD_UNREADABLE = "record-unreadable"
    OTHER_BATCH = "other-batch"
    OTHER_SHEET = "other-sheet"
    SIGN_AGAINST_TYPE = "sign-against-type"
    ONE_DIRECTION = "one-direction"
    MONTH_FIRST = "month-first"


_WORDS: dict[Reason, tuple[str, str]] = {
    Reason.PREAMBLE: ("texto antes dos títulos das colunas", "text above the titles of the columns"),
    Reason.HEADER: ("títulos das colunas repetidos", "titles of the columns once more"),
    Reason.TEXT: ("texto sem data e sem valor", "text without a date and an amount"),
    Reason.BALANCE: ("saldo, não é transação", "a balance, no transaction"),
    Reason.TOTAL: ("total, não é transação", "a total, no transaction"),
    Reason.LIMIT: ("limite, não é transação", "a limit, no transaction"),
    Reason.ZERO: ("valor zero", "an amount of zero"),
    Reason.FUTURE: ("lançamento futuro, ainda não realizado", "a future entry, not made yet"),
    Reason.DATE_UNREADABLE: ("data ilegível", "no date that can be read"),
    Reason.AMOUNT_MISSING: ("sem valor", "no amount"),
    Reason.AMOUNT_UNREADABLE: ("valor ilegível", "no amount that can be read"),
    Reason.AMOUNT_TWICE: ("crédito e débito na mesma linha", "both a credit and a debit"),
    Reason.DIRECTION_UNCLEAR: ("não diz se é crédito ou débito", "does not say whether it is a credit or a debit"),
    Reason.FOREIGN_CURRENCY: ("valor em outra moeda", "an amount in another currency"),
    Reason.BALANCE_UNCLEAR: (
        "saldo sem casas decimais: pode estar em centavos, não foi considerado",
        "a balance without a decimal mark: it may be in cents and was not taken",
    ),
    Reason.BALANCE_UNREADABLE: (
        "saldo ilegível, não foi considerado",
        "a balance that cannot be read and was not taken",
    ),
    Reason.RECORD_UNREADABLE: ("registro ilegível", "a record that cannot be read"),
    Reason.OTHER_BATCH: ("lote de outra operação, não é extrato", "a batch of another operation, no statement"),
    Reason.OTHER_SHEET: ("planilha não lida: só a primeira é", "a sheet that was not read: only the first one is"),
    Reason.SIGN_AGAINST_TYPE: (
        "o sinal do valor contradiz o tipo do lançamento: confira a direção",
        "the sign of the amount contradicts the type of the entry: check its direction",
    ),
    Reason.ONE_DIRECTION: (
        "todos os valores são positivos e foram lidos como entradas, como o mapeamento diz",
        "every amount is positive and was read as money in, as the mapping says",
    ),
    Reason.MONTH_FIRST: (
        "datas lidas com o mês antes do dia: informe date_format no mapeamento se não for assim",
        "dates read with the month before the day: give `date_format` in a mapping if that is wrong",
    ),
}
_UNREADABLE = frozenset(
    {
        Reason.DATE_UNREADABLE,
        Reason.AMOUNT_MISSING,
        Reason.AMOUNT_UNREADABLE,
        Reason.AMOUNT_TWICE,
        Reason.DIRECTION_UNCLEAR,
        Reason.FOREIGN_CURRENCY,
        Reason.RECORD_UNREADABLE,
    }
)
_WARNINGS = frozenset(
    {
        Reason.BALANCE_UNCLEAR,
        Reason.BALANCE_UNREADABLE,
        Reason.SIGN_AGAINST_TYPE,
        Reason.ONE_DIRECTION,
        Reason.MONTH_FIRST,
    }
)


@dataclass(frozen=True, slots=True)
class Remark:
    """A line of a file, from 1, with its text as the file has it. `detail` is the part that could not be read."""

    line: int
    text: str
    reason: Reason
    detail: str = ""

    @property
    def is_warning(self) -> bool:
        """Whether nothing was left out: the reading deserves a look."""
        return self.reason in _WARNINGS

    @property
    def is_unreadable(self) -> bool:
        """Whether this may be a transaction that the file tells and nobody can read."""
        return self.reason in _UNREADABLE

    def describe(self, language: str) -> str:
        """The reason in Portuguese for `pt`, in English otherwise."""
        words = describe_reason(self.reason, language)
        return f"{words}: {self.detail!r}" if self.detail else words


def describe_reason(reason: str, language: str) -> str:
    """A reason's words in Portuguese for `pt`, in English otherwise."""
    portuguese, english = _WORDS[Reason(reason)]
    return portuguese if language == "pt" else english


class StatementInvalidError(ValueError):
    """The file cannot be imported, and nothing of it is taken. The message is in English; `message` has both."""

    def __init__(self, english: str, portuguese: str | None = None) -> None:
        self.english, self.portuguese = english, portuguese or english
        super().__init__(english)

    def message(self, language: str) -> str:
        """What is wrong, in Portuguese for `pt`, in English otherwise."""
        return self.portuguese if language == "pt" else self.english


class MappingNeededError(StatementInvalidError):
    """A CSV file whose directions cannot be told without being told how. `column` is the title as the file has it."""

    def __init__(self, column: str, english: str, portuguese: str) -> None:
        self.column = column
        super().__init__(english, portuguese)
