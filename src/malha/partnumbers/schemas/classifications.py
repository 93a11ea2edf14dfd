"""Answers as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from malha.partnumbers.schemas.precedents import CandidateRead


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
    origin: str = Field(examples=["ai", "document", "person"])
    confirmed_at: datetime | None = Field(description="When a person confirmed it.")
    decided_by: UUID | None
    note: str | None
    version: int = Field(description="What a decision on it names.")
    result: dict[str, Any] = Field(description="The whole answer of the AI server.")
    created_at: datetime


class PartNumberRead(BaseModel):
    """A part number and its classifications, the best one first."""

    code: str
    series: str
    confirmed_at: datetime | None
    best_classification: ClassificationRead | None
    classifications: list[ClassificationRead]
    candidates: list[CandidateRead] = Field(
        default=[], description="Of one part number: the codes of its best answer, with the precedents of each."
    )
    created_at: datetime
