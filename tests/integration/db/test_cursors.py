"""A cursor belongs to its list: every list of the API refuses another's, and a damaged one, with the one error."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID

import pytest
from tests.factories.identity import make_principal
from tests.fakes.application import Application, become, open_application

from malha.db.paging import Order
from malha.expenses.models import Expense
from malha.jobs import Job
from malha.kit.pagination import decode_cursor, encode_cursor
from malha.main import create_app
from malha.settings import BrokerSettings, DatabaseSettings, Settings

ROW = SimpleNamespace(id=UUID(int=7), created_at=datetime(2026, 11, 21, 12, tzinfo=UTC))
JOBS = Order(Job.created_at, Job.id, is_descending=True).cursor_after(ROW)
EXPENSES = Order(Expense.id).cursor_after(ROW)
OLDEST_JOBS = Order(Job.created_at, Job.id).cursor_after(ROW)
OWN = {"/api/v1/jobs": JOBS, "/api/v1/expenses": EXPENSES}


def lists() -> list[str]:
    """The paths of all lists that take a cursor and name nothing."""
    paths = create_app().openapi()["paths"]
    return [
        path
        for path, operations in paths.items()
        if "{" not in path and any(one["name"] == "cursor" for one in operations.get("get", {}).get("parameters", []))
    ]


@pytest.fixture(scope="module")
def application(database_url: str, redis_url: str) -> Iterator[Application]:
    settings = Settings(database=DatabaseSettings(url=database_url), broker=BrokerSettings(redis_url=redis_url))
    with open_application(settings) as opened:
        become(opened.app, make_principal(is_superuser=True))
        yield opened


def damaged(cursor: str) -> Iterator[str]:
    name, *place = decode_cursor(cursor, length=len(decode_cursor_freely(cursor)))
    for number in range(len(place)):
        for value in (None, "x", -1, {}, [], 2**70):
            yield encode_cursor([name, *place[:number], value, *place[number + 1 :]])


def decode_cursor_freely(cursor: str) -> list[object]:
    for length in range(2, 8):
        try:
            return decode_cursor(cursor, length=length)
        except ValueError:
            continue
    raise AssertionError(cursor)


@pytest.mark.parametrize("path", lists())
@pytest.mark.parametrize(
    "cursor",
    [JOBS, EXPENSES, OLDEST_JOBS, "x", "%%%", encode_cursor([])],
    ids=["jobs", "expenses", "oldest jobs", "no base 64", "no text", "empty"],
)
def test_a_foreign_or_damaged_cursor_is_refused(application: Application, path: str, cursor: str) -> None:
    answer = application.client.get(path, params={"cursor": cursor})
    if OWN.get(path) == cursor:
        assert answer.status_code == 200, answer.text
    else:
        assert (answer.status_code, answer.json()["code"]) == (422, "cursor-invalid")


@pytest.mark.parametrize("path", OWN)
def test_a_cursor_whose_place_is_none_is_refused(application: Application, path: str) -> None:
    for cursor in damaged(OWN[path]):
        answer = application.client.get(path, params={"cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (422, "cursor-invalid"), cursor


def test_there_are_lists_to_try() -> None:
    assert len(lists()) >= 12
