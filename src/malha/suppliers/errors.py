"""What a caller of the suppliers may be told."""

from __future__ import annotations

from http import HTTPStatus

from malha.errors import MalhaError, NotFoundError


class SupplierNotFoundError(NotFoundError):
    """The registry knows no such CNPJ. Field: cnpj."""

    code = "supplier-not-found"
    pt = "O CNPJ {cnpj} não consta do cadastro."
    en = "The registry has no CNPJ {cnpj}."


class CnpjInvalidError(MalhaError):
    """Shape or check digits are wrong: nobody is asked. Field: cnpj."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "cnpj-invalid"
    pt = "{cnpj!r} não é um CNPJ válido."
    en = "{cnpj!r} is not a valid CNPJ."


class SupplierLookUpLimitedError(MalhaError):
    """The providers' limits allow no look-up now; Retry-After says when. Field: seconds."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "supplier-look-up-limited"
    pt = "O limite de consultas foi atingido: tente de novo em {seconds} s."
    en = "The limit of look-ups is reached: try again in {seconds} s."


class SupplierLookUpFailedError(MalhaError):
    """Every provider that may know failed, or is left alone after that until Retry-After. Field: reason."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "supplier-look-up-failed"
    pt = "Nenhum provedor respondeu: {reason}."
    en = "No provider answered: {reason}."


class OpenDataMissingError(MalhaError):
    """The paths hold none of the files that an import needs. Field: kinds."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "open-data-missing"
    pt = "Faltam arquivos de: {kinds}."
    en = "There are no files of: {kinds}."


class OpenDataBrokenError(MalhaError):
    """A file is damaged, or does not have the published layout; nothing was imported. Fields: file, problem."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "open-data-broken"
    pt = "{file} não pôde ser lido: {problem}"
    en = "{file} cannot be read: {problem}"
