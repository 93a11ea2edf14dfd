"""Descriptions: what they hold, in which order, and what they lack."""

from __future__ import annotations

import pytest

from malha.partnumbers.rules.description import (
    BY_HEADING,
    CHARACTERISTICS,
    MOST_CHARACTERS,
    Goods,
    Value,
    compose,
    find_gaps,
    measures_of,
    species_of,
)


def value(text: str) -> Value:
    return Value(text, "person")


def goods(**changes: object) -> Goods:
    fields = {name: value(name.upper()) for name in ("species", "brand", "model", "commercial_name")}
    traits = {name: value("1") for name in BY_HEADING["8533"]}
    made: dict[str, object] = {"ncm": "85332120", "fields": fields, "characteristics": traits}
    return Goods(**(made | changes))  # type: ignore[arg-type] - what a test says


def test_a_whole_description_lacks_nothing() -> None:
    whole = goods()
    assert find_gaps(whole, compose(whole)) == []
    assert compose(whole) == (
        "SPECIES; COMMERCIAL_NAME; resistência: 1, potência (W): 1, montagem: 1; marca BRAND; modelo MODEL"
    )


@pytest.mark.parametrize(
    ("changes", "gaps"),
    [
        ({"ncm": "853321"}, ["ncm"]),
        ({"ncm": None}, ["ncm"]),
        ({"fields": {}}, ["species", "brand", "model", "commercial_name"]),
        ({"characteristics": {}}, [f"characteristics.{name}" for name in BY_HEADING["8533"]]),
        ({"question": "current_a"}, ["characteristics.current_a"]),
        ({"ncm": "39269090", "characteristics": {}}, ["characteristics"]),
    ],
)
def test_each_thing_that_is_missing_is_named(changes: dict[str, object], gaps: list[str]) -> None:
    assert [gap.field for gap in find_gaps(goods(**changes), "x")] == gaps


def test_a_scientific_name_stands_for_a_commercial_one() -> None:
    fields = {name: value("x") for name in ("species", "brand", "model", "scientific_name")}
    assert find_gaps(goods(fields=fields), "x") == []


def test_a_description_that_is_too_long_is_told() -> None:
    assert [gap.field for gap in find_gaps(goods(), "x" * (MOST_CHARACTERS + 1))] == ["description"]


def test_species_leaves_out_what_says_nothing() -> None:
    assert species_of("85423390") == "Circuitos integrados eletrônicos - Amplificadores"
    assert species_of("99999999") is None


@pytest.mark.parametrize(
    ("text", "ncm", "expected"),
    [
        ("CAP CER 100nF 10% 50V", "85322410", {"capacitance": "100nF", "tolerance": "10%"}),
        ("RES 10K 1% 0603", "85332120", {"resistance": "10K", "tolerance": "1%"}),
        ("RES 4K7", "85332120", {"resistance": "4K7"}),
        ("MOTOR 10K", "85011010", {}),
    ],
)
def test_measures_of_the_heading_are_read(text: str, ncm: str, expected: dict[str, str]) -> None:
    assert measures_of(text, ncm) == expected


def test_what_headings_ask_has_a_name() -> None:
    assert {name for names in BY_HEADING.values() for name in names} <= CHARACTERISTICS.keys()
