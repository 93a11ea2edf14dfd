"""Storage tests run on asyncio."""

from __future__ import annotations

from pathlib import Path

import pytest

from malha.storage import Storage


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    """A local store without fsync, which tests do not need."""
    return Storage.local(tmp_path / "uploads", does_sync=False)
