"""The classifier's tables hold together: every code is in force, every component has a place, every question a text."""

from __future__ import annotations

from datetime import date

from malha.fiscal.tables import duties, ncm
from malha.partnumbers.classifier._decisions import decide, path
from malha.partnumbers.classifier._recognisers import sightings
from malha.partnumbers.classifier._tables import rows

_TODAY = date(2026, 11, 1)


def _codes() -> set[str]:
    return {row[4] for row in rows("branches", 8)} | {row[3] for row in rows("components", 7)}


def test_every_code_of_eight_digits_is_in_force_and_every_shorter_one_leads_to_some() -> None:
    assert {code for code in _codes() if len(code) == 8 and not ncm.is_known(code, _TODAY)} == set()
    assert {code for code in _codes() if not path(code) or path(code)[-1].code != code} == set()


def test_every_branch_deepens_the_code_it_leaves() -> None:
    assert [row for row in rows("branches", 8) if not row[4].startswith(row[0]) or row[4] == row[0]] == []


def test_every_component_that_series_and_words_name_has_a_place() -> None:
    named = {row[0] for row in rows("recognisers", 4)} | {row[0] for row in rows("words", 3)}
    assert {component for component in named if decide(component, {}) is None} == set()


def test_every_attribute_that_a_branch_asks_for_has_a_question() -> None:
    asked = {row[2] for row in rows("branches", 8)} - {""}
    assert asked <= {row[0] for row in rows("questions", 3)}


def test_no_series_matches_every_number() -> None:
    assert sightings("") == []
    assert sightings("#") == []


def test_rates_of_a_leaf_come_before_those_of_its_exceptions() -> None:
    found = duties.rates("85043199")
    assert [entry.exception for entry in found][:2] == ["", "01"]
    assert found[0].ipi_percent is not None
    assert duties.rates("00000000") == ()
