"""What all routes of the contract have in common."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from malha.errors import preferred_language, problem_responses
from malha.identity.policy import Principal, require
from malha.partnumbers.errors import PartNumberInvalidError, TaskNotFoundError
from malha.wording import explain_validation

Reader = Annotated[Principal, Depends(require("partnumbers:read"))]
Writer = Annotated[Principal, Depends(require("partnumbers:write"))]
INVALID = problem_responses(PartNumberInvalidError)
NOT_FOUND = problem_responses(TaskNotFoundError)


class ContractRoute(APIRoute):
    """Answers an invalid body with 400, as the contract says, and not with 422."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_invalid(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                language = preferred_language(request)
                errors = [
                    {"loc": list(entry["loc"]), "msg": explain_validation(entry, language), "type": entry["type"]}
                    for entry in error.errors()
                ]
                raise PartNumberInvalidError(errors=errors) from error

        return handle_invalid


router = APIRouter(prefix="/partnumbers", tags=["partnumbers"])
"""What goes beyond the contract."""

root_router = APIRouter(tags=["partnumbers"], route_class=ContractRoute)
"""The literal paths of the contract."""
