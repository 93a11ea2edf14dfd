"""Settings of notifications."""

from __future__ import annotations

from enum import StrEnum

from pydantic import AliasChoices, Field, SecretStr, model_validator

from malha.settings import SettingsGroup


class MailSecurity(StrEnum):
    """How the connection to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class MailSettings(SettingsGroup):
    """The mail server that letters go out through."""

    host: str = Field(default="", validation_alias="SMTP_HOST")
    """Its name; empty switches e-mail off."""
    port: int = Field(default=587, validation_alias="SMTP_PORT", ge=1, le=65_535)
    """Its port."""
    user: str = Field(default="", validation_alias="SMTP_USER")
    """The account to log in with; empty for none."""
    password: SecretStr = Field(default=SecretStr(""), validation_alias="SMTP_PASSWORD")
    """Its password."""
    security: MailSecurity = Field(default=MailSecurity.STARTTLS, validation_alias="SMTP_SECURITY")
    """`starttls`, `tls` from the first byte, or `none` for a server on the same machine."""
    from_address: str = Field(
        default="", validation_alias=AliasChoices("SMTP_FROM", "EMAILS_FROM_EMAIL"), pattern=r"^$|^[^@\s<>]+@[^@\s<>]+$"
    )
    """The address that letters come from."""
    from_name: str = Field(default="Malha", validation_alias=AliasChoices("SMTP_FROM_NAME", "EMAILS_FROM_NAME"))
    """The name beside it."""
    timeout_seconds: float = Field(default=30, validation_alias="SMTP_TIMEOUT_SECONDS", gt=0)
    """One letter takes no longer."""

    @model_validator(mode="after")
    def _has_a_sender(self) -> MailSettings:
        if self.host and not self.from_address:
            raise ValueError("SMTP_FROM must be set where SMTP_HOST is")
        return self


class NotificationSettings(SettingsGroup):
    """Deliveries of notifications."""

    timeout_seconds: float = Field(default=15, validation_alias="WEBHOOK_TIMEOUT_SECONDS", gt=0)
    """A webhook's receiver has this long to answer."""
    disable_after_days: float = Field(default=3, validation_alias="NOTIFICATION_DISABLE_AFTER_DAYS", gt=0)
    """An endpoint that has only failed for this long is switched off, with a note."""
    kept_days: float = Field(default=30, validation_alias="NOTIFICATION_KEPT_DAYS", ge=1)
    """Messages and the log of their deliveries are deleted after this long."""


GROUPS = (MailSettings, NotificationSettings)
