"""What a declaration says of a part number, and what is missing in it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from malha.partnumbers.schemas.requests import Text

Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"^[^\x00]*$")]
Long = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=3_000, pattern=r"^[^\x00]*$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\x00]*$")]
AttributeCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,40}$")]
AttributeValue = Long | Annotated[list[Long], Field(max_length=100)] | dict[AttributeCode, Long]


class ValueRead(BaseModel):
    """A value and where it comes from."""

    text: str
    source: str = Field(examples=["person", "answer", "request", "nomenclature", "partnumber"])


class GapRead(BaseModel):
    """Something that is missing before the goods can be declared."""

    field: str = Field(examples=["brand", "characteristics.voltage_v", "attributes.ATT_1", "manufacturer.country"])
    detail: str


class ChoiceRead(BaseModel):
    """One of the values of a list."""

    code: str
    description: str


class AttributeRead(BaseModel):
    """An attribute in the form of a code."""

    code: str
    name: str
    kind: str
    is_required: bool
    is_multivalued: bool
    is_asked: bool = Field(description="False while its condition does not hold.")
    condition: str | None
    required_from: date | None = Field(description="Optional today, mandatory from this day on.")
    choices: list[ChoiceRead]
    help: str | None
    organs: list[str]
    value: str | list[str] | dict[str, str] | None = None
    source: str | None = Field(default=None, examples=["person", "evidence"])
    problem: str | None = None
    parts: list[AttributeRead] = []


class FormRead(BaseModel):
    """What DUIMP asks for a code."""

    ncm: str
    ncm_path: str | None
    attributes: list[AttributeRead]
    imported_at: datetime | None = Field(description="Null: no list of attributes was imported.")


class SoonRequired(BaseModel):
    """An attribute that becomes mandatory for a code of the workspace."""

    ncm: str
    attribute: str
    name: str
    required_from: date
    partnumbers: int = Field(description="How many part numbers of the workspace have the code.")


class ManufacturerRead(BaseModel):
    """A maker, with its data as a foreign operator."""

    id: UUID
    name: str
    address: str | None
    country: str | None = Field(description="Two letters (ISO 3166-1), as DUIMP wants it, or as it was given.")
    operator_code: str | None
    tin: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    email: str | None
    version: int


class ManufacturerWrite(BaseModel):
    """What is left out stays as it is; null empties it."""

    version: int = Field(ge=1, description="As it was read.")
    address: Short | None = None
    country: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2}$", to_upper=True)] | None = None
    operator_code: Name | None = None
    tin: Name | None = None
    city: Short | None = None
    region: Name | None = None
    postal_code: Name | None = None
    email: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)] | None = None


class ProductRead(BaseModel):
    """What a declaration says: a person's words, and evidence where there are none."""

    code: str
    ncm: str | None
    ncm_path: str | None
    exception: str | None
    is_confirmed: bool
    fields: dict[str, ValueRead] = Field(
        description="`species`, `brand`, `model`, `commercial_name`, `scientific_name` (Decreto 6.759/2009, art. 711)."
    )
    characteristics: dict[str, ValueRead]
    denomination: str
    description: str
    is_own_description: bool = Field(description="Whether a person wrote the whole text.")
    attributes: list[AttributeRead]
    internal_codes: list[str]
    manufacturer: ManufacturerRead | None
    missing: list[GapRead]
    version: int = Field(description="0 while nobody has written anything.")


class ProductWrite(BaseModel):
    """What is left out stays as it is; null goes back to the evidence."""

    version: int = Field(ge=0, description="As it was read.")
    species: Short | None = None
    brand: Short | None = None
    model: Short | None = None
    commercial_name: Short | None = None
    scientific_name: Short | None = None
    description: Text | None = None
    characteristics: Annotated[dict[Name, Short | None], Field(max_length=60)] | None = Field(
        default=None, description="By name; null takes one away."
    )
    attributes: Annotated[dict[AttributeCode, AttributeValue | None], Field(max_length=300)] | None = None
    internal_codes: Annotated[list[Name], Field(max_length=100)] | None = None
