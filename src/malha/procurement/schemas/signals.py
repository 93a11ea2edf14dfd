"""Value marks and signals as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field


class ValueMarkRead(BaseModel):
    """A doubt about a value. `item` is 0 where the procurement's own totals are meant."""

    item: int
    rule: str = Field(examples=["magnitude-jump"])
    numbers: dict[str, Any]
    reason: str
    marked_at: datetime
