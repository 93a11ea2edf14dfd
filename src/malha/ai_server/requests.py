"""What the server is asked, checked."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AliasChoices, BaseModel, BeforeValidator, Field

from malha.partnumbers.classifier import Confirmation, ConfirmedParts, PartNumberInput

MOST_REMEMBERED = 5_000

Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value), Field(max_length=10_000)]
Channel = Annotated[str, Field(pattern=r"^progress-[0-9A-Za-z-]{1,100}$")]


class Part(BaseModel):
    """One part number; a batch calls the description `erp_description`."""

    partnumber: Annotated[str, Field(min_length=1, max_length=200)]
    description: Annotated[Text, Field(validation_alias=AliasChoices("description", "erp_description"))] = ""
    manufacturer: Text = ""
    supplier: Text = ""
    on: date | None = None

    def input(self) -> PartNumberInput:
        """The same for the classifier."""
        return PartNumberInput(self.partnumber, self.description, self.manufacturer, self.supplier, self.on)


class Remembered(BaseModel):
    """A part number that a person of the workspace gave its code."""

    partnumber: Annotated[str, Field(min_length=1, max_length=200)]
    ncm: Annotated[str, Field(pattern=r"^[0-9]{4,8}$")]
    manufacturer: Text = ""
    confirmed_at: date | None = None
    reference: Text = ""


class Request(BaseModel):
    """What both requests have: `memory` is our own field, which other clients leave out."""

    progress_channel: Channel
    memory: Annotated[list[Remembered], Field(max_length=MOST_REMEMBERED)] = []

    def confirmed(self) -> ConfirmedParts:
        """The memory for the classifier."""
        return ConfirmedParts(
            Confirmation(part.partnumber, part.ncm, part.manufacturer, part.confirmed_at, part.reference)
            for part in reversed(self.memory)  # the latest comes first
        )


class SingleRequest(Request, Part):
    """Body of `POST /process/single_partnumber`."""


class BatchRequest(Request):
    """Body of `POST /process/batch_partnumbers`."""

    partnumbers: Annotated[dict[str, Part], Field(min_length=1, max_length=5_000)]
