"""What a caller of the banking slice may be told."""

from __future__ import annotations

from http import HTTPStatus

from malha.errors import MalhaError, NotFoundError


class AccountNotFoundError(NotFoundError):
    """No such account, or not the caller's."""

    code = "bank-account-not-found"
    pt = "Conta não encontrada."
    en = "Account not found."


class CostCenterNotFoundError(NotFoundError):
    """No such cost centre, or not the caller's."""

    code = "cost-center-not-found"
    pt = "Centro de custo não encontrado."
    en = "Cost centre not found."


class TransactionNotFoundError(NotFoundError):
    """No such transaction, or not the caller's."""

    code = "transaction-not-found"
    pt = "Transação não encontrada."
    en = "Transaction not found."


class StatementNotFoundError(NotFoundError):
    """No such statement, or not the caller's."""

    code = "statement-not-found"
    pt = "Extrato não encontrado."
    en = "Statement not found."


class CostCenterExistsError(MalhaError):
    """The workspace has a cost centre with this code. Field: code."""

    status = HTTPStatus.CONFLICT
    code = "cost-center-exists"
    pt = "Já existe um centro de custo com o código {code!r}."
    en = "There is a cost centre with the code {code!r} already."


class MappingInvalidError(MalhaError):
    """The field `mapping` of the form is no mapping. Field: problem."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "statement-mapping-invalid"
    pt = "O campo mapping é inválido: {problem}."
    en = "The field mapping is not valid: {problem}."


class StatementMappingNeededError(MalhaError):
    """Nothing in a CSV file tells money in from money out. Fields: file, column, english, portuguese."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "statement-mapping-needed"
    pt = "{file}: {portuguese}."
    en = "{file}: {english}."


class StatementSettledError(MalhaError):
    """The statement was imported, or is about to be. Field: status."""

    status = HTTPStatus.CONFLICT
    code = "statement-settled"
    pt = "O extrato não aguarda um mapping: seu estado é {status}."
    en = "The statement does not wait for a mapping: its status is {status}."


class PluggyUnavailableError(MalhaError):
    """No credentials are set, or Pluggy did not answer. Field: problem."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "pluggy-unavailable"
    pt = "O Pluggy não está disponível: {problem}."
    en = "Pluggy is not available: {problem}."


class PluggyItemForeignError(NotFoundError):
    """The item is unknown, or was not connected from this workspace."""

    code = "pluggy-item-not-found"
    pt = "Conexão do Pluggy não encontrada neste espaço de trabalho."
    en = "No such Pluggy connection in this workspace."


class AccountNotConnectedError(MalhaError):
    """The account has no Pluggy connection to sync with."""

    status = HTTPStatus.CONFLICT
    code = "account-not-connected"
    pt = "A conta não tem conexão com o Pluggy."
    en = "The account is not connected to Pluggy."


class WebhookRefusedError(MalhaError):
    """The secret header is missing or wrong, or no secret is set."""

    status = HTTPStatus.UNAUTHORIZED
    code = "webhook-refused"
    pt = "Webhook recusado."
    en = "Webhook refused."


class WebhookInvalidError(MalhaError):
    """No JSON object with an `eventId`, or too large."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "webhook-invalid"
    pt = "O corpo do webhook é inválido."
    en = "The webhook's body is not valid."
