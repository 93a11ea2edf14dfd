"""The signer of access tokens, as the settings have it."""

from __future__ import annotations

from malha.identity.rules.access_tokens import AccessTokenSigner
from malha.settings import SecuritySettings


def signer_of(security: SecuritySettings) -> AccessTokenSigner:
    """Signs with SECRET_KEY, for ACCESS_TOKEN_MINUTES."""
    return AccessTokenSigner(
        security.secret_key.get_secret_value(), lifetime_seconds=security.access_token_minutes * 60
    )
