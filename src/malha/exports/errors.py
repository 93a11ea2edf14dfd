"""What a caller of the exports may be told."""

from __future__ import annotations

from http import HTTPStatus

from malha.errors import MalhaError, NotFoundError


class ExportNotFoundError(NotFoundError):
    """No such export, or not the caller's."""

    code = "export-not-found"
    pt = "Exportação não encontrada."
    en = "Export not found."


class ExportListUnknownError(MalhaError):
    """No list of this name can be exported. Fields: name, known."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "export-list-unknown"
    pt = "Não há lista {name!r} para exportar. Há: {known}."
    en = "There is no list {name!r} to export. There are: {known}."


class ExportFormatUnfitError(MalhaError):
    """The list's rows are documents that no table holds. Field: name."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "export-format-unfit"
    pt = "A lista {name!r} só pode ser exportada em jsonl."
    en = "The list {name!r} can be exported as jsonl only."


class ExportUnfinishedError(MalhaError):
    """The file is asked for before it is there. Field: state."""

    status = HTTPStatus.CONFLICT
    code = "export-unfinished"
    pt = "O arquivo ainda não existe: a exportação está no estado {state}."
    en = "There is no file yet: the export is {state}."


class ExportExpiredError(MalhaError):
    """The file was deleted when its time was up."""

    status = HTTPStatus.GONE
    code = "export-expired"
    pt = "O arquivo desta exportação expirou: peça a exportação de novo."
    en = "The file of this export has expired: ask for the export again."


class ExportActiveError(MalhaError):
    """An export that may still write cannot be deleted. Field: state."""

    status = HTTPStatus.CONFLICT
    code = "export-active"
    pt = "A exportação está no estado {state}: cancele o trabalho antes de excluir."
    en = "The export is {state}: cancel its job before you delete it."
