"""Pluggy's transactions as entries, its cursors, and what became of pending ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from malha.banking.rules.entries import (
    CENT,
    LARGEST_AMOUNT,
    Direction,
    Entry,
    Status,
    clean,
    clean_or_none,
    find_document,
    normalize_document,
    text_key,
)
from malha.banking.rules.remarks import StatementInvalidError
from malha.kit.clock import brazilian_day

SUCCESSOR_DAYS = 7
SUCCESSOR_DEVIATION = Decimal("0.2")
"""A pending amount may still change (tips, exchange rates): with the same words, by no more than this share."""


@dataclass(frozen=True, slots=True)
class Successor:
    """A pending transaction of ours that a new entry replaces."""

    id: UUID
    entry: Entry


@dataclass(frozen=True, slots=True)
class Pending:
    """A pending transaction whose id the provider no longer knows."""

    id: UUID
    day: date
    amount: Decimal
    direction: str
    description: str


def read_transaction(body: Mapping[str, Any]) -> Entry:
    """One element of `results`; StatementInvalidError where it breaks the documented shape.

    The sign of `amount` is not documented, so `type` decides; the day is Sao Paulo's, because days without a time
    arrive as local midnight in UTC.
    """
    try:
        amount = abs(Decimal(str(_first(body, "amountInAccountCurrency", "amount")))).quantize(CENT)
        occurred_at = datetime.fromisoformat(str(body["date"]))
        if occurred_at.tzinfo is None:
            occurred_at = occurred_at.replace(tzinfo=UTC)
        direction = Direction(body["type"])
        provider_id = str(body["id"])
    except (KeyError, ValueError, InvalidOperation) as error:
        raise StatementInvalidError(f"a transaction of Pluggy breaks its shape: {error!r}") from error
    if amount > LARGEST_AMOUNT:
        raise StatementInvalidError(f"transaction {provider_id} moves {amount}")
    description = clean(body.get("descriptionRaw") or body.get("description"))
    document, name = _counterpart(body, direction)
    payment: Mapping[str, Any] = body.get("paymentData") or {}
    return Entry(
        day=brazilian_day(occurred_at),
        amount=amount,
        direction=direction,
        occurred_at=occurred_at,
        description=description,
        status=Status.PENDING if body.get("status") == "PENDING" else Status.POSTED,
        kind=clean_or_none(body.get("operationType")) or clean_or_none(payment.get("paymentMethod")),
        counterpart_document=document or find_document(description),
        counterpart_name=name,
        nsu=clean_or_none(body.get("providerCode")) or clean_or_none(body.get("providerId")),
        provider_id=provider_id,
    )


def _first(body: Mapping[str, Any], *names: str) -> Any:
    return next((body[name] for name in names if body.get(name) is not None), body[names[-1]])


def _counterpart(body: Mapping[str, Any], direction: Direction) -> tuple[str | None, str | None]:
    """Who paid what came in, or was paid what went out; else the merchant."""
    side = "receiver" if direction is Direction.DEBIT else "payer"
    party: Mapping[str, Any] = (body.get("paymentData") or {}).get(side) or {}
    number: Mapping[str, Any] = party.get("documentNumber") or {}
    merchant: Mapping[str, Any] = body.get("merchant") or {}
    document = normalize_document(number.get("value")) or normalize_document(merchant.get("cnpj"))
    name = clean_or_none(party.get("name")) or clean_or_none(merchant.get("businessName") or merchant.get("name"))
    return document, name


def next_page(following: str | None, *, base_url: str, account_id: str) -> dict[str, str] | None:
    """The query of the next page. `next` may be a query, a path or absolute: then its origin must be the API's own.

    StatementInvalidError for one that leads elsewhere: the key must not be sent there.
    """
    if not following:
        return None
    parts, base = urlsplit(following), urlsplit(base_url)
    if (parts.netloc or parts.scheme) and (parts.scheme, parts.netloc.lower()) != (base.scheme, base.netloc.lower()):
        raise StatementInvalidError(f"the next page is said to be at {parts.netloc}, not at {base.netloc}")
    query = dict(parse_qsl(parts.query))
    if not query.get("after") or query.setdefault("accountId", account_id).lower() != account_id.lower():
        raise StatementInvalidError("the next page is not one of this account")
    return query


def account_entry(body: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of an account of ours that Pluggy's account fills."""
    bank: Mapping[str, Any] = body.get("bankData") or {}
    transfer = clean(bank.get("transferNumber"))  # bank/branch/number
    code, branch = transfer.split("/")[:2] if transfer.count("/") == 2 else ("", "")
    balance = body.get("balance")
    return {
        "name": clean(body.get("marketingName") or body.get("name")) or "Pluggy",
        "bank_code": code or None,
        "branch": branch or None,
        "number": clean_or_none(body.get("number")),
        "balance": None if balance is None else Decimal(str(balance)).quantize(CENT),
    }


def find_successors(gone: Iterable[Pending], entries: Sequence[Entry]) -> list[Successor]:
    """Which new entries are pending ones that got another id on being posted, perhaps with other values, too."""
    pairs = [
        (likeness, row, index)
        for row in gone
        for index, entry in enumerate(entries)
        if (likeness := _likeness(row, entry)) is not None
    ]
    found: list[Successor] = []
    taken_rows: set[UUID] = set()
    taken_entries: set[int] = set()
    for _, row, index in sorted(pairs, key=lambda pair: pair[0]):
        if row.id not in taken_rows and index not in taken_entries:
            taken_rows.add(row.id)
            taken_entries.add(index)
            found.append(Successor(row.id, entries[index]))
    return found


def _likeness(row: Pending, entry: Entry) -> tuple[bool, bool, int] | None:
    """Least for the most alike; None for what cannot be the same."""
    days = abs((entry.day - row.day).days)
    if entry.direction != row.direction or days > SUCCESSOR_DAYS:
        return None
    has_amount = entry.amount == row.amount
    has_words = text_key(entry.description) == text_key(row.description)
    is_near = abs(entry.amount - row.amount) <= row.amount * SUCCESSOR_DEVIATION
    if not has_amount and not (has_words and is_near):
        return None
    return not has_amount, not has_words, days
