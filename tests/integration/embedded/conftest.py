"""A data folder of its own for each test of the embedded services."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def home() -> Iterator[Path]:
    """Not below pytest's own folder: as root the servers run under an account that may not enter that."""
    parent = Path(tempfile.mkdtemp(prefix="malha-test-"))
    parent.chmod(0o711)
    yield parent / "home"
    for lock in parent.rglob("keeper.lock"):
        with lock.open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)  # the keeper's until its servers have stopped
    shutil.rmtree(parent)
