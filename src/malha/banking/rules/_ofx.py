"""OFX statements: 1.x, which is SGML without closing tags on values, and 2.x, which is XML."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation

from lxml import etree

from malha.banking.rules._entries import (
    AccountRef,
    Balance,
    Direction,
    Entry,
    Source,
    StatementData,
    StatementInvalidError,
    checked_day,
    clean,
    clean_or_none,
    find_document,
    start_of_day,
    to_cents,
)
from malha.kit.clock import SAO_PAULO, brazilian_day

_AGGREGATES = frozenset(
    {"OFX", "STMTRS", "CCSTMTRS", "BANKACCTFROM", "CCACCTFROM", "BANKTRANLIST", "STMTTRN", "PAYEE", "BANKACCTTO",
     "CCACCTTO", "LEDGERBAL", "AVAILBAL", "BALLIST", "BAL"}
)  # fmt: skip
_TOKEN = re.compile(r"<(/?)([A-Za-z0-9_.]+)[^<>]*>([^<]*)")
_MARKUP = re.compile(r"<!(?!--|\[CDATA\[)|<!\[(?!CDATA\[)")
_PROLOGUE = re.compile(r"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*", re.DOTALL)
_STAMP = re.compile(
    r"([0-9]{4})([0-9]{2})([0-9]{2})(?:([0-9]{2})([0-9]{2})([0-9]{2})?(?:\.[0-9]+)?)?"
    r"\s*(?:\[\s*([+-]?[0-9]{1,2}(?:\.[0-9]+)?)[^\]]*\])?"
)
_OUTGOING = frozenset({"DEBIT", "CHECK", "PAYMENT", "FEE", "SRVCHG", "ATM", "POS", "CASH", "DIRECTDEBIT", "REPEATPMT"})

Token = tuple[str, str, str]


@dataclass
class _Group:
    """An aggregate's values; of a statement, also the aggregates that matter inside it."""

    name: str
    values: dict[str, str] = field(default_factory=dict)
    transactions: list[dict[str, str]] = field(default_factory=list)
    inner: dict[str, dict[str, str]] = field(default_factory=dict)


def looks_like_ofx(text: str) -> bool:
    """Whether the beginning claims to be OFX of either kind."""
    head = text[:4096].upper()
    return "OFXHEADER" in head or "<OFX>" in head


def parse_ofx(text: str) -> list[StatementData]:
    """Every statement of the file; StatementInvalidError for one that is broken, cut off, or has markup it need not."""
    tokens = (
        _xml_tokens(text) if "<?xml" in text[:200].lower() or "<?ofx" in text[:1000].lower() else _sgml_tokens(text)
    )
    statements = [_read_statement(group) for group in _statements(tokens)]
    if not statements:
        raise StatementInvalidError("no bank or card statement in the file")
    return statements


def _sgml_tokens(text: str) -> Iterator[Token]:
    start = text.upper().find("<OFX>")
    if start < 0 or "</OFX>" not in text.upper()[start:]:
        raise StatementInvalidError("the file stops before </OFX>")
    if _MARKUP.search(text):
        raise StatementInvalidError("declarations are not accepted")
    for match in _TOKEN.finditer(text, start):
        closing, name, value = match[1], match[2].upper(), match[3]
        if closing:
            yield ("end", name, "")
        elif name in _AGGREGATES:
            yield ("start", name, "")
        else:
            yield ("value", name, html.unescape(value))


def _xml_tokens(text: str) -> Iterator[Token]:
    body = text[_PROLOGUE.match(text).end() :]  # type: ignore[union-attr] - the pattern fits the empty text, too
    if _MARKUP.search(text):
        raise StatementInvalidError("document types and entities are not accepted")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body.encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise StatementInvalidError(f"broken XML: {error}") from error
    for action, element in etree.iterwalk(root, events=("start", "end")):
        name = etree.QName(element).localname.upper()
        if len(element) == 0 and name not in _AGGREGATES:
            if action == "start":
                yield ("value", name, element.text or "")
        else:
            yield (action, name, "")


def _statements(tokens: Iterator[Token]) -> Iterator[_Group]:
    """Groups the tokens; whatever stands outside a statement is left out."""
    statement: _Group | None = None
    current: _Group | None = None
    for action, name, value in tokens:
        if action == "value":
            if current is not None:
                current.values.setdefault(name, value)
            continue
        if name in {"STMTRS", "CCSTMTRS"}:
            if action == "end" and statement is not None:
                yield statement
            statement = current = _Group(name) if action == "start" else None
        elif statement is not None and name in _AGGREGATES:
            if action == "start":
                current = _open(statement, current, name)
            elif name == "STMTTRN" and current is not None:
                statement.transactions.append(current.values)
                current = statement
            elif name not in {"PAYEE", "BANKACCTTO", "CCACCTTO"}:
                current = statement
    if statement is not None:
        raise StatementInvalidError(f"the file stops inside {statement.name}")


def _open(statement: _Group, current: _Group | None, name: str) -> _Group:
    if current is not None and current.name == "STMTTRN":
        if name == "STMTTRN":
            raise StatementInvalidError(f"entry {len(statement.transactions) + 1} has no end")
        return current  # a counterpart's values stand among the entry's: the first of each name counts
    group = _Group(name)
    if name != "STMTTRN":
        statement.inner[name] = group.values
    return group


