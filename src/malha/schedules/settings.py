"""Settings of schedules."""

from __future__ import annotations

from pydantic import Field

from malha.settings import SettingsGroup


class ScheduleSettings(SettingsGroup):
    """Work that comes back by the clock."""

    pause_after_failures: int = Field(default=5, validation_alias="SCHEDULE_PAUSE_AFTER_FAILURES", ge=1)
    """A schedule that failed this often in a row is paused, with a note."""
    least_seconds: int = Field(default=60, validation_alias="SCHEDULE_LEAST_SECONDS", ge=1)
    """The shortest time between two runs that an expression may ask for."""


GROUPS = (ScheduleSettings,)
