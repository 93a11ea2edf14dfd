"""Why an upload was refused; each names the file or the limit that it broke."""

from __future__ import annotations

from http import HTTPStatus

from malha.errors import MalhaError


class UploadRefusedError(MalhaError):
    """Base of every refusal, so that callers can declare and catch them together."""


class UploadNotMultipartError(UploadRefusedError):
    """The request's own Content-Type is not multipart/form-data."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "upload-not-multipart"
    pt = "Envie os arquivos como multipart/form-data."
    en = "Send the files as multipart/form-data."


class UploadMalformedError(UploadRefusedError):
    """The form breaks the multipart syntax or stops before its end."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "upload-malformed"
    pt = "O formulário enviado está malformado ou incompleto."
    en = "The form is malformed or incomplete."


class UploadInterruptedError(UploadRefusedError):
    """The sender went away before the end; nobody reads this answer, but the log line is short."""

    status = HTTPStatus.BAD_REQUEST
    code = "upload-interrupted"
    pt = "O envio foi interrompido antes do fim."
    en = "The upload stopped before its end."


class UploadEmptyError(UploadRefusedError):
    """No part of the name that files have here. Field: field."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "upload-without-files"
    pt = "Envie ao menos um arquivo no campo “{field}”."
    en = 'Send at least one file in the field "{field}".'


class UploadFileUnnamedError(UploadRefusedError):
    """A part with a file has no file name. Field: field."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "upload-file-unnamed"
    pt = "Cada parte “{field}” precisa de um nome de arquivo."
    en = 'Every part "{field}" needs a file name.'


class UploadTooManyFilesError(UploadRefusedError):
    """Field: limit."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "upload-too-many-files"
    pt = "O envio aceita no máximo {limit} arquivos."
    en = "An upload takes at most {limit} files."


class UploadFileTooLargeError(UploadRefusedError):
    """Fields: name, limit (bytes)."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "upload-file-too-large"
    pt = "O arquivo {name!r} passa do limite de {limit:size} por arquivo."
    en = "The file {name!r} exceeds the limit of {limit:size} per file."


class UploadTooLargeError(UploadRefusedError):
    """Field: limit (bytes)."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "upload-too-large"
    pt = "O envio passa do limite de {limit:size} no total."
    en = "The upload exceeds the limit of {limit:size} in total."


class UploadTypeRefusedError(UploadRefusedError):
    """Fields: name, allowed."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "upload-type-refused"
    pt = "O arquivo {name!r} não tem uma extensão aceita ({allowed})."
    en = "The file {name!r} does not have an accepted extension ({allowed})."


class UploadContentMismatchError(UploadRefusedError):
    """Fields: name, extension."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "upload-content-mismatch"
    pt = "O conteúdo do arquivo {name!r} não é de um arquivo {extension}."
    en = "The content of the file {name!r} is not that of a {extension} file."
