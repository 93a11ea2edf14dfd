"""Databases of a test run on a PostgreSQL server: one migrated template, cheap clones, nothing left behind."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import LiteralString
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from malha.kit.urls import libpq_url, psycopg_url

_PREFIX = "malha_test"


@dataclass
class DatabaseServer:
    """One process' view of the databases of one run.

    Every process holds a shared advisory lock for its run. Whoever gets that lock for itself alone knows that no
    process of the run is left, and may drop all that it made: so the last one cleans up, or the next run after a kill.
    """

    url: str
    run: str
    _admin: psycopg.Connection = field(init=False)
    _number: int = 0

    def __post_init__(self) -> None:
        self._admin = psycopg.connect(libpq_url(with_database(self.url, "postgres")), autocommit=True)
        self._drop_abandoned()
        self._admin.execute("SELECT pg_advisory_lock_shared(%s)", [_lock_number(self.run)])

    def template(self, migrate: Callable[[str], None]) -> str:
        """The name of the run's migrated database, made by the first process that asks."""
        name = f"{_PREFIX}_{self.run}_template"
        guard = [_lock_number(name)]
        self._admin.execute("SELECT pg_advisory_lock(%s)", guard)
        try:
            if not self._is_finished(name):
                self._execute("DROP DATABASE IF EXISTS {}", name)
                self._execute("CREATE DATABASE {}", name)
                migrate(with_database(self.url, name))
                self._execute("COMMENT ON DATABASE {} IS 'migrated'", name)
        finally:
            self._admin.execute("SELECT pg_advisory_unlock(%s)", guard)
        return name

    def create(self, worker: str, *, template: str = "template0") -> str:
        """The URL of a new database, a clone of `template`; `template0` makes an empty one."""
        self._number += 1
        name = f"{_PREFIX}_{self.run}_{worker}_{self._number}"
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        return with_database(self.url, name)

    def drop(self, url: str) -> None:
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", urlsplit(libpq_url(url)).path.lstrip("/"))

    def close(self) -> None:
        self._admin.execute("SELECT pg_advisory_unlock_shared(%s)", [_lock_number(self.run)])
        self._drop_abandoned()
        self._admin.close()

    def _drop_abandoned(self) -> None:
        rows = self._admin.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [f"{_PREFIX}_"])
        names = [row[0] for row in rows]
        for run in {name.split("_")[2] for name in names}:
            guard = [_lock_number(run)]
            row = self._admin.execute("SELECT pg_try_advisory_lock(%s)", guard).fetchone()
            if row and row[0]:
                for name in names:
                    if name.startswith(f"{_PREFIX}_{run}_"):
                        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
                self._admin.execute("SELECT pg_advisory_unlock(%s)", guard)

    def _is_finished(self, name: str) -> bool:
        query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
        return self._admin.execute(query, [name]).fetchone() == ("migrated",)

    def _execute(self, statement: LiteralString, *names: str) -> None:
        self._admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def with_database(url: str, name: str) -> str:
    """The same server's URL for another database, in SQLAlchemy's spelling."""
    parts = urlsplit(psycopg_url(url))
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}/{name}{query}"


def _lock_number(text: str) -> int:
    return zlib.crc32(text.encode())
