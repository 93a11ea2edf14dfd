"""Settings for a command: from the environment, or from the embedded services that `malha up` keeps."""

from __future__ import annotations

from malha.embedded.services import ensure_services
from malha.settings import Settings, get_settings

_held: list[object] = []


def load_settings() -> Settings:
    """Settings with a database and a Redis: embedded ones are started, for this process's life, where none are named."""
    settings = get_settings()
    if settings.database.url and settings.broker.redis_url:
        return settings
    services = ensure_services()
    services.export()
    _held.append(services)
    get_settings.cache_clear()
    return get_settings()
