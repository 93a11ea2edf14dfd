"""Codes of the nomenclature as the API shows them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import BaseModel, Field


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
