"""Program: holds the embedded services of a home until its input ends; prints their URLs as JSON first."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from malha.embedded.services import ensure_services

if __name__ == "__main__":
    with ensure_services(Path(sys.argv[1]), environ={}, durable=False) as services:
        print(json.dumps([services.database_url, services.redis_url]), flush=True)
        sys.stdin.read()
        services.close(wait=True)
