"""`malha user` and `malha token` on a real database."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from malha.cli import build_app
from malha.db import Database
from malha.identity.service import ensure_first_superuser, ensure_local_token
from malha.settings import get_settings

PASSWORD = "uma senha bem comprida"

Malha = Callable[..., Result]


@pytest.fixture
def malha(new_database: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Malha]:
    """Runs the command line against an empty installation."""
    monkeypatch.setenv("DATABASE_URL", new_database())
    monkeypatch.setenv("REDIS_URL", "redis://unused")
    monkeypatch.setenv("MALHA_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    get_settings.cache_clear()
    runner = CliRunner()
    yield lambda *arguments, typed="": runner.invoke(build_app(arguments[0]), arguments, input=typed)
    get_settings.cache_clear()


def succeed(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def test_an_account_is_created_listed_and_closed(malha: Malha) -> None:
    create = ("user", "create", "Ana@Example.com", "--superuser", "--password-stdin")
    succeed(malha(*create, typed=PASSWORD))
    assert "ana@example.com" in succeed(malha("user", "list"))
    assert malha(*create, typed=PASSWORD).exit_code == 1
    assert "last active superuser" in malha("user", "deactivate", "ana@example.com").stderr
    succeed(malha("user", "create", "bia@example.com", typed=f"{PASSWORD}\n{PASSWORD}\n"))
    succeed(malha("user", "deactivate", "bia@example.com"))
    succeed(malha("user", "activate", "BIA@example.com"))
    assert "intact" in succeed(malha("db", "verify-audit-log"))


def test_a_weak_password_or_a_wrong_address_is_refused(malha: Malha) -> None:
    succeed(malha("user", "create", "ana@example.com", "--password-stdin", typed=PASSWORD))
    weak = malha("user", "set-password", "ana@example.com", "--password-stdin", typed="changethis12")
    assert (weak.exit_code, "Weak password" in weak.stderr) == (1, True)
    assert malha("user", "create", "ana", "--password-stdin", typed=PASSWORD).exit_code == 1
    assert malha("user", "deactivate", "nobody@example.com").exit_code == 1
    succeed(malha("user", "set-password", "ana@example.com", "--password-stdin", typed="outra senha comprida"))


def test_a_token_is_printed_once_listed_and_revoked(malha: Malha) -> None:
    succeed(malha("user", "create", "ana@example.com", "--password-stdin", typed=PASSWORD))
    made = succeed(malha("token", "create", "--user", "ana@example.com", "--scope", "audits:read")).strip()
    assert re.fullmatch(r"mlh_[\w-]{43}", made)
    listed = succeed(malha("token", "list", "--user", "ana@example.com"))
    assert made[:12] in listed
    assert made not in listed
    assert malha("token", "revoke", "mlh_%").exit_code == 1
    succeed(malha("token", "revoke", made[:12]))
    assert made[:12] not in succeed(malha("token", "list", "--user", "ana@example.com"))
    assert malha("token", "create", "--user", "ana@example.com", "--scope", "all").exit_code == 1


def test_the_token_of_this_machine_is_printed(malha: Malha, tmp_path: Path) -> None:
    missing = malha("token")
    assert (missing.exit_code, "malha up" in missing.stderr) == (1, True)

    async def prepare() -> None:
        settings = get_settings()
        database = Database(settings.database)
        async with database.session() as session:
            await ensure_first_superuser(session, settings)
            await ensure_local_token(session, settings.security, tmp_path)
            await session.commit()
        await database.dispose()

    asyncio.run(prepare())
    assert succeed(malha("token")) == succeed(malha("token", "show")) == (tmp_path / "token").read_text()
