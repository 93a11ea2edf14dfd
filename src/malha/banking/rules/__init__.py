"""Statements read, entries told apart, payments found: calculations without any I/O."""

from malha.banking.rules._assignment import assign
from malha.banking.rules._csv import CsvMapping
from malha.banking.rules._entries import (
    AccountRef,
    Balance,
    Direction,
    Entry,
    Source,
    StatementData,
    StatementEnd,
    Status,
    clean,
    clean_or_none,
    find_document,
    normalize_document,
    text_key,
    to_cents,
)
from malha.banking.rules._matching import MOST_DAYS, Candidate, Payment, Score, amount_range, score
from malha.banking.rules._pluggy import (
    Pending,
    Successor,
    account_entry,
    find_successors,
    next_page,
    read_transaction,
)
from malha.banking.rules._reconciling import Known, Plan, provider_identity, reconcile
from malha.banking.rules._remarks import (
    MappingNeededError,
    Reason,
    Remark,
    StatementInvalidError,
    describe_reason,
)
from malha.banking.rules._statements import choose_statements, collect, parse_statement, read_statement

__all__ = [
    "MOST_DAYS",
    "AccountRef",
    "Balance",
    "Candidate",
    "CsvMapping",
    "Direction",
    "Entry",
    "Known",
    "MappingNeededError",
    "Payment",
    "Pending",
    "Plan",
    "Reason",
    "Remark",
    "Score",
    "Source",
    "StatementData",
    "StatementEnd",
    "StatementInvalidError",
    "Status",
    "Successor",
    "account_entry",
    "amount_range",
    "assign",
    "choose_statements",
    "clean",
    "clean_or_none",
    "collect",
    "describe_reason",
    "find_document",
    "find_successors",
    "next_page",
    "normalize_document",
    "parse_statement",
    "provider_identity",
    "read_statement",
    "read_transaction",
    "reconcile",
    "score",
    "text_key",
    "to_cents",
]
