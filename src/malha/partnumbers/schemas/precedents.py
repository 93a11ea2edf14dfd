"""Precedents as the API takes and shows them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from malha.partnumbers.schemas.requests import Exception_

Ncm = Annotated[
    str,
    BeforeValidator(lambda value: value.replace(".", "") if isinstance(value, str) else value),
    StringConstraints(pattern=r"^[0-9]{4,8}$"),
]
Act = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=300, pattern=r"^[^\x00]*$")]
Body = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=100_000, pattern=r"^[^\x00]*$")]


class Kind(StrEnum):
    """Whose word a precedent is."""

    RULING = "ruling"
    OWN = "own"


class PrecedentWrite(BaseModel):
    """A ruling, or a decision of one's own, as text."""

    ncm: Ncm
    exception: Exception_ | None = None
    act: Act = Field(examples=["Solução de Consulta Cosit nº 98.123"])
    day: date | None = Field(default=None, description="Of the act.")
    text: Body
    kind: Kind = Kind.RULING


class PrecedentUpdate(BaseModel):
    """What is left out stays as it is."""

    version: int = Field(ge=1)
    ncm: Ncm | None = None
    exception: Exception_ | None = None
    act: Act | None = None
    day: date | None = None
    text: Body | None = None


class Citation(BaseModel):
    """A precedent as candidates cite it."""

    id: UUID
    kind: Kind
    ncm: str
    act: str
    day: date | None
    excerpt: str


class PrecedentRead(BaseModel):
    """A precedent."""

    id: UUID
    kind: Kind
    ncm: str
    ncm_path: str | None
    exception: str | None
    act: str
    day: date | None
    text: str
    classification_id: UUID | None = Field(description="The own decision that it is.")
    created_by: UUID | None
    created_at: datetime
    version: int


class CandidateRead(BaseModel):
    """A possible code of a part number, with the precedents that speak of it."""

    code: str
    ncm_path: str | None
    confidence: float | None
    precedents: list[Citation]
