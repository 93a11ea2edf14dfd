"""OFX statements, entry by entry: 1.x, which is SGML without closing tags on values, and 2.x, which is XML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from malha.banking.rules.amounts import Written, is_blank, parse_amount, read_written
from malha.banking.rules.balances import Balances
from malha.banking.rules.entries import (
    AccountRef,
    Balance,
    Direction,
    Entry,
    Source,
    StatementEnd,
    clean,
    clean_or_none,
    find_document,
)
from malha.banking.rules.ofx_groups import Group, RawEntry, read_groups
from malha.banking.rules.phrases import Phrase, read_phrase
from malha.banking.rules.remarks import LONGEST_REMARK, Reason, Remark, StatementInvalidError
from malha.banking.rules.stamps import parse_stamp

_OUTGOING = frozenset({"DEBIT", "DEB", "DEBITO", "D", "OUT", "SAIDA"})
"""Types that are a direction. ATM, POS, PAYMENT, CHECK and the like say how, not which way: there the sign decides."""
_INCOMING = frozenset({"CREDIT", "CRED", "CREDITO", "C", "IN", "ENTRADA"})
_REAIS = frozenset({"", "BRL", "R$", "REAL", "REAIS", "986"})

Item = Entry | Remark | StatementEnd


def looks_like_ofx(head: str) -> bool:
    """Whether the beginning claims to be OFX of either kind."""
    return "OFXHEADER" in head.upper() or "<OFX>" in head.upper()


def read_ofx(blocks: Iterable[str], positive: Direction | None = None) -> Iterator[Item]:
    """Entries and remarks, each statement of the file ended by its StatementEnd.

    `positive` is what an amount without a minus is, where the file's types shall not be asked. StatementInvalidError
    for a file that is broken, cut off, or in another currency.
    """
    statement = _Statement(positive)
    count = 0
    for item in read_groups(blocks):
        if isinstance(item, RawEntry):
            yield from statement.read(item)
            continue
        yield from statement.end(item)
        statement = _Statement(positive)
        count += 1
    if not count:
        raise StatementInvalidError(
            "no bank or card statement in the file", "não há extrato de conta nem de cartão no arquivo"
        )


@dataclass
class _Statement:
    """What the entries of a statement have told so far."""

    positive: Direction | None
    first: date | None = None
    last: date | None = None
    balances: Balances = field(default_factory=Balances)

    def read(self, raw: RawEntry) -> Iterator[Item]:
        values = raw.values
        name, memo = clean(values.get("NAME")), clean(values.get("MEMO"))
        description = clean(memo if name in memo else f"{name} {memo}")
        text = f"{values.get('DTPOSTED', '').strip()} {values.get('TRNAMT', '').strip()} {description}"[:LONGEST_REMARK]

        def remark(reason: Reason, detail: str = "") -> Remark:
            return Remark(raw.line, text, reason, clean(detail)[:40])

        phrase = read_phrase(description)
        if phrase is not None:
            unclear = self._note(phrase, values) if phrase.is_balance else ""
            if unclear:
                yield remark(Reason.BALANCE_UNCLEAR, unclear)
            yield remark(Reason.BALANCE if phrase.is_balance else Reason[phrase.name])
            return
        try:
            occurred_at, day = parse_stamp(values.get("DTPOSTED", ""))
        except ValueError:
            yield remark(Reason.DATE_UNREADABLE, values.get("DTPOSTED", ""))
            return
        if is_blank(values.get("TRNAMT", "")):
            yield remark(Reason.AMOUNT_MISSING)
            return
        try:
            signed = parse_amount(values["TRNAMT"])
        except ValueError:
            yield remark(Reason.AMOUNT_UNREADABLE, values["TRNAMT"])
            return
        if raw.currency.upper() not in _REAIS:
            yield remark(Reason.FOREIGN_CURRENCY, raw.currency)
            return
        if signed == 0:
            yield remark(Reason.ZERO)
            return
        kind = clean_or_none(values.get("TRNTYPE"))
        direction, is_odd = self._direction((kind or "").upper(), values["TRNAMT"])
        if is_odd:
            yield remark(Reason.SIGN_AGAINST_TYPE, f"{kind} {values['TRNAMT'].strip()}")
        self.first, self.last = min(self.first or day, day), max(self.last or day, day)
        yield Entry(
            day=day,
            amount=abs(signed),
            direction=direction,
            occurred_at=occurred_at,
            description=description,
            kind=kind,
            counterpart_document=find_document(description),
            counterpart_name=name or None if memo else None,
            fitid=clean_or_none(values.get("FITID")),
            nsu=clean_or_none(values.get("CHECKNUM")) or clean_or_none(values.get("REFNUM")),
        )

    def end(self, group: Group) -> Iterator[Item]:
        currency = clean(group.values.get("CURDEF")).upper()
        if currency not in _REAIS:
            raise StatementInvalidError(
                f"the statement is in {currency}, not in BRL", f"o extrato está em {currency}, não em BRL"
            )
        account = group.inner.get("CCACCTFROM") or group.inner.get("BANKACCTFROM") or {}
        period = group.values | group.inner.get("BANKTRANLIST", {})  # some write the period behind the entries
        first = _optional_day(period.get("DTSTART")) or self.first
        last = _optional_day(period.get("DTEND")) or self.last
        balance, unclear = _ledger_balance(group.inner.get("LEDGERBAL", {}), last)
        if unclear:
            yield Remark(group.balance_line, f"BALAMT {unclear}", Reason.BALANCE_UNCLEAR, unclear[:40])
        yield StatementEnd(
            source=Source.OFX,
            account=AccountRef(*(clean_or_none(account.get(name)) for name in ("BANKID", "BRANCHID", "ACCTID"))),
            period_start=first,
            period_end=last,
            opening=self.balances.opening,
            balance=balance or self.balances.closing(),
        )

    def _direction(self, kind: str, amount: str) -> tuple[Direction, bool]:
        """The entry's own sign and type decide, never its neighbours; and whether the two disagree."""
        mark = (read_written(amount) or Written("", "")).mark
        if self.positive is not None:
            return (_opposite(self.positive) if mark in {"-", "D"} else self.positive), False
        if mark in {"-", "D"}:
            return Direction.DEBIT, kind in _INCOMING
        is_against = kind in _OUTGOING
        return Direction.DEBIT if is_against and not mark else Direction.CREDIT, is_against

    def _note(self, phrase: Phrase, values: dict[str, str]) -> str:
        """The text of a balance that may be in cents; one that cannot be read is listed with its line, and is none."""
        try:
            balance = Balance(parse_amount(values.get("TRNAMT", "")), parse_stamp(values.get("DTPOSTED", ""))[1])
        except ValueError:
            return ""
        if _may_be_cents(values["TRNAMT"]):
            return clean(values["TRNAMT"])
        self.balances.note(phrase, balance)
        return ""


def _opposite(direction: Direction) -> Direction:
    return Direction.CREDIT if direction is Direction.DEBIT else Direction.DEBIT


def _optional_day(text: str | None) -> date | None:
    try:
        return parse_stamp(text or "")[1]
    except ValueError:
        return None  # the period is a remark: the entries carry their own days


def _ledger_balance(values: dict[str, str], last: date | None) -> tuple[Balance | None, str]:
    """The balance, or its text where that cannot be read, or may be in cents."""
    text = clean(values.get("BALAMT"))
    day = _optional_day(values.get("DTASOF")) or last
    if is_blank(text) or day is None:
        return None, ""
    try:
        balance = Balance(parse_amount(text), day)
    except ValueError:
        return None, text
    return (None, text) if _may_be_cents(text) else (balance, "")


def _may_be_cents(text: str) -> bool:
    """Whether a balance shows no decimal mark: Itau leaves it out (jseutter/ofxparse#174)."""
    written = read_written(text)
    return written is not None and not written.decimal_mark and bool(written.digits.strip("0"))
