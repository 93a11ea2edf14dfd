"""What a person says of answers, and the queue of those who wait for it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, model_validator

from malha.partnumbers.schemas.classifications import ClassificationRead
from malha.partnumbers.schemas.requests import Exception_, Text

MOST_DECISIONS = 500

Note = Annotated[Text | None, Field(description="Why; with it the decision becomes a precedent.")]
FullNcm = Annotated[
    str,
    BeforeValidator(lambda value: value.replace(".", "") if isinstance(value, str) else value),
    StringConstraints(pattern=r"^[0-9]{8}$"),
]


class Action(StrEnum):
    """What is done with an answer."""

    CONFIRM = "confirm"
    CORRECT = "correct"
    REJECT = "reject"


class DecisionRequest(BaseModel):
    """`version` is that of the classification as the person saw it."""

    version: int = Field(ge=1)
    note: Note = None


class Correction(BaseModel):
    """The right answer. What is left out stays as it was."""

    ncm: FullNcm
    exception: Exception_ | None = None
    nve: Text | None = None
    description: Text | None = None
    fabricante: Text | None = None
    endereco: Text | None = None
    pais: Text | None = None


class CorrectionRequest(DecisionRequest, Correction):
    """The same for one classification."""


class Decision(DecisionRequest):
    """One of many."""

    classification_id: UUID
    action: Action
    correction: Correction | None = Field(default=None, description="With `correct`.")

    @model_validator(mode="after")
    def _has_correction(self) -> Decision:
        if (self.action is Action.CORRECT) != (self.correction is not None):
            raise ValueError("`correction` goes with `correct`")
        return self


class BulkDecisions(BaseModel):
    """Many decisions at once: each stands or is refused by itself."""

    decisions: Annotated[list[Decision], Field(min_length=1, max_length=MOST_DECISIONS)]


class RefusedDecision(BaseModel):
    """A decision that was not taken, and why."""

    classification_id: UUID
    code: str = Field(examples=["classification-changed"])
    detail: str


class BulkDecided(BaseModel):
    """What became of each."""

    decided: list[ClassificationRead]
    refused: list[RefusedDecision]


class SeriesDecision(Correction):
    """One answer for all part numbers of a series that wait.

    `waiting` is how many the person saw: another number of them is refused.
    """

    waiting: int = Field(ge=1)
    note: Note = None


class SeriesDecided(BaseModel):
    """How many were confirmed as they were, and how many corrected."""

    series: str
    confirmed: int
    corrected: int


class WaitingSeriesRead(BaseModel):
    """Part numbers that one answer would settle, and what is proposed for them."""

    series: str
    waiting: int
    proposals: dict[str, int] = Field(description="How many part numbers have which code as their best answer.")
    unanswered: int = Field(description="How many have no code at all.")
    question: dict[str, object] | None = Field(description="The question whose answer would close the code.")
    partnumbers: list[str] = Field(description="The first ones.")


class WaitingPartNumber(BaseModel):
    """A part number that waits, and its best answer."""

    code: str
    series: str
    best_classification: ClassificationRead | None
