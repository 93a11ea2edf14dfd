"""Settings for a command: from the environment, or from the embedded services that `malha up` keeps."""

from __future__ import annotations

import os

from malha.embedded.services import ensure_services
from malha.settings import Settings, get_settings

_held: list[object] = []


def load_settings() -> Settings:
    """Settings with a database and a Redis: embedded ones, while this process lives, where none are named."""
    settings = get_settings()
    if settings.database.url and settings.broker.redis_url:
        return settings
    given = {"DATABASE_URL": settings.database.url, "REDIS_URL": settings.broker.redis_url}
    services = ensure_services(environ={**os.environ, **given})
    services.export()
    services.outlive_exec()
    _held.append(services)
    get_settings.cache_clear()
    return get_settings()
