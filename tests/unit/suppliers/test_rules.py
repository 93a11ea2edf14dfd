"""Identifiers, status and estimates."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.factories.cnpjs import OFFICIAL_ALPHANUMERIC, make_cnpj

from malha.suppliers.client.providers import provider_rates
from malha.suppliers.rules.cnpj import normalize_cnpj
from malha.suppliers.rules.estimate import Pace, seconds_for
from malha.suppliers.rules.status import parse_status
from malha.suppliers.rules.supplier import Status
from malha.suppliers.settings import SupplierSettings


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("12.ABC.345/01DE-35", OFFICIAL_ALPHANUMERIC),
        (" 12abc34501de35 ", OFFICIAL_ALPHANUMERIC),
        ("11.222.333/0001-81", "11222333000181"),
        ("11222333000180", None),
        ("1222333000181", None),
        ("00000000000000", None),
        ("12ABC34501DE36", None),
        ("12ÀBC34501DE35", None),
        ("１1222333000181", None),
        ("", None),
    ],
)
def test_a_cnpj_is_what_its_check_digits_say(given_text: str, expected: str | None) -> None:
    assert normalize_cnpj(given_text) == expected


@given(st.integers(1, 99_999_999), st.sampled_from(["", "A", "ZZ"]))
def test_letters_and_leading_zeros_survive(number: int, letters: str) -> None:
    cnpj = make_cnpj(number % 10 ** (8 - len(letters)) or 1, letters=letters)
    masked = f"{cnpj[:2]}.{cnpj[2:5]}.{cnpj[5:8]}/{cnpj[8:12]}-{cnpj[12:]}"
    assert normalize_cnpj(masked.lower()) == cnpj


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (2, Status.ATIVA), ("02", Status.ATIVA), ("Ativa", Status.ATIVA), (" ATIVA ", Status.ATIVA), (1, Status.NULA),
        (3, Status.SUSPENSA), (4, Status.INAPTA), ("8", Status.BAIXADA), ("Baixada", Status.BAIXADA),
        (None, Status.UNKNOWN), ("", Status.UNKNOWN), (5, Status.UNKNOWN), ("ATIVO", Status.UNKNOWN),
        (True, Status.UNKNOWN), ({}, Status.UNKNOWN),
    ],
)  # fmt: skip
def test_no_status_becomes_active_by_default(value: object, status: Status) -> None:
    assert parse_status(value) == status


def test_an_estimate_counts_what_is_free_at_once() -> None:
    pace = Pace(3, 60, 3)
    assert seconds_for(3, [pace]) == 0
    assert seconds_for(4, [pace]) == pytest.approx(60, abs=0.1)
    assert seconds_for(1000, [pace]) == pytest.approx(60 * 333, abs=0.1)


def test_providers_work_side_by_side() -> None:
    assert seconds_for(66, [Pace(3, 60, 3), Pace(30, 60, 30)]) == pytest.approx(60, abs=0.1)
    assert seconds_for(10, [Pace(3, 60, 3, wait_seconds=100)]) == pytest.approx(280, abs=0.1)


def test_nobody_to_ask_takes_for_ever_and_nothing_to_ask_no_time() -> None:
    assert seconds_for(1, []) == math.inf
    assert seconds_for(0, []) == 0


def test_the_settings_say_the_limits() -> None:
    [(name, rate)] = provider_rates(SupplierSettings.model_validate({"providers": ["cnpj_ws"]})).items()
    assert (name, rate.count, rate.seconds) == ("cnpj_ws", 3, 60)
    assert provider_rates(SupplierSettings.model_validate({"providers": []})) == {}


@pytest.mark.parametrize("limit", ["3", "0/minute", "three/minute", "3/fortnight", "-1/minute"])
def test_a_limit_that_says_nothing_is_refused_at_the_start(limit: str) -> None:
    with pytest.raises(ValidationError):
        SupplierSettings.model_validate({"cnpj_ws_limit": limit})


def test_a_provider_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="SUPPLIER_PROVIDERS names cnpj_w;"):
        provider_rates(SupplierSettings.model_validate({"providers": ["cnpj_w"]}))


def test_the_commercial_provider_is_left_out_without_its_token() -> None:
    without = SupplierSettings.model_validate({"providers": ["cnpj_ws_commercial"]})
    with_token = SupplierSettings.model_validate({"providers": ["cnpj_ws_commercial"], "cnpj_ws_token": "x"})
    assert list(provider_rates(without)) == []
    assert list(provider_rates(with_token)) == ["cnpj_ws_commercial"]
