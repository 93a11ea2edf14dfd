"""Part numbers as they are sent."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, Field, StringConstraints, field_validator

MOST_IN_BATCH = 5_000

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000, pattern=r"^[^\x00]*$")]
Code = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_upper=True, min_length=3, max_length=120, pattern=r"^[^\x00-\x1f]*$"),
]

Exception_ = Annotated[str, StringConstraints(pattern=r"^[0-9]{2,3}$")]
"""Of the TIPI."""


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
