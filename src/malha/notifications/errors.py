"""What a caller of the notifications may be told."""

from __future__ import annotations

from http import HTTPStatus

from malha.errors import MalhaError, NotFoundError


class EndpointNotFoundError(NotFoundError):
    """No such endpoint, or not the caller's."""

    code = "notification-endpoint-not-found"
    pt = "Destino de avisos não encontrado."
    en = "Notification endpoint not found."


class DeliveryNotFoundError(NotFoundError):
    """No such delivery, or not the caller's."""

    code = "notification-delivery-not-found"
    pt = "Entrega de aviso não encontrada."
    en = "Notification delivery not found."


class LinkInvalidError(NotFoundError):
    """The link of a letter is damaged, or its endpoint is gone."""

    code = "notification-link-invalid"
    pt = "Este link não vale mais."
    en = "This link is no longer valid."


class EndpointExistsError(MalhaError):
    """The workspace has an endpoint with this address."""

    status = HTTPStatus.CONFLICT
    code = "notification-endpoint-exists"
    pt = "O espaço de trabalho já tem um destino com este endereço."
    en = "The workspace has an endpoint with this address already."


class EndpointLimitError(MalhaError):
    """Too many endpoints in one workspace. Field: limit."""

    status = HTTPStatus.CONFLICT
    code = "notification-endpoint-limit"
    pt = "Um espaço de trabalho tem no máximo {limit} destinos de avisos."
    en = "A workspace has at most {limit} notification endpoints."


class EndpointAddressRefusedError(MalhaError):
    """An address that nothing would ever be sent to. Fields: problem_pt, problem_en."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "notification-address-refused"
    pt = "O endereço não é aceito: {problem_pt}."
    en = "The address is not accepted: {problem_en}."


class EndpointSecretlessError(MalhaError):
    """Only webhooks are signed."""

    status = HTTPStatus.CONFLICT
    code = "notification-endpoint-secretless"
    pt = "Só webhooks têm um segredo."
    en = "Only webhooks have a secret."


class EndpointUnconfirmedError(MalhaError):
    """The owner of the e-mail address has not agreed yet."""

    status = HTTPStatus.CONFLICT
    code = "notification-endpoint-unconfirmed"
    pt = "O endereço de e-mail ainda não foi confirmado."
    en = "The e-mail address has not been confirmed yet."


class MailUnavailableError(MalhaError):
    """No mail server is set."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "mail-unavailable"
    pt = "Esta instalação não envia e-mails: SMTP_HOST não está definido."
    en = "This installation sends no e-mail: SMTP_HOST is not set."
