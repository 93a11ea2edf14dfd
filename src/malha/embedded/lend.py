"""Runs a command with a PostgreSQL and a Redis that were made for it: `python -m malha.embedded.lend COMMAND...`.

Where DATABASE_URL and REDIS_URL are both set, the command gets those instead.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from malha.embedded.errors import EmbeddedStartError
from malha.embedded.services import ensure_services


def main(command: list[str]) -> int:
    """Returns the command's exit status. The servers are as durable as those of `malha up`, their data is not kept."""
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return subprocess.run(command, check=False).returncode
    parent = Path(tempfile.mkdtemp(prefix="malha-"))
    parent.chmod(0o711)  # as root, the account of the servers must be able to pass
    try:
        with ensure_services(parent / "home", environ={}) as services:
            services.export()
            status = subprocess.run(command, check=False).returncode
            services.close(wait=True)
    finally:
        shutil.rmtree(parent, ignore_errors=True)
    return status


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except EmbeddedStartError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
