"""Processes that cannot start say why without showing what the settings hold."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from tests.unit.settings.test_secrecy import SECRET, SECRETS

COMMANDS = {
    "api": ["-m", "uvicorn", "malha.main:app", "--port", "1"],
    "worker": ["-m", "celery", "-A", "malha.worker", "worker"],
    "beat": ["-m", "celery", "-A", "malha.worker", "beat"],
    "malha api": ["-c", "import malha.cli; malha.cli.main()", "api"],
    "malha up": ["-c", "import malha.cli; malha.cli.main()", "up"],
    "malha db": ["-c", "import malha.cli; malha.cli.main()", "db", "upgrade"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_no_process_prints_a_secret_when_it_cannot_start(command: str) -> None:
    environ = {
        **os.environ,
        **SECRETS,
        "ENVIRONMENT": "production",
        "SECRET_KEY": SECRET[:20],
        "MALHA_HOME": "/nowhere",
    }
    done = subprocess.run(
        [sys.executable, *COMMANDS[command]], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert "SECRET_KEY must be set" in done.stdout + done.stderr
    assert SECRET[:20] not in done.stdout + done.stderr
