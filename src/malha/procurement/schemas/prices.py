"""Price references as the API takes and shows them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from malha.procurement.rules.prices import Method, OutlierRule
from malha.procurement.rules.regions import STATES, Region

MOST_ITEMS = 50
MOST_DAYS = 366
UFS = frozenset(uf for states in STATES.values() for uf in states)

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=2000)]
TaxId = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[0-9A-Za-z./\- ]{11,20}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PriceFilter(_Strict):
    """Which prices are asked for; what is left out asks for all. Prices of unknown UF pass every place, and say so."""

    keyword: Text | None = Field(default=None, description="Words of the item, as the search takes them.")
    regions: list[Region] = []
    ufs: list[str] = Field(default=[], examples=[["SP", "RJ"]])
    brand: Text | None = Field(default=None, description="A brand, where description or complement names it.")
    modalities: list[int] = []
    least_quantity: Decimal | None = Field(default=None, ge=0)
    most_quantity: Decimal | None = Field(default=None, ge=0)
    supplier: TaxId | None = None
    organ: TaxId | None = None

    @field_validator("ufs")
    @classmethod
    def known_states(cls, ufs: list[str]) -> list[str]:
        """In capitals; a state that does not exist would ask for nothing, silently."""
        states = [uf.strip().upper() for uf in ufs]
        unknown = [uf for uf in states if uf not in UFS]
        if unknown:
            raise ValueError(f"no such UF: {', '.join(unknown)}")
        return states

    @model_validator(mode="after")
    def ordered_quantities(self) -> Self:
        """An interval."""
        if None not in {self.least_quantity, self.most_quantity} and self.least_quantity > self.most_quantity:  # type: ignore[operator] - neither is None
            raise ValueError("least_quantity is greater than most_quantity")
        return self


class HandChoice(_Strict):
    """A price taken out or kept in by hand."""

    price: Text = Field(examples=["00394460005887-1-000123/2026#1.1"])
    justification: Reason


class BasketItem(_Strict):
    """What is to be bought, by a code or by words, in one unit of measure."""

    description: Text
    catalog_code: Text | None = Field(default=None, description="CATMAT or CATSER.")
    ncm_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{4,8}$")] | None = Field(
        default=None, description="The whole NCM, or its first digits from four on."
    )
    text: Text | None = Field(default=None, description='Words: "papel a4" -reciclado.')
    unit: Text = Field(examples=["UN"], description="Of these prices only those in the same unit count.")
    quantity: Decimal = Field(default=Decimal(1), gt=0)
    filter: PriceFilter = PriceFilter()
    excluded: list[HandChoice] = []
    included: list[HandChoice] = []

    @model_validator(mode="after")
    def has_a_subject(self) -> Self:
        """Something to look for; and no price both out and in."""
        if not (self.catalog_code or self.ncm_code or self.text):
            raise ValueError("one of catalog_code, ncm_code and text says what is looked for")
        both = {choice.price for choice in self.excluded} & {choice.price for choice in self.included}
        if both:
            raise ValueError(f"both excluded and included: {', '.join(sorted(both))}")
        return self


class PriceBasket(_Strict):
    """A basket of items, the period of their prices, and how they are made one."""

    items: Annotated[list[BasketItem], Field(min_length=1, max_length=MOST_ITEMS)]
    first: date
    last: date
    method: Method = Method.MEDIAN
    outliers: list[OutlierRule] = [OutlierRule.MAD, OutlierRule.FENCES]
    index: Literal["IPCA", "IGP-M"] | None = Field(default=None, description="By which prices are corrected.")

    @model_validator(mode="after")
    def a_year_at_most(self) -> Self:
        """Art. 5, I and II: prices of up to one year."""
        if self.last < self.first:
            raise ValueError("last is before first")
        if (self.last - self.first).days >= MOST_DAYS:
            raise ValueError("the period is longer than 12 months")
        return self


class PriceReferenceWrite(PriceBasket):
    """A basket to be fixed, with what art. 3 wants to read in the document."""

    title: Text
    justification: Reason = Field(description="Why this method, and why prices were left out (art. 3, VI).")


class PricePreview(BaseModel):
    """What a basket comes to now. `items` is what would be fixed; `warnings` says what a reader should know."""

    items: list[dict[str, Any]]
    total: Decimal | None
    warnings: list[str]
    data_as_of: datetime | None


class PriceReferenceSummary(BaseModel):
    """A price reference in a list."""

    id: UUID
    number: int
    title: str
    total: Decimal | None
    created_at: datetime
    created_by: UUID
    digest: str


class PriceReferenceRead(PriceReferenceSummary):
    """A price reference as it was fixed: `document` never changes, `digest` is the SHA-256 of its canonical JSON."""

    document: dict[str, Any]
    files: dict[str, str]
