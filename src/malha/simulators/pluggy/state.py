"""What the simulator remembers: clients, keys, items, accounts, transactions, limits, faults, and every ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from malha.simulators.conduct import Conduct, Limit

ENDPOINTS = ("auth", "accounts", "transactions", "items", "connect_token")
FAULTS = frozenset({"error", "html", "drop", "foreign-next", "loop-next", "no-results"})
PAGE_SIZE = 500
KEY_SECONDS = 7200.0


@dataclass(frozen=True, slots=True)
class Ask:
    """One request as it arrived, on the simulator's monotonic clock."""

    endpoint: str
    path: str
    at: float
    status: int


def _default_limits() -> dict[str, Limit | None]:
    return {endpoint: Limit(360, 60) for endpoint in ENDPOINTS}


@dataclass
class State(Conduct):
    """Everything that tests look at or change."""

    clients: dict[str, str] = field(default_factory=lambda: {"simulated-client": "simulated-secret"})
    key_seconds: float = KEY_SECONDS
    page_size: int = PAGE_SIZE
    limits: dict[str, Limit | None] = field(default_factory=_default_limits)
    keys: dict[str, float] = field(default_factory=dict)
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    transactions: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def make_key(self) -> str:
        """A key that is good for two hours."""
        key = f"simulated.{uuid4().hex}.key"
        self.keys[key] = self.clock() + self.key_seconds
        return key

    def is_key(self, key: str | None) -> bool:
        """Whether a key is known and has not expired."""
        return key is not None and self.keys.get(key, 0.0) > self.clock()

    def add_item(self, client_user_id: str | None = None) -> str:
        """A connection to a bank; its id."""
        item_id = str(uuid4())
        self.items[item_id] = {
            "id": item_id,
            "status": "UPDATED",
            "executionStatus": "SUCCESS",
            "clientUserId": client_user_id,
            "error": None,
            "lastUpdatedAt": _now(),
        }
        return item_id

    def add_account(self, item_id: str, **fields: Any) -> str:
        """An account of an item; its id."""
        account_id = str(uuid4())
        self.accounts[account_id] = {
            "id": account_id,
            "itemId": item_id,
            "type": "BANK",
            "subtype": "CHECKING_ACCOUNT",
            "number": "0001/12345-6",
            "name": "Conta Corrente",
            "marketingName": "Conta simulada",
            "balance": 1000.0,
            "currencyCode": "BRL",
            "bankData": {"transferNumber": "341/0001/12345-6", "closingBalance": 1000.0},
            **fields,
        }
        self.transactions[account_id] = {}
        return account_id

    def add_transaction(self, account_id: str, **fields: Any) -> str:
        """A transaction; its id."""
        transaction_id = str(fields.pop("id", None) or uuid4())
        self.transactions[account_id][transaction_id] = {
            "id": transaction_id,
            "accountId": account_id,
            "description": "PIX ENVIADO",
            "descriptionRaw": None,
            "currencyCode": "BRL",
            "amount": 100.0,
            "date": "2026-11-10T03:00:00.000Z",
            "type": "DEBIT",
            "status": "POSTED",
            "category": None,
            "paymentData": None,
            "createdAt": _now(),
            **fields,
        }
        return transaction_id

    def post(self, account_id: str, transaction_id: str, **changes: Any) -> str:
        """Let a pending transaction be posted as banks do it: the old one goes, another with a new id comes."""
        body = self.transactions[account_id].pop(transaction_id)
        return self.add_transaction(account_id, **{**body, "id": None, "status": "POSTED", **changes})

    def count(self, endpoint: str, status: int | None = None) -> int:
        """How often an endpoint was asked (and answered with a status)."""
        return sum(ask.endpoint == endpoint and status in {None, ask.status} for ask in self.asks)

    def forget(self) -> None:
        """As at the start, limits too."""
        super().forget()
        for things in (self.keys, self.items, self.accounts, self.transactions):
            things.clear()
        self.limits.update(_default_limits())
        self.key_seconds = KEY_SECONDS
        self.page_size = PAGE_SIZE


def event_body(event: str, *, item_id: str, event_id: str | None = None, **fields: Any) -> dict[str, Any]:
    """A webhook as it is delivered, `eventId` fresh unless given."""
    return {"event": event, "eventId": event_id or str(uuid4()), "itemId": item_id, "triggeredBy": "SYNC", **fields}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
