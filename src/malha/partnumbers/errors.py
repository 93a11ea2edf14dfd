"""Errors of the part numbers that a caller may see, and what an AI server does wrong."""

from __future__ import annotations

from http import HTTPStatus

from malha.errors import MalhaError, NotFoundError
from malha.jobs import PermanentError, TransientError


class TaskNotFoundError(NotFoundError):
    """No task under this id, or not the caller's."""

    code = "task-not-found"
    pt = "Tarefa não encontrada."
    en = "Task not found."


class PartNumberNotFoundError(NotFoundError):
    """No such part number in the workspace."""

    code = "partnumber-not-found"
    pt = "Part number não encontrado."
    en = "Part number not found."


class NcmNotFoundError(NotFoundError):
    """No such code."""

    code = "ncm-not-found"
    pt = "Código NCM não encontrado."
    en = "NCM code not found."


class PartNumberInvalidError(MalhaError):
    """The body is not what the contract says; `errors` names the fields."""

    status = HTTPStatus.BAD_REQUEST
    code = "partnumber-invalid"
    pt = "A requisição tem campos inválidos."
    en = "The request has invalid fields."


class PartNumberRepeatedError(MalhaError):
    """A batch names a part number twice with different words. Field: codes."""

    status = HTTPStatus.BAD_REQUEST
    code = "partnumber-repeated"
    pt = "O lote repete part numbers com dados diferentes: {codes}."
    en = "The batch repeats part numbers with different data: {codes}."


class PdfReaderMissingError(MalhaError):
    """This installation reads no PDF."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "pdf-reader-missing"
    pt = "Esta instalação ainda não lê PDF: envie a lista de part numbers em /classify-batch."
    en = "This installation does not read PDF yet: send the list of part numbers to /classify-batch."


class AiServerAwayError(TransientError):
    """It cannot be reached, or it answers with an error of its own."""


class AiServerSilentError(TransientError):
    """It took the work and then said nothing for too long."""


class AiServerFailedError(TransientError):
    """It said that it failed."""


class AiServerLyingError(TransientError):
    """What it says breaks the contract."""


class BusLostError(TransientError):
    """The Redis through which it answers went away."""


class AiServerRefusedError(PermanentError):
    """It will not take this question, however often it is asked."""