def _read_statement(group: _Group) -> StatementData:
    is_card = group.name == "CCSTMTRS"
    source = group.inner.get("CCACCTFROM" if is_card else "BANKACCTFROM", {})
    period = group.inner.get("BANKTRANLIST", {})
    currency = clean(group.values.get("CURDEF")) or "BRL"
    if currency != "BRL":
        raise StatementInvalidError(f"the statement is in {currency}, not in BRL")
    outgoing_by_kind = _writes_debits_without_sign(group.transactions)
    entries: list[Entry] = []
    problems: list[str] = []
    skipped = 0
    for number, values in enumerate(group.transactions, 1):
        try:
            entry = _read_entry(values, outgoing_by_kind=outgoing_by_kind)
        except (ValueError, KeyError, InvalidOperation) as error:
            problems.append(f"entry {number}: {_describe(error)}")
            continue
        if entry is None:
            skipped += 1
        else:
            entries.append(entry)
    if problems:
        raise StatementInvalidError(*problems)
    number = clean_or_none(source.get("ACCTID"))
    account = AccountRef(clean_or_none(source.get("BANKID")), clean_or_none(source.get("BRANCHID")), number)
    days = [entry.day for entry in entries]
    return StatementData(
        source=Source.OFX,
        account=account,
        entries=entries,
        period_start=_optional_day(period.get("DTSTART")) or min(days, default=None),
        period_end=_optional_day(period.get("DTEND")) or max(days, default=None),
        balance=_read_balance(group.inner.get("LEDGERBAL")),
        skipped=skipped,
    )


def _describe(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"without {error.args[0]}"
    return "not a number" if isinstance(error, InvalidOperation) else str(error)


def _read_entry(values: dict[str, str], *, outgoing_by_kind: bool) -> Entry | None:
    """None for an entry of nothing, which banks use for remarks."""
    occurred_at, day = parse_stamp(values["DTPOSTED"])
    signed = parse_amount(values["TRNAMT"])
    kind = clean_or_none(values.get("TRNTYPE"))
    if signed == 0:
        return None
    is_outgoing = signed < 0 or (outgoing_by_kind and (kind or "").upper() in _OUTGOING)
    name, memo = clean(values.get("NAME")), clean(values.get("MEMO"))
    description = memo if name in memo else f"{name} {memo}".strip()
    return Entry(
        day=day,
        amount=abs(signed),
        direction=Direction.DEBIT if is_outgoing else Direction.CREDIT,
        occurred_at=occurred_at,
        description=clean(description),
        kind=kind,
        counterpart_document=find_document(description),
        counterpart_name=name or None if memo else None,
        fitid=clean_or_none(values.get("FITID")),
        nsu=clean_or_none(values.get("CHECKNUM")) or clean_or_none(values.get("REFNUM")),
    )


def _writes_debits_without_sign(transactions: list[dict[str, str]]) -> bool:
    """Some banks leave the sign out and rely on TRNTYPE; one negative amount shows that this one does not."""
    return not any(values.get("TRNAMT", "").strip().startswith("-") for values in transactions)


def parse_amount(text: str) -> Decimal:
    """A signed amount with point or comma as the decimal mark, the other one between thousands."""
    plain = clean(text).replace(" ", "")
    is_comma = plain.rfind(",") > plain.rfind(".")
    plain = plain.replace(".", "").replace(",", ".") if is_comma else plain.replace(",", "")
    if not re.fullmatch(r"[+-]?[0-9]{1,20}(\.[0-9]{1,10})?", plain):
        raise ValueError(f"{clean(text)[:40]!r} is no amount")
    return to_cents(Decimal(plain))


def parse_stamp(text: str) -> tuple[datetime, date]:
    """The instant and Sao Paulo's day. Midnight is how a day without a time is written, whatever zone it claims."""
    match = _STAMP.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{clean(text)[:40]!r} is no date")
    day = checked_day(int(match[1]), int(match[2]), int(match[3]))
    hour, minute, second = (int(part or 0) for part in match.group(4, 5, 6))
    if (hour, minute, second) == (0, 0, 0):
        return start_of_day(day), day
    offset = float(match[7]) if match[7] else None
    zone = SAO_PAULO if offset is None else timezone(timedelta(hours=offset))
    instant = datetime(day.year, day.month, day.day, hour, minute, min(second, 59), tzinfo=zone).astimezone(UTC)
    return instant, brazilian_day(instant)


def _optional_day(text: str | None) -> date | None:
    if not text or not text.strip():
        return None
    try:
        return parse_stamp(text)[1]
    except ValueError:
        return None  # the period is a remark: the entries carry their own days


def _read_balance(values: dict[str, str] | None) -> Balance | None:
    if not values or not values.get("BALAMT") or not values.get("DTASOF"):
        return None
    try:
        return Balance(parse_amount(values["BALAMT"]), parse_stamp(values["DTASOF"])[1])
    except ValueError:
        return None  # shown beside the account, never reckoned with
