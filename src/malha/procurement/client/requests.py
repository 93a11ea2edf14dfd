"""What asks for a synchronisation: the body of a message in the queue, and of `POST /sync/force`."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError, WithJsonSchema
from pydantic.functional_validators import BeforeValidator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from malha.kit.clock import SAO_PAULO
from malha.kit.refusals import ValueRefusedError
from malha.procurement.rules.partitions import Kind

WALL_CLOCK = "%Y-%m-%dT%H:%M:%S"


class Mode(StrEnum):
    """`update`: what changed since the last one. `backfill`: a given interval."""

    UPDATE = "update"
    BACKFILL = "backfill"


def _read_wall_clock(value: object) -> object:
    if not isinstance(value, str):
        raise ValueRefusedError(
            pt="Esperada uma data no formato AAAA-MM-DDTHH:MM:SS.", en="A date reads YYYY-MM-DDTHH:MM:SS."
        )
    try:
        return datetime.strptime(value, WALL_CLOCK).replace(tzinfo=SAO_PAULO)
    except ValueError:
        raise ValueRefusedError(
            pt="Esperada uma data no formato AAAA-MM-DDTHH:MM:SS.", en="A date reads YYYY-MM-DDTHH:MM:SS."
        ) from None


WallClock = Annotated[
    datetime, BeforeValidator(_read_wall_clock), WithJsonSchema({"type": "string", "examples": ["2025-01-10T12:00:00"]})
]


class SyncRequest(BaseModel):
    """`data_ini` and `data_fim` are Brasília's wall clock, without zone; a backfill needs both."""

    model_config = ConfigDict(extra="forbid")

    mode: Mode = Mode.UPDATE
    data_ini: WallClock | None = None
    data_fim: WallClock | None = None

    @model_validator(mode="after")
    def _has_its_window(self) -> Self:
        missing = [name for name in ("data_ini", "data_fim") if getattr(self, name) is None]
        if self.mode is Mode.BACKFILL and missing:
            raise ValidationError.from_exception_data(
                "SyncRequest", [InitErrorDetails(type="missing", loc=(name,), input=None) for name in missing]
            )
        if self.mode is Mode.BACKFILL and self.data_ini and self.data_fim and self.data_fim <= self.data_ini:
            late = PydanticCustomError("value_error", "data_fim must be later than data_ini.")
            detail = InitErrorDetails(type=late, loc=("data_fim",), input=None)
            raise ValidationError.from_exception_data("SyncRequest", [detail])
        return self

    def message(self, request_id: UUID) -> dict[str, Any]:
        """The body for the queue: the seed's, with the id that old consumers ignore."""
        body: dict[str, Any] = {"mode": self.mode.value, "request_id": str(request_id)}
        if self.mode is Mode.BACKFILL and self.data_ini and self.data_fim:
            body |= {"data_ini": self.data_ini.strftime(WALL_CLOCK), "data_fim": self.data_fim.strftime(WALL_CLOCK)}
        return body


class QueuedRequest(SyncRequest):
    """The same from the queue, from anyone: fields that we do not know are ignored."""

    model_config = ConfigDict(extra="ignore")

    request_id: UUID | None = None
    only_open: bool = False
    """Of the interval only what is not proved complete; to consumers that do not know it, a backfill like any other."""
    kinds: list[Kind] | None = None
    """Of these kinds alone."""

    def message(self, request_id: UUID) -> dict[str, Any]:
        """As a plain request's, with what narrows it."""
        narrowed = {"only_open": self.only_open} | ({"kinds": self.kinds} if self.kinds else {})
        return super().message(request_id) | narrowed


class MessageRefusedError(ValueError):
    """A message that asks for nothing that we know; its text is the reason."""


def read_message(body: bytes) -> QueuedRequest:
    """The request in a message; an empty body is an update. Raises MessageRefusedError."""
    try:
        asked = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError) as error:
        raise MessageRefusedError(f"the body is no JSON: {error}") from error
    if not isinstance(asked, dict):
        raise MessageRefusedError("the body is no JSON object")
    try:
        return QueuedRequest.model_validate(asked)
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(map(str, entry['loc']))}: {entry['msg']}" for entry in error.errors())
        raise MessageRefusedError(reasons) from error
