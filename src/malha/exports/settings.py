"""Settings of exports."""

from __future__ import annotations

from pydantic import Field

from malha.settings import SettingsGroup


class ExportSettings(SettingsGroup):
    """Lists exported as files."""

    kept_days: float = Field(default=7, validation_alias="EXPORT_KEPT_DAYS", gt=0, le=3650)
    """How long the file of an export is kept."""


GROUPS = (ExportSettings,)
