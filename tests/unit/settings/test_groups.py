"""Settings of slices are read once with the others, and can be replaced for one reader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


@pytest.mark.parametrize("kind", [Settings, ExportSettings])
def test_a_setting_that_there_is_not_is_an_error_that_names_it(kind: type[Settings | ExportSettings]) -> None:
    unknown: dict[str, Any] = {"suppliers": 1, "host_name": 2}
    for make in (lambda: kind(**unknown), lambda: kind.model_validate(unknown)):
        with pytest.raises(TypeError, match=f"{kind.__name__} has no setting host_name, suppliers"):
            make()


def test_the_environment_may_hold_what_is_anothers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SUPPLIERS", "1")
    (tmp_path / ".env").write_text("SOMETHING=else\nEXPORT_KEPT_DAYS=6\n")
    monkeypatch.chdir(tmp_path)
    assert Settings().of(ExportSettings).kept_days == 6


@pytest.mark.parametrize("name", ["host", "MALHA_HOST", "BACKEND_HOST"])
def test_a_setting_is_known_by_its_name_and_by_its_variables(name: str) -> None:
    assert Settings.model_validate({name: "there"}).host == "there"
