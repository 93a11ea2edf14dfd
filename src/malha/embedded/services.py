"""Gives a process the database and the Redis of its environment, or embedded ones for as long as it lives."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from malha.embedded.client import KeeperClient
from malha.embedded.home import default_home

_VARIABLES = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}


@dataclass
class Services:
    """Two URLs, and who keeps those servers running that are `embedded`."""

    database_url: str
    redis_url: str
    keeper: KeeperClient
    embedded: tuple[str, ...]

    def restore_if_lost(self) -> None:
        """Starts the servers again when their keeper was killed, which ends them too. Their URLs stay the same."""
        if self.keeper.is_lost():
            self.keeper.start_servers(self.embedded)

    def outlive_exec(self) -> None:
        """Keeps the servers for the program that replaces this one (`os.execv`) in the same process."""
        self.keeper.outlive_exec()

    def export(self, environ: MutableMapping[str, str] = os.environ) -> None:
        """Hands the URLs to this process' settings and to its children."""
        environ["DATABASE_URL"] = self.database_url
        environ["REDIS_URL"] = self.redis_url

    def close(self, *, wait: bool = False) -> None:
        """Lets go of the servers: the last one to do so stops them. With `wait`, returns when that is done."""
        self.keeper.close(wait=wait)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def ensure_services(
    home: Path | None = None, *, environ: Mapping[str, str] = os.environ, durable: bool = True
) -> Services:
    """Keep the result: embedded servers stop when the last process that holds one has closed it or ended.

    Raises EmbeddedStartError, with what to do about it, when a server cannot run here.
    """
    urls = {name: environ[variable] for name, variable in _VARIABLES.items() if environ.get(variable)}
    missing = tuple(name for name in _VARIABLES if name not in urls)
    keeper = KeeperClient(home or default_home(environ), environ, is_durable=durable)
    if missing:
        urls |= keeper.start_servers(missing)
    return Services(urls["postgres"], urls["redis"], keeper, missing)
