"""Access tokens: only what this signer signed, for this audience, and not past its time."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from malha.identity.rules.access_tokens import AccessTokenInvalidError, AccessTokenSigner
from malha.identity.rules.secrets import derive_key
from malha.kit.ids import new_id

SECRET = "a secret key of more than thirty-two characters"
SIGNER = AccessTokenSigner(SECRET, lifetime_seconds=900)
KEY = derive_key(SECRET, "access-token")
USER, SESSION = new_id(), new_id()


def claims(**changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    standard = {
        "iss": "malha",
        "aud": "malha:api",
        "sub": str(USER),
        "sid": str(SESSION),
        "iat": now,
        "exp": now + timedelta(minutes=1),
        "jti": "1",
    }
    return {name: value for name, value in {**standard, **changes}.items() if value is not None}


def test_a_signed_token_says_who_and_for_how_long() -> None:
    signer = SIGNER
    found = signer.check(signer.sign(user_id=USER, session_id=SESSION))
    assert (found.user_id, found.session_id) == (USER, SESSION)
    assert 0 < found.expires_at - datetime.now(UTC).timestamp() <= 15 * 60


def test_the_claims_that_these_tests_break_are_accepted_whole() -> None:
    assert SIGNER.check(jwt.encode(claims(), KEY, "HS256")).user_id == USER


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "sid", "iat", "exp", "jti"])
def test_a_token_without_a_required_claim_is_refused(claim: str) -> None:
    with pytest.raises(AccessTokenInvalidError):
        SIGNER.check(jwt.encode(claims(**{claim: None}), KEY, "HS256"))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "another"},
        {"aud": "another"},
        {"aud": ["malha:api", "another"]},
        {"sub": "not a uuid"},
        {"sid": "not a uuid"},
        {"exp": datetime.now(UTC) - timedelta(seconds=30)},
        {"iat": datetime.now(UTC) + timedelta(hours=1)},
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(AccessTokenInvalidError):
        SIGNER.check(jwt.encode(claims(**changes), KEY, "HS256"))


def encode(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def numbers(claims: dict[str, Any]) -> dict[str, Any]:
    return {name: value.timestamp() if isinstance(value, datetime) else value for name, value in claims.items()}


@pytest.mark.parametrize(("algorithm", "digest"), [("HS384", "sha384"), ("HS512", "sha512"), ("none", None)])
def test_another_algorithm_is_refused_even_with_the_right_key(algorithm: str, digest: str | None) -> None:
    signed = f"{encode({'alg': algorithm, 'typ': 'JWT'})}.{encode(numbers(claims()))}"
    mac = hmac.digest(KEY, signed.encode(), digest) if digest else b""
    token = f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"
    with pytest.raises(AccessTokenInvalidError):
        SIGNER.check(token)


def test_the_secret_key_itself_signs_nothing() -> None:
    with pytest.raises(AccessTokenInvalidError):
        SIGNER.check(jwt.encode(claims(), SECRET, "HS256"))


def test_a_changed_payload_is_refused() -> None:
    header, _, signature = SIGNER.sign(user_id=USER, session_id=SESSION).split(".")
    payload = encode(numbers(claims(sub=str(new_id()))))
    with pytest.raises(AccessTokenInvalidError):
        SIGNER.check(f"{header}.{payload}.{signature}")


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "é.é.é", "null", "{}", "\x00"])
def test_garbage_is_refused(token: str) -> None:
    with pytest.raises(AccessTokenInvalidError):
        SIGNER.check(token)
