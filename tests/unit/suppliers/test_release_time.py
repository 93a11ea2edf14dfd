"""The moment of release in other people's sentences."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malha.suppliers.rules.release_time import parse_javascript_date, seconds_until_release

REAL = (
    "Excedido o limite máximo de 3 consultas por minuto. "
    "Liberação ocorrerá em Fri Sep 27 2024 09:28:55 GMT-0300 (Brasilia Standard Time)"
)
MOMENT = datetime(2024, 9, 27, 12, 28, 55, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        REAL,
        "Fri Sep 27 2024 09:28:55 GMT-0300 (Horário Padrão de Brasília)",
        "Fri Sep 27 2024 09:28:55 GMT-03:00",
        "Fri Sep 27 2024 09:28:55",
        "Fri Sep 27 2024 12:28:55 GMT+0000 (Coordinated Universal Time)",
        "Sep 27, 2024, 12:28:55 Z",
        "liberado em 2024-09-27T12:28:55.000Z",
        "2024-09-27T09:28:55-03:00",
        "2024-09-27 09:28:55",
    ],
)
def test_a_date_is_found_in_any_of_its_notations(text: str) -> None:
    assert parse_javascript_date(text) == MOMENT


@pytest.mark.parametrize(
    "text",
    ["", "Muitas requisições", "Fri Xyz 27 2024 09:28:55", "Fri Sep 31 2024 09:28:55", "2024-13-45T00:00:00Z", "3/min"],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_javascript_date(text) is None


@given(
    moment=st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001 - zone below
    hours=st.integers(-12, 14),
)
def test_whatever_javascript_prints_is_read(moment: datetime, hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    aware = moment.replace(microsecond=0, tzinfo=zone)
    printed = f"{aware:%a} {aware:%b} {aware:%d} {aware:%Y} {aware:%H:%M:%S} GMT{aware:%z} (Some Standard Time)"
    assert parse_javascript_date(printed) == aware


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    parse_javascript_date(text)


@pytest.mark.parametrize("key", ["detalhes", "detahes", "details", "message"])
def test_the_key_does_not_matter(key: str) -> None:
    body = {"status": 429, "titulo": "Muitas requisições", key: REAL, "validacao": []}
    assert seconds_until_release(body, None, MOMENT - timedelta(seconds=42)) == 42


@pytest.mark.parametrize(
    ("body", "retry_after", "expected"),
    [
        ("Too Many Requests", None, 60),
        (None, None, 60),
        ({"detalhes": REAL}, None, 60),
        ({"detalhes": REAL}, "17", 17),
        ("Too Many Requests", "soon", 60),
        ("Too Many Requests", "999999", 3600),
        ("Too Many Requests", "0", 1),
    ],
    ids=["text", "nothing", "past", "past-and-header", "nonsense", "too-long", "at-once"],
)
def test_sixty_seconds_where_nothing_better_is_said(body: object, retry_after: str | None, expected: float) -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    assert seconds_until_release(body, retry_after, now) == expected
