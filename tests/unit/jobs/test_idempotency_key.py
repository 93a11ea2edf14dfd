"""The Idempotency-Key header."""

from __future__ import annotations

import pytest

from malha.jobs.errors import IdempotencyKeyMissingError, IdempotencyKeyReusedError
from malha.jobs.idempotency import Reservation, parse_key
from malha.kit.ids import new_id


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ('"8e03978e"', "8e03978e"),
        ('  "a \\"quoted\\" key" ', 'a "quoted" key'),
        ("x" * 128, "x" * 128),
    ],
)
def test_a_key_is_accepted_bare_and_quoted(header: str, key: str) -> None:
    assert parse_key(header) == key


@pytest.mark.parametrize("header", [None, "", "   ", '""', "x" * 129, "chave-ã", "line\nbreak"])
def test_what_is_no_key_is_refused(header: str | None) -> None:
    with pytest.raises(IdempotencyKeyMissingError):
        parse_key(header)


def test_a_replay_must_be_the_same_request() -> None:
    reservation = Reservation(new_id(), job_id=new_id(), fingerprint="one")
    reservation.check_same("one")
    with pytest.raises(IdempotencyKeyReusedError):
        reservation.check_same("other")
