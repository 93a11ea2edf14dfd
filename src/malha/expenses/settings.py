"""Settings of the expenses."""

from __future__ import annotations

from pydantic import Field

from malha.settings import SettingsGroup


class ExpenseSettings(SettingsGroup):
    """Expenses in batches."""

    registry_patience_hours: float = Field(
        default=24, validation_alias="EXPENSE_REGISTRY_PATIENCE_HOURS", gt=0, le=24 * 90
    )
    """How long a batch waits for providers that do not answer; then a person decides what is left."""


GROUPS = (ExpenseSettings,)
