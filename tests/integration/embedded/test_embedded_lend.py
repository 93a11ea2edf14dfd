"""A command that is lent a database and a Redis, which vanish with it."""

from __future__ import annotations

import os
import subprocess
import sys

_LEND = [sys.executable, "-m", "malha.embedded.lend"]


def _without_urls() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}


def test_a_command_gets_servers_and_its_status_is_kept() -> None:
    code = (
        "import os, sys, psycopg; from redis import Redis;"
        "psycopg.connect(os.environ['DATABASE_URL'].replace('+psycopg', '')).close();"
        "Redis.from_url(os.environ['REDIS_URL']).ping(); print(os.environ['REDIS_URL']); sys.exit(5)"
    )
    done = subprocess.run(
        [*_LEND, sys.executable, "-c", code], env=_without_urls(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (5, "")
    folder = done.stdout.removeprefix("unix://").partition("/home/")[0]
    assert not os.path.exists(folder)  # noqa: PTH110 - a plain string from a URL


def test_urls_of_the_environment_are_left_as_they_are() -> None:
    given = {"DATABASE_URL": "postgresql://elsewhere/x", "REDIS_URL": "redis://elsewhere"}
    code = "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'])"
    done = subprocess.run(
        [*_LEND, sys.executable, "-c", code], env=_without_urls() | given, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == list(given.values())
