"""Errors of the expenses that a caller may see."""

from __future__ import annotations

from http import HTTPStatus

from malha.errors import MalhaError, NotFoundError
from malha.jobs import PermanentError, RateLimitedError


class ExpenseNotFoundError(NotFoundError):
    """No such expense, or not the caller's."""

    code = "expense-not-found"
    pt = "Despesa não encontrada."
    en = "Expense not found."


class TaskNotFoundError(NotFoundError):
    """No batch under this id, or not the caller's."""

    code = "task-not-found"
    pt = "Tarefa não encontrada."
    en = "Task not found."


class ExpenseFileInvalidError(MalhaError):
    """The table that was sent cannot be read. Fields: pt, en (what is wrong, in each language)."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "expense-file-invalid"
    pt = "O arquivo de despesas não pôde ser lido: {pt}."
    en = "The file of expenses cannot be read: {en}."


class ExpenseReviewedError(MalhaError):
    """The expense is not waiting for a review. Field: review."""

    status = HTTPStatus.CONFLICT
    code = "expense-not-in-review"
    pt = "A despesa não aguarda revisão (situação: {review})."
    en = "The expense does not wait for a review (it is {review})."


class ActivityInvalidError(MalhaError):
    """A code of the table is no CNAE class or subclass. Field: cnae."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "activity-invalid"
    pt = "{cnae} não é uma classe (5 dígitos) nem uma subclasse (7 dígitos) da CNAE 2.3."
    en = "{cnae} is neither a class (5 digits) nor a subclass (7 digits) of CNAE 2.3."


class ProvidersAwayError(RateLimitedError):
    """The providers that may still know do not answer; their names are its words. No attempt is burned by waiting."""


class ProvidersGoneError(PermanentError):
    """The same, for longer than a batch waits: what is left goes to a person. Their names are its words."""
