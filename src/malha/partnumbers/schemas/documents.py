"""What was read of a document or a list, and what was not."""

from __future__ import annotations

from pydantic import BaseModel, Field


class LeftoverRead(BaseModel):
    """A line that was not understood."""

    page: int | None = Field(description="Null in a list.")
    line: int
    text: str
    reason: str = Field(
        examples=["row-without-number", "beside-table", "code-unknown", "repeated", "number-invalid", "too-many"]
    )


class DocumentRead(BaseModel):
    """A document as it was read."""

    name: str
    layout: str = Field(
        examples=["purchase-order", "mouser-invoice", "xwork-invoice", "table", "unknown", "csv", "xlsx"]
    )
    columns: dict[str, str] = Field(default={}, description="Of a list: the titles of the columns that were used.")
    unused_columns: list[str] = []
    not_understood: list[LeftoverRead]
    not_understood_total: int
    doubted: list[str] = Field(default=[], description="Part numbers that a second reader did not find.")
    prefilled: list[str] = Field(default=[], description="Part numbers that the document itself gives a whole NCM.")
