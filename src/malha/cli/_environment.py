"""Settings for a command: from the environment, or from the embedded services that `malha up` keeps."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from malha.embedded.home import default_home
from malha.embedded.secret import local_secret
from malha.embedded.services import ensure_services
from malha.settings import Settings, get_settings

_held: list[object] = []


def load_settings() -> Settings:
    """Settings with a database and a Redis: embedded ones, while this process lives, where none are named."""
    settings = get_settings()
    if settings.database.url and settings.broker.redis_url:
        return settings
    services = ensure_services(default_home(), environ=os.environ | given_urls(settings))
    services.export()
    services.outlive_exec()
    _held.append(services)
    return reload_settings(local_variables(settings, default_home()))


def reload_settings(variables: dict[str, str]) -> Settings:
    """Settings with these variables in the environment, where children find them too."""
    os.environ.update(variables)
    get_settings.cache_clear()
    return get_settings()


def given_urls(settings: Settings) -> dict[str, str]:
    """The services that are named somewhere, `.env` and other spellings of their variables included."""
    urls = {"DATABASE_URL": settings.database.url, "REDIS_URL": settings.broker.redis_url}
    return {name: url for name, url in urls.items() if url}


def local_variables(settings: Settings, home: Path) -> dict[str, str]:
    """What the embedded default adds for an existing home: its folder of files and, for its database, its secret."""
    variables = {"MALHA_HOME": str(home)}
    if "directory" not in settings.uploads.model_fields_set:
        variables["UPLOADS_DIR"] = str(home / "uploads")
    if not settings.database.url and "secret_key" not in settings.security.model_fields_set:
        variables["SECRET_KEY"] = local_secret(home)
    if settings.log_json is None and sys.stdout.isatty():
        variables["LOG_JSON"] = "false"  # the processes' own output is a pipe, but a person reads it
    return variables
