"""Where the embedded default keeps its data, logs and sockets."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from malha.embedded.errors import EmbeddedStartError

_ROOT_HOME = Path("/var/lib/malha")
_LONGEST_SOCKET_PATH_BYTES = 100  # the kernel's limit is 108 on Linux and 104 on macOS, terminator included
_LONGEST_SOCKET_NAME = "servers/.s.PGSQL.5432"


@dataclass(frozen=True)
class Home:
    """A data folder and the places in it. Built by `open_home`, which creates the folders."""

    root: Path
    run: Path

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def sockets(self) -> Path:
        """The 0700 folder of the servers' sockets, owned by the account that runs the servers."""
        return self.run / "servers"


def default_home(environ: Mapping[str, str] = os.environ) -> Path:
    """`MALHA_HOME`, else `/var/lib/malha` for root, else `$XDG_DATA_HOME/malha`, else the checkout's `.data`."""
    if chosen := environ.get("MALHA_HOME"):
        return Path(chosen).expanduser().absolute()
    if os.geteuid() == 0:
        return _ROOT_HOME
    if data_home := environ.get("XDG_DATA_HOME"):
        return Path(data_home).absolute() / "malha"
    checkout = Path(__file__).resolve().parents[3]
    if (checkout / "pyproject.toml").is_file():
        return checkout / ".data"
    return Path.home() / ".local" / "share" / "malha"


def open_home(root: Path, environ: Mapping[str, str] = os.environ) -> Home:
    """Creates what is missing below `root`. An existing folder keeps the permissions that it has."""
    # As root the servers run under another account, which must be able to pass through, though not to look.
    passable = 0o711 if os.geteuid() == 0 else 0o700
    _create_folder(root, passable)
    root = root.resolve()  # as the kernel will name it
    home = Home(root, _runtime_folder(root, environ))
    _create_folder(home.run, passable)
    _create_folder(home.logs, 0o700)
    return home


def _create_folder(folder: Path, mode: int) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode)
    except FileExistsError:
        return
    except OSError as error:
        message = f"{folder} cannot be created ({error.strerror}): set MALHA_HOME to a folder that you may write to"
        raise EmbeddedStartError(message) from error
    folder.chmod(mode)  # the umask may have taken bits away


def _runtime_folder(root: Path, environ: Mapping[str, str]) -> Path:
    near = root / "run"
    if len(os.fsencode(near / _LONGEST_SOCKET_NAME)) <= _LONGEST_SOCKET_PATH_BYTES:
        return near
    name = f"malha-{os.geteuid()}-{hashlib.sha256(os.fsencode(root)).hexdigest()[:12]}"
    for base in _runtime_bases(environ):
        folder = base / name
        if len(os.fsencode(folder / _LONGEST_SOCKET_NAME)) <= _LONGEST_SOCKET_PATH_BYTES and base.is_dir():
            _refuse_strangers_folder(folder)
            return folder
    message = f"no folder with a path short enough for Unix sockets: set MALHA_HOME to a shorter path than {root}"
    raise EmbeddedStartError(message)


def _runtime_bases(environ: Mapping[str, str]) -> list[Path]:
    private = environ.get("XDG_RUNTIME_DIR")
    # Root's runtime folder is closed to the account that runs the servers.
    mine = [Path(private)] if private and os.geteuid() != 0 else []
    return [*mine, Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 - the folder's owner is checked


def _refuse_strangers_folder(folder: Path) -> None:
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        message = f"{folder} belongs to someone else: remove it, or set MALHA_HOME to a shorter path"
        raise EmbeddedStartError(message)
