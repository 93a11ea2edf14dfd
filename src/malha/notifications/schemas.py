"""Endpoints, messages and deliveries as the API shows them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from malha.kit.refusals import ValueRefusedError

NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_CONTROLS)]
Topic = Annotated[str, StringConstraints(max_length=100, pattern=r"^[a-z]+(\.[a-z-]+)*$")]
Address = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000, pattern=NO_CONTROLS)]


class EndpointKind(StrEnum):
    """How it is told."""

    LIVE = "live"
    WEBHOOK = "webhook"
    EMAIL = "email"


class EndpointState(StrEnum):
    """Whether it is told: `unconfirmed` until the owner of an e-mail address agrees."""

    ACTIVE = "active"
    UNCONFIRMED = "unconfirmed"
    DISABLED = "disabled"


class DeliveryState(StrEnum):
    """How far a delivery is; `skipped` if the endpoint was switched off before it went out."""

    WAITING = "waiting"
    RETRYING = "retrying"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


class EndpointCreate(BaseModel):
    """A new endpoint; `address` is a URL for webhooks, an e-mail address for e-mail, and left out for live."""

    model_config = ConfigDict(extra="forbid")

    kind: EndpointKind
    name: Name
    address: Address = ""
    language: Literal["pt", "en"] = "pt"
    topics: Annotated[list[Topic], Field(max_length=50)] = []

    @model_validator(mode="after")
    def _fits_its_kind(self) -> EndpointCreate:
        if (self.kind is EndpointKind.LIVE) == bool(self.address):
            raise ValueRefusedError(
                pt="Webhooks e e-mails têm um endereço; avisos ao vivo não têm.",
                en="Webhooks and e-mails have an address; live notifications have none.",
            )
        return self


class EndpointUpdate(BaseModel):
    """What is to change. `enabled` switches off, or on again after whatever was wrong is repaired."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    language: Literal["pt", "en"] | None = None
    topics: Annotated[list[Topic], Field(max_length=50)] | None = None
    enabled: bool | None = None


class EndpointRead(BaseModel):
    """An endpoint. Its secret was shown when it was made, and is not again."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: EndpointKind
    name: str
    address: str
    language: Literal["pt", "en"]
    topics: list[str]
    state: EndpointState
    note: str | None = Field(description="Why it is disabled, where the platform has done it.")
    failing_since: datetime | None
    last_success_at: datetime | None
    former_secret_until: datetime | None = Field(description="Until then messages carry two signatures.")
    created_at: datetime
    updated_at: datetime


class EndpointCreated(EndpointRead):
    """With the secret of a webhook, this once."""

    secret: str | None = Field(description="`whsec_...`, shown only here; null for other kinds.")


class SecretRotation(BaseModel):
    """For how long the old secret signs beside the new one."""

    model_config = ConfigDict(extra="forbid")

    overlap_hours: Annotated[int, Field(ge=0, le=168)] = 24


class SecretRead(BaseModel):
    """A new secret, shown only here."""

    secret: str
    former_secret_until: datetime | None


class MessageRead(BaseModel):
    """Something that happened, with the id that webhooks carry as `webhook-id`."""

    id: UUID
    webhook_id: str
    topic: str
    data: dict[str, Any]
    title: str
    created_at: datetime


class DeliveryRead(BaseModel):
    """A message on its way to an endpoint; the job that delivers it has the same id."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    endpoint_id: UUID
    message_id: UUID
    topic: str
    state: DeliveryState
    attempts: int
    last_status: int | None
    last_error: str | None
    next_attempt_at: datetime | None
    created_at: datetime
    finished_at: datetime | None


class AttemptRead(BaseModel):
    """One try: the answer's status and beginning, or why there was none."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    milliseconds: int
    status: int | None
    excerpt: str | None
    error: str | None


class DeliveryDetail(DeliveryRead):
    """With what was sent and every try, the last one last."""

    data: dict[str, Any]
    tries: list[AttemptRead]


class LinkUse(BaseModel):
    """What using a link has led to."""

    state: EndpointState
