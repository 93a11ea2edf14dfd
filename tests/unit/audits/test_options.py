"""Options from the form to the library."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from malha.audits.errors import AuditOptionInvalidError
from malha.audits.service._options import load_options, parse_options

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_options_survive_their_way_through_json() -> None:
    fields = {
        "own_cnpj": ["11.222.333/0001-81", "12abc34501de35"],
        "only_rule": ["nf-tot"],
        "skip_rule": ["NF-SIG", "NF-SIG"],
        "tolerance": ["0,05"],
        "something_else": ["ignored"],
    }
    options = load_options(parse_options(fields, now=NOW))
    assert options.own_companies == {"11222333000181", "12ABC34501DE35"}
    assert (options.only, options.skip) == ({"NF-TOT"}, {"NF-SIG"})
    assert (options.tolerance, options.now) == (Decimal("0.05"), NOW)


def test_no_field_leaves_the_defaults() -> None:
    assert parse_options({}, now=NOW) == {"now": NOW.isoformat()}
    assert load_options(parse_options({}, now=NOW)).tolerance == Decimal("0.01")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("own_cnpj", "11222333000182"),
        ("own_cnpj", ""),
        ("tolerance", "abc"),
        ("tolerance", "NaN"),
        ("tolerance", "-0.01"),
        ("tolerance", "1e9"),
        ("only_rule", "drop table"),
        ("skip_rule", ""),
        ("skip_rule", "X" * 41),
    ],
)
def test_an_impossible_value_names_its_field(field: str, value: str) -> None:
    with pytest.raises(AuditOptionInvalidError) as refusal:
        parse_options({field: [value]}, now=NOW)
    assert refusal.value.fields["field"] == field
