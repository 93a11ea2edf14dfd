"""Access tokens: JWTs that live for minutes and name a user and the login session that they came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt

from malha.identity.rules.secrets import derive_key
from malha.kit.clock import Clock, utc_now

ALGORITHM = "HS256"
ISSUER = "malha"
AUDIENCE = "malha:api"
CLOCK_SKEW_SECONDS = 5  # between the machines that sign and check
_REQUIRED_CLAIMS = ["iss", "aud", "exp", "iat", "jti", "sub", "sid"]


class AccessTokenInvalidError(ValueError):
    """Forged, expired, or not one of ours."""


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a valid token says. `expires_at` is in seconds of Unix time."""

    user_id: UUID
    session_id: UUID
    expires_at: int


class AccessTokenSigner:
    """Signs and checks access tokens with one algorithm, whatever a token's header asks for."""

    def __init__(self, secret_key: str, *, lifetime_seconds: int, clock: Clock = utc_now) -> None:
        self.lifetime_seconds = lifetime_seconds
        self._key = derive_key(secret_key, "access-token")
        self._clock = clock

    def sign(self, *, user_id: UUID, session_id: UUID) -> str:
        """A new token for the user's login session."""
        now = self._clock()
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "sid": str(session_id),
            "iat": now,
            "exp": now + timedelta(seconds=self.lifetime_seconds),
            "jti": uuid4().hex,
        }
        return jwt.encode(claims, self._key, ALGORITHM)

    def check(self, token: str) -> AccessClaims:
        """The claims of a valid token; raises AccessTokenInvalidError."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                options={"require": _REQUIRED_CLAIMS, "strict_aud": True},
                audience=AUDIENCE,
                issuer=ISSUER,
                leeway=CLOCK_SKEW_SECONDS,
            )
            return AccessClaims(UUID(claims["sub"]), UUID(claims["sid"]), int(claims["exp"]))
        except (jwt.InvalidTokenError, ValueError, AttributeError) as error:
            raise AccessTokenInvalidError("access token refused") from error
