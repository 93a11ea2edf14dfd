""" "No such company" is an answer once no source is left that could know."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from malha.suppliers.client.providers import enabled_sources
from malha.suppliers.rules.denials import Denial, is_denied, valid_denials
from malha.suppliers.settings import SupplierSettings

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SAID, UNABLE = Denial("p", NOW), Denial("p", NOW, is_unable=True)


@pytest.mark.parametrize(
    ("denials", "sources", "expected"),
    [
        ({"a": SAID}, ["a"], True),
        ({"a": SAID}, ["a", "b"], False),
        ({"a": SAID, "b": SAID}, ["a", "b"], True),
        ({"a": SAID, "b": UNABLE}, ["a", "b"], True),
        ({"a": UNABLE, "b": UNABLE}, ["a", "b"], False),
        ({"c": SAID}, ["a"], False),
        ({"a": SAID, "c": SAID}, ["a"], True),
        ({}, ["a"], False),
        ({}, [], True),
    ],
)
def test_every_source_that_could_know_is_heard(
    denials: dict[str, Denial], sources: list[str], *, expected: bool
) -> None:
    assert is_denied(denials, sources) is expected


def test_an_old_denial_counts_no_more() -> None:
    kept = {name: Denial(name, NOW - timedelta(days=days)).as_json() for name, days in (("new", 1), ("old", 8))}
    assert list(valid_denials(kept, oldest=NOW - timedelta(days=7))) == ["new"]


def test_a_denial_comes_back_as_it_was_kept() -> None:
    assert valid_denials({"s": UNABLE.as_json()}, oldest=NOW) == {"s": UNABLE}


def test_who_hands_on_another_is_no_source_of_its_own() -> None:
    settings = SupplierSettings.model_validate(
        {
            "providers": ["cnpj_ws_commercial", "cnpj_ws", "brasilapi", "minha_receita", "receitaws"],
            "cnpj_ws_token": "t",
        }
    )
    assert enabled_sources(settings) == {"cnpj_ws", "minha_receita", "receitaws"}
