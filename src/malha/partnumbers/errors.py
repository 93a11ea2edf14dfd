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


class ClassificationNotFoundError(NotFoundError):
    """No such answer in the workspace."""

    code = "classification-not-found"
    pt = "Classificação não encontrada."
    en = "Classification not found."


class ClassificationChangedError(MalhaError):
    """Somebody else has decided, or another answer has come, since the person looked. Field: status."""

    status = HTTPStatus.CONFLICT
    code = "classification-changed"
    pt = "A classificação mudou desde a leitura (situação: {status}): leia de novo."
    en = "The classification has changed since it was read (it is {status}): read it again."


class ClassificationIncompleteError(MalhaError):
    """What is to be confirmed is no whole code. Field: ncm."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "classification-incomplete"
    pt = "Só se confirma um código completo, de oito dígitos; a resposta tem “{ncm}”: corrija-a."
    en = "Only a whole code of eight digits can be confirmed; the answer has “{ncm}”: correct it."


class NcmNotInForceError(MalhaError):
    """The code does not exist today. Field: ncm."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "ncm-not-in-force"
    pt = "O código {ncm} não está em vigor na NCM."
    en = "The code {ncm} is not in force in the NCM."


class SeriesChangedError(MalhaError):
    """Another number of part numbers waits than the person saw. Fields: series, waiting."""

    status = HTTPStatus.CONFLICT
    code = "series-changed"
    pt = "A série {series} mudou desde a leitura: agora aguardam {waiting} part numbers."
    en = "The series {series} has changed since it was read: {waiting} part numbers wait now."


class ProductChangedError(MalhaError):
    """Somebody else has written since it was read. Field: version (the current one)."""

    status = HTTPStatus.CONFLICT
    code = "product-changed"
    pt = "O cadastro mudou desde a leitura (versão {version}): leia de novo."
    en = "The record has changed since it was read (version {version}): read it again."


class ManufacturerNotFoundError(NotFoundError):
    """No such maker in the workspace."""

    code = "manufacturer-not-found"
    pt = "Fabricante não encontrado."
    en = "Manufacturer not found."


class ManufacturerRepeatedError(MalhaError):
    """Another maker of the workspace has the same name, country and address."""

    status = HTTPStatus.CONFLICT
    code = "manufacturer-repeated"
    pt = "Já existe um fabricante com o mesmo nome, país e endereço."
    en = "There is a manufacturer with the same name, country and address."


class CatalogueIncompleteError(MalhaError):
    """Products lack what a declaration asks; `errors` names them. Field: count."""

    status = HTTPStatus.CONFLICT
    code = "catalogue-incomplete"
    pt = "{count} produtos têm pendências: complete-os, ou exporte com incomplete=true."
    en = "{count} products lack something: complete them, or export with incomplete=true."


class CatalogueEmptyError(MalhaError):
    """No part number that is confirmed."""

    status = HTTPStatus.CONFLICT
    code = "catalogue-empty"
    pt = "Nenhum part number confirmado para exportar."
    en = "No confirmed part number to export."


class PrecedentNotFoundError(NotFoundError):
    """No such precedent in the workspace."""

    code = "precedent-not-found"
    pt = "Precedente não encontrado."
    en = "Precedent not found."


class PrecedentChangedError(MalhaError):
    """Somebody else has written since it was read. Field: version (the current one)."""

    status = HTTPStatus.CONFLICT
    code = "precedent-changed"
    pt = "O precedente mudou desde a leitura (versão {version}): leia de novo."
    en = "The precedent has changed since it was read (version {version}): read it again."


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


class DocumentRefusedError(MalhaError):
    """No file that can be a document was sent; the contract has 400 for it. Fields: pt, en."""

    status = HTTPStatus.BAD_REQUEST
    code = "document-refused"
    pt = "{pt}"
    en = "{en}"


class DocumentUnreadableError(MalhaError):
    """The file is locked, scanned, broken or too large. Fields: pt, en (what is wrong, in each language)."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "document-unreadable"
    pt = "O documento não pôde ser lido: {pt}."
    en = "The document cannot be read: {en}."


class DocumentEmptyError(MalhaError):
    """It was read, and no part number was found; `errors` has its lines."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "document-without-partnumbers"
    pt = "Nenhum part number foi reconhecido no documento."
    en = "No part number was recognised in the document."


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
