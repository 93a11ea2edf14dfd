"""Secrets, addresses and passwords."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malha.identity.rules.addresses import EmailInvalidError, ip_bucket, normalise_email
from malha.identity.rules.passwords import is_weak, normalise_password
from malha.identity.rules.secrets import derive_key, hash_secret, new_api_token, shown_prefix


def test_api_tokens_are_recognisable_long_and_never_the_same() -> None:
    tokens = {new_api_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(token.startswith("mlh_") and len(token) == 4 + 43 for token in tokens)
    assert all(len(shown_prefix(token)) == 12 for token in tokens)


@given(st.text())
def test_any_text_has_a_hash_to_look_it_up_by(text: str) -> None:
    assert len(hash_secret(text)) == 32


def test_a_key_serves_one_purpose() -> None:
    secret = "the same secret"
    assert derive_key(secret, "one") != derive_key(secret, "two")
    assert derive_key(secret, "one") == derive_key(secret, "one")


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" Maria@Example.COM ", "maria@example.com"),
        ("ＡＢＣ@example.com", "abc@example.com"),
        ("joão@exemplo.com.br", "joão@exemplo.com.br"),
    ],
)
def test_an_address_has_one_form(typed: str, stored: str) -> None:
    assert normalise_email(typed) == stored
    assert normalise_email(stored) == stored


@pytest.mark.parametrize(
    "text",
    [
        "",
        "maria",
        "@example.com",
        "a@b",
        "a@b.",
        "a b@c.d",
        "a\x00@b.c",
        "a\ud800@b.c",
        "a@b.\ud800",
        "a@b.c" + "d" * 250,
    ],
)
def test_what_is_not_an_address_is_refused(text: str) -> None:
    with pytest.raises(EmailInvalidError):
        normalise_email(text)


@pytest.mark.parametrize(
    ("address", "bucket"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        (None, "local"),
        ("testclient", "unknown"),
    ],
)
def test_addresses_of_one_customer_share_a_bucket(address: str | None, bucket: str) -> None:
    assert ip_bucket(address) == bucket


@pytest.mark.parametrize(
    "password",
    ["curta", "aaaaaaaaaaaaaaaa", "changethis12", "passwordpassword1", "maria.silva@example.com", "maria.silva1234"],
)
def test_obvious_passwords_are_weak(password: str) -> None:
    assert is_weak(password, email="maria.silva@example.com")


@pytest.mark.parametrize("password", ["correct horse battery", "três pratos de trigo", "x9$kQ2!vLm8#"])
def test_long_and_varied_passwords_are_not(password: str) -> None:
    assert not is_weak(password, email="maria.silva@example.com")


def test_an_accent_is_the_same_on_every_keyboard() -> None:
    assert normalise_password("cora\u00e7\u00e3o") == normalise_password("corac\u0327a\u0303o")
