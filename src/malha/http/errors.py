"""Why a request's body was not read to its end."""

from __future__ import annotations

from http import HTTPStatus

from malha.errors import MalhaError


class BodyTooLargeError(MalhaError):
    """Declared or sent more than the route takes. Field: limit."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "body-too-large"
    pt = "O corpo da requisição passa do limite de {limit:size}."
    en = "The body of the request exceeds the limit of {limit:size}."


class BodyTooSlowError(MalhaError):
    """Less arrived than LEAST_BYTES_PER_SECOND ask for. Field: seconds, that we waited for it."""

    status = HTTPStatus.REQUEST_TIMEOUT
    code = "body-too-slow"
    pt = "O corpo da requisição chegou devagar demais: desistimos depois de {seconds} segundos de espera."
    en = "The body of the request arrived too slowly: we gave up after waiting for {seconds} seconds."
