"""What is searched for, and what is found, as the API shows it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from malha.procurement.rules.filters import RecordFilter, Sorting

_SEPARATORS = str.maketrans("", "", " ./-")


def _tax_id(value: str) -> str:
    number = value.translate(_SEPARATORS).upper()
    if len(number) not in {11, 14} or not number.isascii() or not number.isalnum():
        raise ValueError("a CNPJ has 14 characters, a CPF 11")
    return number


def _cnpj(value: str) -> str:
    number = _tax_id(value)
    if len(number) != 14:
        raise ValueError("a CNPJ has 14 characters")
    return number


def _ncm(value: str) -> str:
    digits = value.translate(_SEPARATORS)
    if not digits.isdigit() or not digits.isascii() or len(digits) not in {4, 8, 9}:
        raise ValueError("an NCM has 8 digits, an NBS 9, a heading 4")
    return digits


Hit = TypeVar("Hit")
TaxId = Annotated[str, AfterValidator(_tax_id), Field(max_length=20)]
Cnpj = Annotated[str, AfterValidator(_cnpj), Field(max_length=20)]
Ncm = Annotated[str, AfterValidator(_ncm), Field(max_length=14)]
Uf = Annotated[str, Field(pattern="^[A-Z]{2}$")]
City = Annotated[str, Field(pattern="^[0-9]{7}$")]
Code = Annotated[int, Field(ge=0, le=32767)]
Value = Annotated[Decimal, Field(ge=0, max_digits=24, decimal_places=4)]
Catalog = Annotated[str, Field(min_length=1, max_length=40)]


class RecordQuery(BaseModel):
    """The filter of every list of public contracting, of its exports and of saved searches."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[str, Field(max_length=500)] | None = Field(
        default=None,
        description='Words, "phrases" and -exclusions in Portuguese; or a number: of control, process, CNPJ.',
    )
    organ: Annotated[list[Cnpj], Field(max_length=50)] = Field(default=[], description="CNPJs of the buyers.")
    uf: Annotated[list[Uf], Field(max_length=27)] = []
    city: Annotated[list[City], Field(max_length=50)] = Field(default=[], description="IBGE's seven digits.")
    modality: Annotated[list[Code], Field(max_length=50)] = []
    situation: Annotated[list[Code], Field(max_length=20)] = []
    value_from: Value | None = None
    value_to: Value | None = None
    published_from: date | None = None
    published_to: date | None = None
    updated_from: date | None = None
    updated_to: date | None = None
    ncm: Annotated[list[Ncm], Field(max_length=50)] = Field(default=[], description="NCM, NBS, or a heading.")
    catalog: Annotated[list[Catalog], Field(max_length=50)] = Field(default=[], description="CATMAT or CATSER.")
    supplier: Annotated[list[TaxId], Field(max_length=50)] = []
    sort: Sorting | None = Field(default=None, description="By relevance where there is a text, else newest first.")

    @field_validator("value_to", "published_to", "updated_to")
    @classmethod
    def _check_range(cls, last: Any, info: ValidationInfo) -> Any:
        first = info.data.get(f"{(info.field_name or '').removesuffix('_to')}_from")
        if first is not None and last is not None and first > last:
            raise ValueError(f"it is below {first}")
        return last

    @property
    def sorting(self) -> Sorting:
        """The order that was asked for, or the usual one."""
        return self.sort or (Sorting.RELEVANCE if self.q and self.q.strip() else Sorting.NEWEST)

    def wanted(self) -> RecordFilter:
        """The same as the slice's own value."""
        return RecordFilter(
            text=(self.q or "").strip() or None,
            organ=tuple(self.organ),
            uf=tuple(self.uf),
            city=tuple(self.city),
            modality=tuple(self.modality),
            situation=tuple(self.situation),
            value_from=self.value_from,
            value_to=self.value_to,
            published_from=self.published_from,
            published_to=self.published_to,
            updated_from=self.updated_from,
            updated_to=self.updated_to,
            ncm=tuple(self.ncm),
            catalog=tuple(self.catalog),
            supplier=tuple(self.supplier),
        )


class SearchPage(BaseModel, Generic[Hit]):
    """A page of what was found."""

    items: list[Hit]
    next_cursor: str | None = None
    total: int | None = Field(description="How many match, on the first page of a search by relevance.")
    has_more: bool = Field(description="More match than are ranked: `total` is a lower bound.")


class PlaceRead(BaseModel):
    """The buyer."""

    organ_cnpj: str
    organ_name: str | None
    unit_code: str | None
    unit_name: str | None
    uf: str | None
    city: str | None
    city_code: str | None


class ProcurementHit(PlaceRead):
    """A procurement in a list."""

    control_number: str = Field(examples=["00394460005887-1-000123/2024"])
    object: str | None
    highlight: str | None = Field(default=None, description="HTML: escaped, with `<mark>` around what was found.")
    number: str | None
    process: str | None
    modality_id: int | None
    modality_name: str | None
    situation_id: int | None
    situation_name: str | None
    estimated_total: Decimal | None
    awarded_total: Decimal | None
    published_at: datetime
    version_at: datetime
    proposals_open_at: datetime | None
    proposals_close_at: datetime | None
    is_price_registration: bool | None
    source_link: str | None
    items_state: str = Field(description="`complete` once all items are here.")
    has_marked_value: bool = Field(description="A total of its own cannot be taken at its word.")


class WinnerRead(BaseModel):
    """Who won an item. The number of a person is hidden from all but administrators."""

    sequence: int
    supplier_id: str | None
    supplier_kind: str | None
    supplier_name: str | None
    quantity: Decimal | None
    unit_value: Decimal | None
    total: Decimal | None
    decided_on: date | None


class ItemHit(BaseModel):
    """An item in a list, with who won it."""

    control_number: str
    number: int
    description: str | None
    highlight: str | None = None
    quantity: Decimal | None
    unit: str | None
    estimated_unit_value: Decimal | None
    estimated_total: Decimal | None
    situation_id: int | None
    situation_name: str | None
    ncm_code: str | None
    catalog_code: str | None
    object: str | None = Field(description="The procurement's.")
    organ_cnpj: str | None
    organ_name: str | None
    uf: str | None
    city_code: str | None
    modality_id: int | None
    published_at: datetime
    has_marked_value: bool
    results: list[WinnerRead]


class ContractHit(BaseModel):
    """A contract or commitment in a list."""

    control_number: str
    procurement_control_number: str | None
    object: str | None
    highlight: str | None = None
    number: str | None
    process: str | None
    organ_cnpj: str | None
    organ_name: str | None
    unit_code: str | None
    unit_name: str | None
    uf: str | None
    city_code: str | None
    supplier_id: str | None
    supplier_kind: str | None
    supplier_name: str | None
    initial_value: Decimal | None
    total: Decimal | None
    signed_on: date | None
    starts_on: date | None
    ends_on: date | None
    published_at: datetime | None
    version_at: datetime


class PriceRecordHit(BaseModel):
    """A price record in a list; UF and city are its procurement's."""

    control_number: str
    procurement_control_number: str | None
    object: str | None
    highlight: str | None = None
    number: str | None
    organ_cnpj: str | None
    organ_name: str | None
    unit_code: str | None
    unit_name: str | None
    uf: str | None
    city_code: str | None
    is_cancelled: bool | None
    signed_on: date | None
    starts_on: date | None
    ends_on: date | None
    published_at: datetime | None
    version_at: datetime
