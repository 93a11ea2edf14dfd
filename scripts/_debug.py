"""Runs a module under a debugger, with embedded services where the environment names none: `_debug.py MODULE ...`."""

from __future__ import annotations

import os
import runpy
import sys

from malha.db.migrate import upgrade
from malha.embedded.home import default_home
from malha.embedded.services import ensure_services
from malha.settings import get_settings

if __name__ == "__main__":
    settings = get_settings()
    given = {"DATABASE_URL": settings.database.url, "REDIS_URL": settings.broker.redis_url}
    services = ensure_services(environ={**os.environ, **{name: url for name, url in given.items() if url}})
    services.export()
    os.environ.setdefault("UPLOADS_DIR", str(default_home() / "uploads"))
    get_settings.cache_clear()
    upgrade(services.database_url)
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
