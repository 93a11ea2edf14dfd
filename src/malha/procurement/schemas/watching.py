"""Saved searches and what they have found, as the API shows them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from malha.kit.refusals import ValueRefusedError
from malha.procurement.rules.digests import Frequency
from malha.procurement.schemas.search import RecordQuery
from malha.schedules.rules.cron import is_time_zone

NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"


def _check_zone(name: str) -> str:
    if not is_time_zone(name):
        raise ValueRefusedError(
            pt="Use um fuso horário da IANA, como America/Sao_Paulo.",
            en="Use a time zone of IANA, such as America/Sao_Paulo.",
        )
    return name


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_CONTROLS)]
Zone = Annotated[str, StringConstraints(max_length=60), AfterValidator(_check_zone)]
Hour = Annotated[int, Field(ge=0, le=23)]
Weekday = Annotated[int, Field(ge=0, le=6, description="0 is Monday.")]
Endpoints = Annotated[list[UUID], Field(max_length=50)]


class LookIn(StrEnum):
    """Where the words of a search are looked for."""

    ANYWHERE = "anywhere"
    OBJECT = "object"
    ITEMS = "items"


class TellOf(StrEnum):
    """Which versions of a procurement are told of: only the first one that is found, or each."""

    NEW = "new"
    CHANGES = "changes"


class SavedSearchCreate(BaseModel):
    """A filter, and who is told when."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    filter: RecordQuery
    look_in: LookIn = LookIn.ANYWHERE
    tell_of: TellOf = TellOf.CHANGES
    frequency: Frequency = Frequency.AT_ONCE
    hour: Hour = 8
    weekday: Weekday = 0
    time_zone: Zone = "America/Sao_Paulo"
    endpoint_ids: Endpoints = Field(default=[], description="Who is told; all endpoints of the workspace if empty.")


class SavedSearchUpdate(BaseModel):
    """What is to change; what it has found and not told of yet is compared with the new filter."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    filter: RecordQuery | None = None
    look_in: LookIn | None = None
    tell_of: TellOf | None = None
    frequency: Frequency | None = None
    hour: Hour | None = None
    weekday: Weekday | None = None
    time_zone: Zone | None = None
    endpoint_ids: Endpoints | None = None
    is_active: bool | None = None


class SavedSearchRead(BaseModel):
    """A saved search."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    filter: dict[str, Any]
    look_in: LookIn
    tell_of: TellOf
    frequency: Frequency
    hour: int
    weekday: int
    time_zone: str
    endpoint_ids: list[UUID]
    is_active: bool
    since: datetime = Field(description="Versions that PNCP dates before are not told of.")
    next_digest_at: datetime | None
    created_at: datetime
    updated_at: datetime


class SearchMatchRead(BaseModel):
    """A version of a procurement that a search has found, why, and the message that tells of it."""

    control_number: str
    version: str
    version_at: datetime
    is_new: bool
    matched_at: datetime
    message_id: UUID | None = Field(description="Null until it is told of: a digest waits for its hour.")
    procurement: dict[str, Any]
    reasons: list[dict[str, Any]]
