"""What the platform's own routes take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from malha.http.bodies import BodyMiddleware, body_limit, takes_form
from malha.main import create_app
from malha.settings import MEBIBYTE, Settings

EXPLICIT = {
    "/batch-expenses": 64 * MEBIBYTE,
    "/login/access-token": 16 * 1024,
}


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return create_app(Settings.model_validate({}))


def effective_routes(routes: Any) -> Iterator[Any]:
    for route in routes:
        contexts = getattr(route, "effective_route_contexts", None)
        if contexts is None:
            yield route
        else:
            yield from (context.original_route for context in contexts())


def test_each_route_takes_a_mebibyte_unless_it_says_more(app: FastAPI) -> None:
    uploads = app.state.settings.uploads
    routes = [route for route in effective_routes(app.routes) if hasattr(route, "dependant")]
    assert len(routes) > 50
    for route in routes:
        usual = uploads.max_job_bytes + 2 * MEBIBYTE if takes_form(route) else MEBIBYTE
        assert body_limit(route, uploads) == EXPLICIT.get(route.path, usual), route.path


def test_the_documented_forms_are_the_routes_that_take_uploads(app: FastAPI) -> None:
    documented = {
        path
        for path, operations in app.openapi()["paths"].items()
        for operation in operations.values()
        if "multipart/form-data" in operation.get("requestBody", {}).get("content", {})
    }
    found = {route.path for route in effective_routes(app.routes) if hasattr(route, "dependant") and takes_form(route)}
    assert {path.removeprefix("/api/v1") for path in documented} == found
    assert found


def test_the_layer_is_there_and_counted_by_the_metrics(app: FastAPI) -> None:
    names = [getattr(middleware.cls, "__name__", "") for middleware in app.user_middleware]
    assert names.index("MetricsMiddleware") < names.index(BodyMiddleware.__name__)
