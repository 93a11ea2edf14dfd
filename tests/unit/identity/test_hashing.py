"""Passwords through argon2id: bounded, upgraded, and as slow for an account that does not exist."""

from __future__ import annotations

import asyncio

import pytest
from argon2 import extract_parameters

from malha.identity.errors import HashingBusyError
from malha.identity.rules.passwords import MAX_PASSWORD_LENGTH
from malha.identity.service import Cost, Passwords

pytestmark = pytest.mark.anyio

CHEAP = Cost(memory_kib=8, passes=1, lanes=1)
PASSWORD = "uma senha bem comprida"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_a_password_matches_its_own_hash_only() -> None:
    passwords = Passwords(CHEAP)
    stored = await passwords.hash(PASSWORD)
    assert PASSWORD not in stored
    assert (await passwords.verify(PASSWORD, stored)).is_match
    assert not (await passwords.verify(PASSWORD + "!", stored)).is_match
    assert stored != await passwords.hash(PASSWORD)


async def test_an_unknown_account_costs_what_a_known_one_does() -> None:
    for cost in (Cost(), CHEAP):
        stored = await Passwords(cost).hash(PASSWORD)
        assert extract_parameters(cost.dummy_hash) == extract_parameters(stored)
    assert not (await Passwords(CHEAP).verify(PASSWORD, None)).is_match


async def test_the_cost_is_not_below_what_owasp_asks_for() -> None:
    parameters = extract_parameters(Cost().dummy_hash)
    assert parameters.memory_cost >= 19 * 1024
    assert parameters.time_cost >= 2


async def test_a_hash_of_another_cost_is_made_anew_once() -> None:
    stored = await Passwords(CHEAP).hash(PASSWORD)
    dearer = Passwords(Cost(memory_kib=16, passes=1, lanes=1))
    upgraded = (await dearer.verify(PASSWORD, stored)).upgraded_hash
    assert upgraded is not None
    again = await dearer.verify(PASSWORD, upgraded)
    assert (again.is_match, again.upgraded_hash) == (True, None)


async def test_the_same_accents_in_another_spelling_match() -> None:
    passwords = Passwords(CHEAP)
    assert (await passwords.verify("corac\u0327a\u0303o", await passwords.hash("cora\u00e7\u00e3o"))).is_match


async def test_a_password_longer_than_any_stored_one_does_not_match() -> None:
    passwords = Passwords(CHEAP)
    longest = "x" * MAX_PASSWORD_LENGTH
    stored = await passwords.hash(longest)
    assert (await passwords.verify(longest, stored)).is_match
    assert not (await passwords.verify(longest + "y", stored)).is_match


async def test_a_crowd_is_turned_away_instead_of_piling_up() -> None:
    passwords = Passwords(CHEAP)
    answers = await asyncio.gather(*(passwords.verify(PASSWORD, None) for _ in range(70)), return_exceptions=True)
    assert sum(isinstance(answer, HashingBusyError) for answer in answers) == 6
    assert not (await passwords.verify(PASSWORD, None)).is_match
