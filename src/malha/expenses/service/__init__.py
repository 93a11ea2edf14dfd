"""Use cases of the expenses."""

from malha.expenses.service._completion import complete_batch
from malha.expenses.service._export import ExpenseQuery, export_csv
from malha.expenses.service._files import ExpenseFile, read_expenses
from malha.expenses.service._presentation import list_expenses, read_expense, read_task, show_accepted, show_expense
from malha.expenses.service._processing import Stretch, process_stretch
from malha.expenses.service._reopening import AGAIN_KIND, REOPEN_KIND, complete_again, reopen_denied
from malha.expenses.service._reviews import review_expense, review_expenses
from malha.expenses.service._services import activities_of, list_services, reset_service, write_service
from malha.expenses.service._submission import FILE_FORM, KIND, NewBatch, plan_batch, take_batch, take_file

__all__ = [
    "AGAIN_KIND",
    "FILE_FORM",
    "KIND",
    "REOPEN_KIND",
    "ExpenseFile",
    "ExpenseQuery",
    "NewBatch",
    "Stretch",
    "activities_of",
    "complete_again",
    "complete_batch",
    "export_csv",
    "list_expenses",
    "list_services",
    "plan_batch",
    "process_stretch",
    "read_expense",
    "read_expenses",
    "read_task",
    "reopen_denied",
    "reset_service",
    "review_expense",
    "review_expenses",
    "show_accepted",
    "show_expense",
    "take_batch",
    "take_file",
    "write_service",
]
