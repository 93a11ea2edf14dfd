"""The same events through the official `socket.io-client` for JavaScript.

It is found in the folder that SOCKET_IO_CLIENT names (whose `node_modules` has it), and skipped without it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.integration.partnumbers.conftest import Desk
from tests.integration.partnumbers.test_sockets import Hall

PROGRAM = Path(__file__).with_name("client_program.mjs")


@pytest.fixture
def node() -> str:
    program, folder = shutil.which("node"), os.environ.get("SOCKET_IO_CLIENT")
    if program and folder and (Path(folder) / "node_modules" / "socket.io-client").is_dir():
        return program
    message = "no socket.io-client for JavaScript: SOCKET_IO_CLIENT names no folder with it, or Node is missing"
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(message)
    pytest.skip(message)


@pytest.mark.node
def test_the_javascript_client_gets_the_contracts_events(desk: Desk, node: str) -> None:
    task = desk.work(desk.single())
    with ExitStack() as stack:
        hall = Hall(desk, stack)
        command = [node, str(PROGRAM), hall.urls[0], "anything", task["room_id"]]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, env=os.environ)
    assert ended.returncode == 0, ended.stderr
    heard = [json.loads(line) for line in ended.stdout.splitlines()]
    names = [name for name, _ in heard]
    assert names[0] == "connected"
    assert ["pong_event", {"message": "pong"}] in heard
    assert ["message", "Echo: olá"] in heard
    assert dict(heard)["joined"]["ok"] is True
    assert names.count("classification_finished") == 1
    final = dict(heard)["classification_finished"]
    assert (final["status"], final["partnumber"], final["result"]["ncm"]) == ("done", "BC847B", "85412120")
    assert "classification_update_status" in names
