"""Exports on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.export_bench import ExportBench, open_export_bench


@pytest.fixture
def bench(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[ExportBench]:
    with open_export_bench(database_url, redis_url, tmp_path) as opened:
        yield opened
