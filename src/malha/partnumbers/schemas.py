"""Part numbers as the API takes and shows them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import AliasChoices, BaseModel, BeforeValidator, Field, StringConstraints, field_validator

MOST_IN_BATCH = 5_000

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000, pattern=r"^[^\x00]*$")]
Code = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_upper=True, min_length=3, max_length=120, pattern=r"^[^\x00-\x1f]*$"),
]


class PartNumberItem(BaseModel):
    """One part number with what is known of it. Fields that are not listed are passed over."""

    partnumber: Code
    description: Annotated[Text | None, Field(validation_alias=AliasChoices("description", "erp_description"))] = None
    manufacturer: Text | None = None
    supplier: Text | None = None


class ClassifyRequest(PartNumberItem):
    """A single part number; `reclassify` asks the AI server even where a classification is known."""

    reclassify: bool = False


class BatchItem(PartNumberItem):
    """A line of a list; an invoice may name the NCM and the country of origin."""

    ncm: Annotated[str, StringConstraints(pattern=r"^[0-9]{4,8}$")] | None = None
    country: Annotated[Text | None, Field(validation_alias=AliasChoices("country", "coo"))] = None


def _as_item(value: Any) -> Any:
    return {"partnumber": value} if isinstance(value, str) else value


class BatchRequest(BaseModel):
    """Part numbers in bulk: a list of texts or objects, or an object with the part numbers as keys."""

    partnumbers: Annotated[
        list[Annotated[BatchItem, BeforeValidator(_as_item)]], Field(min_length=1, max_length=MOST_IN_BATCH)
    ]
    reclassify: bool = False

    @field_validator("partnumbers", mode="before")
    @classmethod
    def _list_an_object(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return [{"partnumber": code, **(fields if isinstance(fields, dict) else {})} for code, fields in value.items()]


class ClassificationRead(BaseModel):
    """A classification, in the words of the contract; `ncm` is null for an honest "unknown"."""

    id: UUID
    partnumber: str
    task_id: UUID | None
    status: str
    ncm: str | None
    ncm_path: str | None = Field(description="The whole path of the nomenclature: leaves say “Outros”.")
    exception: str | None
    nve: str | None
    description: str | None
    fabricante: str | None
    endereco: str | None
    pais: str | None
    confidence_score: float | None
    result: dict[str, Any] = Field(description="The whole answer of the AI server.")
    created_at: datetime


class TaskAccepted(BaseModel):
    """A request that was taken in: join the room `room_id`, or ask for the task."""

    message: str
    task_id: UUID
    room_id: UUID
    classifications: list[ClassificationRead] = Field(description="What is known already.")


class BatchAccepted(TaskAccepted):
    """The same for many."""

    partnumbers: list[str]
    total_partnumbers: int


class TaskRead(BaseModel):
    """A task and the classifications that it has brought."""

    task_id: UUID
    room_id: UUID
    status: str = Field(examples=["started", "processing", "done", "failed"])
    current: int
    total: int
    message: str | None
    job_id: str | None = Field(description="The AI server's own id of its last run.")
    progress_channel: str | None
    user_id: UUID | None
    partnumbers: list[str]
    missing: list[str] = Field(description="Part numbers without an answer.")
    classifications: list[ClassificationRead]
    created_at: datetime
    finished_at: datetime | None


class TaskList(BaseModel):
    """Tasks, newest first."""

    tasks: list[TaskRead]
    next_cursor: str | None = None


class PartNumberRead(BaseModel):
    """A part number and its classifications, the best one first."""

    code: str
    best_classification: ClassificationRead | None
    classifications: list[ClassificationRead]
    created_at: datetime


class TipiRule(BaseModel):
    """The IPI of a code, or of one of its exceptions (`ex`). `tax` is null where it is not taxed (NT)."""

    id: str
    ex: str | None
    tax: Decimal | None
    description: str | None = Field(default=None, description="The tables have no text of an exception: always null.")


class NcmRead(BaseModel):
    """A code of the nomenclature, and what the TIPI says of it; empty rules: our tables say nothing."""

    id: str
    code: str
    description: str
    tipi_rules: list[TipiRule]
    rates_as_of: date
