"""The sealer of an installation."""

from __future__ import annotations

from malha.identity.rules.sealing import Sealer
from malha.settings import SecuritySettings


def sealer_of(security: SecuritySettings) -> Sealer:
    """Seals with SECRET_KEY, opens with it and with those that it replaced."""
    former = (secret.get_secret_value() for secret in security.former_secret_keys)
    return Sealer(security.secret_key.get_secret_value(), *former)
