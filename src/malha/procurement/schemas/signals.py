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


class SignalRead(BaseModel):
    """An indication with what it was computed from. `explanation` is in the caller's language and says "indício"."""

    control_number: str
    rule: str = Field(examples=["dispensa-splitting"])
    subject: str = Field(description="The item, contract or supplier that it is about; empty for the whole.")
    title: str
    explanation: str
    formula: str
    law: str
    numbers: dict[str, Any]
    found_at: datetime


class NotComputable(BaseModel):
    """A red flag of Open Contracting's Cardinal that PNCP's data cannot carry."""

    code: str = Field(examples=["R024"])
    title: str
    reason: str


class SignalRuleRead(BaseModel):
    """A rule: how it is computed and where the law says so."""

    rule: str
    title: str
    formula: str
    law: str


class SignalRulesRead(BaseModel):
    """Every rule, the limits of direct contracting by date, and what cannot be computed."""

    rules: list[SignalRuleRead]
    direct_limits: list[dict[str, Any]]
    not_computable: list[NotComputable]


class ProcurementSignals(BaseModel):
    """The signals of one procurement as they are now. Support for an analysis, never an accusation."""

    control_number: str
    signals: list[SignalRead]
    marks: list[ValueMarkRead]
    unknown: list[str] = Field(description="What is not known, so that some rules could say nothing.")
    not_computable: list[NotComputable]
