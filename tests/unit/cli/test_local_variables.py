"""What the embedded default adds to the environment, and what it leaves to whoever said something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from malha.cli._environment import given_urls, local_variables
from malha.settings import Settings

_NAMES = ("DATABASE_URL", "SQLALCHEMY_DATABASE_URI", "REDIS_URL", "UPLOADS_DIR", "SECRET_KEY")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is set, and no `.env` lies in the current folder."""
    for name in _NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_files_and_secret_of_the_embedded_default_live_in_its_home(tmp_path: Path) -> None:
    variables = local_variables(Settings(), tmp_path)
    assert variables["MALHA_HOME"] == str(tmp_path)
    assert variables["UPLOADS_DIR"] == str(tmp_path / "uploads")
    assert variables["SECRET_KEY"] == (tmp_path / "secret-key").read_text()


def test_what_is_set_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPLOADS_DIR", "/srv/files")
    monkeypatch.setenv("SECRET_KEY", "s" * 40)
    assert not {"UPLOADS_DIR", "SECRET_KEY"} & set(local_variables(Settings(), tmp_path))


def test_a_database_elsewhere_keeps_its_own_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/malha")
    assert "SECRET_KEY" not in local_variables(Settings(), tmp_path)


def test_a_database_named_in_the_env_file_is_not_replaced_by_an_embedded_one(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SQLALCHEMY_DATABASE_URI=postgresql+asyncpg://elsewhere/malha\n")
    assert given_urls(Settings()) == {"DATABASE_URL": "postgresql+psycopg://elsewhere/malha"}
