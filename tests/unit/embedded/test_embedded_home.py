"""Where the data folder is, and how long the path of a socket may get."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from malha.embedded.errors import EmbeddedStartError
from malha.embedded.home import default_home, open_home


@pytest.fixture(autouse=True)
def runtime_base(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Takes the place of the folder for temporary files, under a path that is short enough for sockets."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def test_malha_home_wins_over_everything() -> None:
    assert default_home({"MALHA_HOME": "/srv/malha", "XDG_DATA_HOME": "/srv/xdg"}) == Path("/srv/malha")


def test_a_relative_malha_home_is_taken_from_the_current_folder() -> None:
    assert default_home({"MALHA_HOME": "data"}) == Path.cwd() / "data"


def test_the_default_depends_on_who_starts_it() -> None:
    found = default_home({"XDG_DATA_HOME": "/srv/xdg"})
    assert found == (Path("/var/lib/malha") if os.geteuid() == 0 else Path("/srv/xdg/malha"))


def test_a_short_home_holds_its_own_sockets(runtime_base: Path) -> None:
    assert open_home(runtime_base / "home", {}).run == (runtime_base / "home" / "run").resolve()


def test_a_long_home_gets_a_private_folder_with_a_short_path(tmp_path: Path, runtime_base: Path) -> None:
    home = open_home(tmp_path / ("x" * 120), {})
    assert home.run.parent == runtime_base
    assert len(os.fsencode(home.sockets / ".s.PGSQL.5432")) <= 100
    assert home.run.stat().st_mode & 0o066 == 0
    assert open_home(tmp_path / ("x" * 120), {}).run == home.run
    assert open_home(tmp_path / ("y" * 120), {}).run != home.run


def test_a_runtime_folder_that_others_may_write_is_refused(tmp_path: Path) -> None:
    root = tmp_path / ("x" * 120)
    home = open_home(root, {})
    home.run.chmod(0o777)
    with pytest.raises(EmbeddedStartError, match="belongs to someone else"):
        open_home(root, {})


def test_an_existing_home_keeps_its_permissions(tmp_path: Path) -> None:
    root = tmp_path / "home"
    root.mkdir(0o750)
    open_home(root, {})
    assert root.stat().st_mode & 0o777 == 0o750


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_that_cannot_be_made_is_refused_with_advice(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(EmbeddedStartError, match="set MALHA_HOME"):
        open_home(tmp_path / "home", {})
