"""Settings of slices are read once with the others, and can be replaced for one reader."""

from __future__ import annotations

import pytest

from malha.exports.settings import ExportSettings
from malha.settings import Settings


def test_a_group_is_read_once_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORT_KEPT_DAYS", "3")
    settings = Settings()
    monkeypatch.setenv("EXPORT_KEPT_DAYS", "4")
    assert settings.of(ExportSettings).kept_days == 3
    assert Settings().of(ExportSettings).kept_days == 4


def test_other_groups_leave_the_first_settings_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORT_KEPT_DAYS", "3")
    settings = Settings()
    changed = settings.with_groups(ExportSettings.model_validate({"kept_days": 5}))
    assert changed.of(ExportSettings).kept_days == 5
    assert changed.model_copy(update={"host": "elsewhere"}).of(ExportSettings).kept_days == 5
    assert settings.of(ExportSettings).kept_days == 3
