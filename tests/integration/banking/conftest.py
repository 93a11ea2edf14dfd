"""Accounts on a real database, beside a simulated Pluggy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.banking_bench import BankingBench, open_banking_bench
from tests.fakes.pluggy import PluggyServer


@pytest.fixture(scope="module")
def pluggy_server() -> Iterator[PluggyServer]:
    with PluggyServer() as server:
        yield server


@pytest.fixture
def bench(database_url: str, redis_url: str, tmp_path: Path, pluggy_server: PluggyServer) -> Iterator[BankingBench]:
    with open_banking_bench(database_url, redis_url, tmp_path, pluggy_server) as opened:
        yield opened
