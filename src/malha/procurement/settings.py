"""Settings of public contracting."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from malha.settings import Rate, SettingsGroup


def _split_codes(value: object) -> object:
    return [code.strip() for code in value.split(",") if code.strip()] if isinstance(value, str) else value


class ProcurementSettings(SettingsGroup):
    """PNCP, where public contracting is published, and how it is followed."""

    consultation_url: str = Field(default="https://pncp.gov.br/api/consulta", validation_alias="PNCP_CONSULTATION_URL")
    """The lists by date."""
    detail_url: str = Field(default="https://pncp.gov.br/api/pncp", validation_alias="PNCP_DETAIL_URL")
    """The items and results of one procurement."""
    is_scheduled: bool = Field(default=False, validation_alias="PNCP_SCHEDULED")
    """Whether updates run by themselves every 15 minutes; without it, only when asked for."""
    limit: Rate = Field(default="120/minute", validation_alias="PNCP_LIMIT")
    """Our pace on each of the two hosts, for all workers together; PNCP states none."""
    timeout_seconds: float = Field(default=45, validation_alias="PNCP_TIMEOUT_SECONDS", gt=0)
    """One call takes no longer."""
    parallel: int = Field(default=4, validation_alias="PNCP_PARALLEL", ge=1)
    """Calls to each of the two hosts at once, for all workers together; fewer while many of them fail."""
    limited_seconds: float = Field(default=60, validation_alias="PNCP_LIMITED_SECONDS", gt=0)
    """A host that says "too many requests" is left alone this long: it names no time itself."""
    truce_seconds: float = Field(default=30, validation_alias="PNCP_TRUCE_SECONDS", gt=0)
    """A host of which half the answers fail is left alone this long, then asked one call at a time."""
    control_url: str = Field(default="https://www.gov.br/", validation_alias="PNCP_CONTROL_URL")
    """Asked when PNCP does not answer, to tell its outages from ours; empty: every silence is PNCP's."""
    overlap_minutes: int = Field(default=15, validation_alias="ROLLING_WINDOW_MINUTES", ge=1)
    """How far an update reaches back before the end of the last one that went well."""
    modalities: Annotated[list[int], NoDecode, BeforeValidator(_split_codes)] = Field(
        default=list(range(1, 16)), validation_alias="PNCP_MODALITIES"
    )
    """Codes of the modalities that are asked for, comma-separated; those that records name are added by themselves."""
    queue: str = Field(default="ingest.pncp", validation_alias="PNCP_QUEUE")
    """The queue of requests to synchronise."""

    bcb_url: str = Field(default="https://api.bcb.gov.br", validation_alias="BCB_URL")
    """The Banco Central's time series, asked for rates of price indexes only when somebody wants them."""


class OcdsSettings(SettingsGroup):
    """Publishing in the Open Contracting Data Standard."""

    prefix: str = Field(default="ocds-xxxxxx", validation_alias="OCDS_PREFIX", pattern=r"^ocds-[a-z0-9]{6}$")
    """The ocid prefix that the Open Contracting Partnership gave this publisher; the default is nobody's."""


GROUPS = (ProcurementSettings, OcdsSettings)
