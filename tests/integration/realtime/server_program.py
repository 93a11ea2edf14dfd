"""The test server as a process of its own: `python -m tests.integration.realtime.server_program PORT`."""

from __future__ import annotations

import sys

import uvicorn
from tests.integration.realtime.conftest import Doorman, make_app

from malha.settings import Settings

if __name__ == "__main__":
    uvicorn.run(make_app(Settings(), Doorman()), port=int(sys.argv[1]), log_level="warning")
