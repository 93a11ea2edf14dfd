"""Settings of bank accounts."""

from __future__ import annotations

from pydantic import Field, SecretStr

from malha.settings import Rate, SettingsGroup


class PluggySettings(SettingsGroup):
    """Pluggy, which reads bank accounts by open finance."""

    url: str = Field(default="https://api.pluggy.ai", validation_alias="PLUGGY_URL")
    """The API."""
    client_id: str = Field(default="", validation_alias="PLUGGY_CLIENT_ID")
    """Id of our application; empty switches Pluggy off."""
    client_secret: SecretStr = Field(default=SecretStr(""), validation_alias="PLUGGY_CLIENT_SECRET")
    """Its secret."""
    webhook_secret: SecretStr = Field(default=SecretStr(""), validation_alias="PLUGGY_WEBHOOK_SECRET")
    """What webhooks bring in the header X-Webhook-Secret, as set when they were registered; empty refuses all."""
    limit: Rate = Field(default="360/minute", validation_alias="PLUGGY_LIMIT")
    """What each of its endpoints allows, for all workers together."""
    timeout_seconds: float = Field(default=30, validation_alias="PLUGGY_TIMEOUT_SECONDS", gt=0)
    """One call takes no longer."""
    history_days: int = Field(default=365, validation_alias="PLUGGY_HISTORY_DAYS", ge=1)
    """How far back the first sync of an account goes."""


GROUPS = (PluggySettings,)
