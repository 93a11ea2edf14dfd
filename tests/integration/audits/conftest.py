"""Audits on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.audit_bench import Bench, open_bench


@pytest.fixture
def bench(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Bench]:
    with open_bench(database_url, redis_url, tmp_path) as opened:
        yield opened
