"""Queries of the banking slice. What the API shows starts from what the principal may see; jobs stay in one account."""

from malha.banking.repository._accounts import (
    create_account,
    create_cost_center,
    find_account,
    find_connected_account,
    find_pluggy_accounts,
    get_account,
    get_cost_center,
    list_accounts,
    list_cost_centers,
    lock_account,
)
from malha.banking.repository._entries import (
    add_details,
    change_from_provider,
    find_provider_rows,
    insert_transactions,
    list_known,
    list_pending,
    remove_transactions,
)
from malha.banking.repository._listing import (
    Order,
    Total,
    TransactionFilter,
    cursor_after,
    get_transaction,
    list_transactions,
    sum_transactions,
)
from malha.banking.repository._payments import find_candidates, find_named_transaction
from malha.banking.repository._statements import (
    find_statement,
    get_statement,
    list_statements,
    sum_statements,
    take_event,
)

__all__ = [
    "Order",
    "Total",
    "TransactionFilter",
    "add_details",
    "change_from_provider",
    "create_account",
    "create_cost_center",
    "cursor_after",
    "find_account",
    "find_candidates",
    "find_connected_account",
    "find_named_transaction",
    "find_pluggy_accounts",
    "find_provider_rows",
    "find_statement",
    "get_account",
    "get_cost_center",
    "get_statement",
    "get_transaction",
    "insert_transactions",
    "list_accounts",
    "list_cost_centers",
    "list_known",
    "list_pending",
    "list_statements",
    "list_transactions",
    "lock_account",
    "remove_transactions",
    "sum_statements",
    "sum_transactions",
    "take_event",
]
