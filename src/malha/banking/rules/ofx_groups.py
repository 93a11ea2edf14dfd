"""Which OFX values belong together: the account, period and balances of a statement, and each of its entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from malha.banking.rules.entries import LONGEST_TEXT
from malha.banking.rules.ofx_markup import Piece, read_pieces, unescape
from malha.banking.rules.remarks import StatementInvalidError

MOST_VALUES = 100
"""Values of one aggregate; real ones have ten."""

_STATEMENTS = frozenset({"STMTRS", "CCSTMTRS"})
_PARTIES = frozenset({"PAYEE", "BANKACCTTO", "CCACCTTO"})
_AMOUNT_CURRENCY, _ORIGINAL_CURRENCY = "CURRENCY", "ORIGCURRENCY"
_GROUPS = frozenset({"BANKACCTFROM", "CCACCTFROM", "BANKTRANLIST", "LEDGERBAL", "AVAILBAL", "BALLIST", "BAL"})
_AGGREGATES = (
    _STATEMENTS
    | _PARTIES
    | _GROUPS
    | {"OFX", "STMTTRN", "STATUS", "SONRS", "FI", "STMTTRNRS", "CCSTMTTRNRS", "BANKMSGSRSV1", "CREDITCARDMSGSRSV1",
       "SIGNONMSGSRSV1", _AMOUNT_CURRENCY, _ORIGINAL_CURRENCY, "BANKTRANLISTP", "STMTTRNP"}
)  # fmt: skip
_LEAVES = frozenset(
    {"ACCTID", "ACCTKEY", "ACCTTYPE", "ADDR1", "ADDR2", "ADDR3", "BALAMT", "BALTYPE", "BANKID", "BRANCHID", "CHECKNUM",
     "CITY", "CODE", "CORRECTACTION", "CORRECTFITID", "COUNTRY", "CURDEF", "CURRATE", "CURSYM", "DESC", "DTAPPLIED",
     "DTASOF", "DTAVAIL", "DTEND", "DTPOSTED", "DTSERVER", "DTSTART", "DTUSER", "EXTDNAME", "FID", "FITID", "LANGUAGE",
     "MEMO", "MESSAGE", "MKTGINFO", "NAME", "ORG", "PAYEEID", "PHONE", "POSTALCODE", "REFNUM", "SEVERITY", "SIC",
     "SRVRTID", "STATE", "TRNAMT", "TRNTYPE", "TRNUID", "VALUE"}
)  # fmt: skip
_HTML = frozenset({"BR", "P", "B", "I", "U", "FONT", "SPAN", "DIV", "STRONG", "EM", "SMALL", "NBSP", "HR", "TD", "TR"})


@dataclass(frozen=True, slots=True)
class RawEntry:
    """An STMTTRN's values as written. `currency` is what its amount is in, where it says so."""

    line: int
    values: dict[str, str]
    currency: str = ""


@dataclass
class Group:
    """A statement's own values, and those of the aggregates inside it."""

    name: str
    values: dict[str, str] = field(default_factory=dict)
    inner: dict[str, dict[str, str]] = field(default_factory=dict)
    balance_line: int = 0


def read_groups(blocks: Iterable[str]) -> Iterator[RawEntry | Group]:
    """The entries of a statement, then the statement; the next one's follow.

    StatementInvalidError where the file stops before its end.
    """
    reader = _Reader()
    for piece in read_pieces(blocks):
        yield from reader.take(piece)
    if reader.statement is not None:
        raise StatementInvalidError(
            f"the file stops inside {reader.statement.name}", f"o arquivo termina dentro de {reader.statement.name}"
        )
    if not reader.is_ended:
        raise StatementInvalidError("the file stops before </OFX>", "o arquivo termina antes de </OFX>")


class _Reader:
    def __init__(self) -> None:
        self.statement: Group | None = None
        self.is_ended = False
        self._entry: RawEntry | None = None
        self._target: dict[str, str] | None = None
        self._name = ""
        self._texts: list[str] = []
        self._is_currency = False

    def take(self, piece: Piece) -> Iterator[RawEntry | Group]:
        """Whatever this piece completes."""
        if piece.name in _AGGREGATES:
            self._store()
            yield from self._close(piece) if piece.is_closing else self._open(piece)
        elif piece.name in _LEAVES or "." in piece.name:
            self._store()
            if not piece.is_closing:
                self._name, self._texts = piece.name, [piece.text]
        elif self._name:
            self._take_inside(piece)

    def _take_inside(self, piece: Piece) -> None:
        """What is no element of OFX is part of the value that it stands in, unless it begins a line of its own."""
        if not piece.name:
            self._texts.append(piece.text)
        elif piece.name in _HTML:
            self._texts += [" ", piece.text]
        elif self._texts[-1].rstrip(" \t").endswith("\n"):
            self._store()
        else:
            self._texts += [piece.raw, piece.text]
        if len(self._texts) > MOST_VALUES:
            self._texts = ["".join(self._texts)[: 4 * LONGEST_TEXT]]

    def _store(self) -> None:
        if self._name and self._target is not None and len(self._target) < MOST_VALUES:
            # Of the names of an entry and its counterpart, the first of each counts.
            self._target.setdefault(self._name, unescape("".join(self._texts)[: 4 * LONGEST_TEXT]))
        self._name, self._texts = "", []

    def _open(self, piece: Piece) -> Iterator[RawEntry | Group]:
        name = piece.name
        if name in _STATEMENTS:
            if self.statement is not None:
                raise StatementInvalidError(
                    f"line {piece.line}: {name} inside {self.statement.name}",
                    f"linha {piece.line}: {name} dentro de {self.statement.name}",
                )
            self.statement = Group(name)
            self._target = self.statement.values
        elif self.statement is not None:
            if name == "STMTTRN":
                yield from self._end_entry()
                self._entry = RawEntry(piece.line, {})
                self._target = self._entry.values
            elif name in _GROUPS:
                yield from self._end_entry()
                self._target = self.statement.inner.setdefault(name, {})
                self.statement.balance_line = piece.line if name == "LEDGERBAL" else self.statement.balance_line
            elif name in {_AMOUNT_CURRENCY, _ORIGINAL_CURRENCY}:
                self._target = {}
        elif name == "OFX":
            self.is_ended = False

    def _close(self, piece: Piece) -> Iterator[RawEntry | Group]:
        name = piece.name
        if name == "OFX":
            self.is_ended = True
        if self.statement is None:
            return
        if name == _AMOUNT_CURRENCY and self._entry is not None and self._target is not None:
            self._entry = RawEntry(self._entry.line, self._entry.values, self._target.get("CURSYM", "").strip())
        if name in _STATEMENTS or name in {"STMTTRN", "BANKTRANLIST"}:
            yield from self._end_entry()
        if name in _STATEMENTS:
            group, self.statement, self._target = self.statement, None, None
            yield group
        elif self._entry is not None:
            self._target = self._entry.values
        else:
            self._target = self.statement.values

    def _end_entry(self) -> Iterator[RawEntry]:
        if self._entry is not None:
            yield self._entry
        self._entry = None
