"""Use cases of the banking slice, and what other slices may use of them."""

from malha.banking.repository.accounts import (
    create_account,
    create_cost_center,
    find_account,
    get_account,
    get_cost_center,
    list_accounts,
    list_cost_centers,
)
from malha.banking.repository.listing import Sorting, TransactionFilter, get_transaction
from malha.banking.repository.statements import find_statement, get_statement, list_statements, sum_statements
from malha.banking.rules.matching import Candidate, Payment
from malha.banking.service._connections import (
    SYNC_OVERDUE_KIND,
    connect_item,
    create_connect_token,
    submit_overdue_syncs,
    submit_sync,
)
from malha.banking.service._export import BANK_TRANSACTIONS
from malha.banking.service._import import IMPORT_KIND, import_statement, refuse_statement
from malha.banking.service._mapping import judge_files, map_statement
from malha.banking.service._matching import (
    Match,
    find_covered_days,
    has_accounts,
    match_named,
    match_payments,
    match_requests,
)
from malha.banking.service._reading import stream_file
from malha.banking.service._statements import show_statement
from malha.banking.service._submission import FORM, take_statements
from malha.banking.service._sync import SYNC_KIND, SyncResult, Wanted, apply_changes, fetch_changes
from malha.banking.service._transactions import find_transactions, read_totals
from malha.banking.service._webhooks import check_secret, take_webhook

__all__ = [
    "BANK_TRANSACTIONS",
    "FORM",
    "IMPORT_KIND",
    "SYNC_KIND",
    "SYNC_OVERDUE_KIND",
    "Candidate",
    "Match",
    "Payment",
    "Sorting",
    "SyncResult",
    "TransactionFilter",
    "Wanted",
    "apply_changes",
    "check_secret",
    "connect_item",
    "create_account",
    "create_connect_token",
    "create_cost_center",
    "fetch_changes",
    "find_account",
    "find_covered_days",
    "find_statement",
    "find_transactions",
    "get_account",
    "get_cost_center",
    "get_statement",
    "get_transaction",
    "has_accounts",
    "import_statement",
    "judge_files",
    "list_accounts",
    "list_cost_centers",
    "list_statements",
    "map_statement",
    "match_named",
    "match_payments",
    "match_requests",
    "read_totals",
    "refuse_statement",
    "show_statement",
    "stream_file",
    "submit_overdue_syncs",
    "submit_sync",
    "sum_statements",
    "take_statements",
    "take_webhook",
]
