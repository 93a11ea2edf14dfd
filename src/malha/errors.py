"""Errors as RFC 9457 problem documents: one base class, each slice adds its own beside its service."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import Counter
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from malha.kit.pagination import CursorInvalidError
from malha.wording import explain_status, explain_validation, fill, title_of
from malha.wording.statuses import code_of

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:malha:problem:"

INVALID = Counter("malha_http_validation_errors_total", "Invalid fields of requests by kind.", ("route", "kind"))


class Problem(BaseModel):
    """The body of every error answer."""

    type: str = Field(examples=["urn:malha:problem:audit-not-found"])
    title: str
    status: int
    detail: str
    instance: str
    code: str = Field(examples=["audit-not-found"])
    errors: list[dict[str, Any]] | None = None


class MalhaError(Exception):
    """An error that a caller may see.

    Subclasses set `status`, a stable `code`, and a message in both languages that `wording.fill` completes with the
    keyword arguments of the instance.
    """

    status: ClassVar[int] = HTTPStatus.INTERNAL_SERVER_ERROR
    code: ClassVar[str] = "internal-error"
    pt: ClassVar[str] = "Ocorreu um erro interno."
    en: ClassVar[str] = "Something went wrong on our side."

    def __init__(
        self, *, headers: Mapping[str, str] | None = None, errors: list[dict[str, Any]] | None = None, **fields: Any
    ) -> None:
        self.fields = fields
        self.headers = dict(headers or {})
        self.errors = errors
        super().__init__(self.message("en"))

    def message(self, language: str) -> str:
        """The filled-in message, in Portuguese for `pt` and in English otherwise."""
        return fill(self.pt if language == "pt" else self.en, language, **self.fields)


class NotFoundError(MalhaError):
    """Absent, or not the caller's to see: the two look the same from outside."""

    status = HTTPStatus.NOT_FOUND
    code = "not-found"
    pt = "Não encontrado."
    en = "Not found."


class ServiceUnavailableError(MalhaError):
    """Something that we depend on does not answer; the request may be sent again."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "service-unavailable"
    pt = "Serviço indisponível: {check}."
    en = "Service unavailable: {check}."


def preferred_language(request: Request) -> str:
    """`pt` or `en`, whichever `Accept-Language` likes better or names first; Portuguese when it names neither."""
    liked: dict[str, float] = {}
    for entry in request.headers.get("accept-language", "").lower().split(","):
        name, _, parameter = entry.partition(";")
        language = name.strip()[:2]
        if language in {"pt", "en"}:
            liked.setdefault(language, _quality(parameter))
    best = max(liked, key=lambda language: liked[language], default="pt")
    return best if liked.get(best, 1.0) > 0 else "pt"


def _quality(parameter: str) -> float:
    name, _, value = parameter.replace(" ", "").partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 1.0


def problem_responses(*errors: type[MalhaError]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that can raise these errors, for the OpenAPI document."""
    responses: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        entry = responses.setdefault(int(error.status), {"model": Problem, "description": ""})
        entry["description"] = ", ".join(filter(None, [entry["description"], f"`{error.code}`"]))
    return responses


def install_error_handlers(app: FastAPI) -> None:
    """Make every error of the application a problem document."""
    app.add_exception_handler(MalhaError, _answer_malha_error)  # type: ignore[arg-type] - it is called with errors of this type
    app.add_exception_handler(RequestValidationError, _answer_validation_error)  # type: ignore[arg-type] - it is called with errors of this type
    app.add_exception_handler(CursorInvalidError, _answer_cursor_error)
    app.add_exception_handler(HTTPException, _answer_http_exception)  # type: ignore[arg-type] - it is called with errors of this type
    app.add_exception_handler(Exception, _answer_unexpected)


def answer_error(request: Request, error: MalhaError) -> JSONResponse:
    """The problem document of an error, in the caller's language."""
    detail = error.message(preferred_language(request))
    return problem_response(request, error.status, error.code, detail, errors=error.errors, headers=error.headers)


async def _answer_validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
    language = preferred_language(request)
    errors = [
        {"loc": list(entry["loc"]), "msg": explain_validation(entry, language), "type": entry["type"]}
        for entry in error.errors()
    ]
    route = getattr(request.scope.get("route"), "path", "unmatched")
    for entry in error.errors():
        INVALID.labels(route, entry["type"]).inc()
    detail = "A requisição tem campos inválidos." if language == "pt" else "The request has invalid fields."
    return problem_response(request, 422, "validation-failed", detail, errors=errors)


async def _answer_cursor_error(request: Request, _error: Exception) -> JSONResponse:
    portuguese = preferred_language(request) == "pt"
    detail = "O cursor de paginação é inválido." if portuguese else "The pagination cursor is not valid."
    return problem_response(request, 422, "cursor-invalid", detail)


async def _answer_http_exception(request: Request, error: HTTPException) -> JSONResponse:
    status = error.status_code
    detail = explain_status(status, preferred_language(request), str(error.detail))
    return problem_response(request, status, code_of(status), detail, headers=error.headers)


async def _answer_malha_error(request: Request, error: MalhaError) -> JSONResponse:
    return answer_error(request, error)


async def _answer_unexpected(request: Request, _error: Exception) -> JSONResponse:
    return answer_error(request, MalhaError())


def problem_response(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    errors: list[dict[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Build the answer; `errors` lists field errors as `{loc, msg, type}`."""
    problem = Problem(
        type=TYPE_PREFIX + code,
        title=title_of(status, preferred_language(request)),
        status=status,
        detail=detail,
        instance=request.url.path,
        code=code,
        errors=errors,
    )
    body = problem.model_dump(exclude_none=True)
    return JSONResponse(body, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)
