"""The secret of an installation that was given none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from malha.embedded.secret import local_secret


def test_the_secret_is_long_private_and_stays_the_same(tmp_path: Path) -> None:
    secret = local_secret(tmp_path)
    assert len(secret) >= 32
    assert local_secret(tmp_path) == secret
    assert [path.name for path in tmp_path.iterdir()] == ["secret-key"]
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600


def test_two_homes_have_two_secrets(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert local_secret(tmp_path / "a") != local_secret(tmp_path / "b")


def test_all_who_ask_at_once_get_the_same_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        secrets = set(pool.map(lambda _: local_secret(tmp_path), range(64)))
    assert len(secrets) == 1
