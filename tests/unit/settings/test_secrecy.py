"""What is wrong with the settings is said without showing what they hold."""

from __future__ import annotations

import traceback
from collections.abc import Mapping

import pytest
from pydantic import BaseModel, ValidationError

from malha.banking.settings import PluggySettings
from malha.settings import Settings
from malha.slices import load_settings

SECRET = "hunter2-a-secret-of-theirs"
SECRETS = {
    "DATABASE_URL": f"postgresql://malha:{SECRET}@db/malha",
    "REDIS_URL": f"redis://:{SECRET}@cache/0",
    "CELERY_BROKER_URL": f"amqp://malha:{SECRET}@broker//",
    "RABBITMQ_URL": f"amqp://malha:{SECRET}@broker//",
    "UPLOADS_URL": f"s3://{SECRET}@bucket/files",
    "SECRET_KEY": SECRET,
    "FORMER_SECRET_KEYS": SECRET,
    "FIRST_SUPERUSER_PASSWORD": SECRET,
    "CNPJ_WS_TOKEN": SECRET,
    "PLUGGY_CLIENT_SECRET": SECRET,
    "PLUGGY_WEBHOOK_SECRET": SECRET,
}
URLS = {"url", "redis_url", "celery_broker_url", "rabbitmq_url"}
WRONG = [
    {"ENVIRONMENT": "nowhere"},
    {"ENVIRONMENT": "production", "SECRET_KEY": SECRET[:10]},
    {
        "ENVIRONMENT": "production",
        "SECRET_KEY": "k" * 40,
        "FIRST_SUPERUSER": "a@b.c",
        "FIRST_SUPERUSER_PASSWORD": "admin",
    },
    {"DATABASE_POOL_SIZE": "many"},
    {"DATABASE_URL": f"host=db password={SECRET}"},
    {"DATABASE_URL": f"postgresql://malha:{SECRET}%zz@db/malha"},
    {"REDIS_URL": f"redis://:{SECRET}/@cache/0"},
    {"REDIS_URL": SECRET},
    {"CELERY_BROKER_URL": f"amqp://malha:{SECRET}#@broker//"},
    {"MAX_UPLOAD_FILES": SECRET},
    {"DATABASE": SECRET},
    {"SECURITY": f'{{"secret_key": "{SECRET}", "access_token_minutes": "{SECRET}"}}'},
    {"CNPJ_WS_LIMIT": SECRET},
    {"PLUGGY_HISTORY_DAYS": SECRET},
    {"EXPORT_KEPT_DAYS": SECRET},
    {"JOB_QUEUE_PREFIX": f"{SECRET} {SECRET}"},
]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.parametrize("wrong", WRONG, ids=" ".join)
def test_an_error_names_the_setting_and_hides_its_value(
    environment: pytest.MonkeyPatch, wrong: Mapping[str, str]
) -> None:
    for name, value in wrong.items():
        environment.setenv(name, value)
    with pytest.raises(Exception) as raised:  # noqa: PT011 - whatever it is
        Settings()
    shown = "".join(traceback.format_exception(raised.value)) + repr(raised.value)
    assert SECRET[:10] not in shown
    if isinstance(raised.value, ValidationError):
        assert raised.value.error_count() == 1


def test_settings_that_are_shown_hide_their_secrets(environment: pytest.MonkeyPatch) -> None:
    settings = Settings()
    assert SECRET not in repr(settings) + str(settings)
    assert settings.database.url.endswith(f"{SECRET}@db/malha")


def test_every_setting_that_sounds_secret_is_one() -> None:
    words = ("password", "secret", "token", "api_key")
    for kind in [*(group.annotation for group in Settings.model_fields.values()), *load_settings()]:
        if not isinstance(kind, type) or not issubclass(kind, BaseModel):
            continue
        for name, field in kind.model_fields.items():
            if name.endswith(("_minutes", "_days", "_seconds")):
                continue
            if any(word in name for word in words):
                assert "SecretStr" in str(field.annotation), name
            if name in URLS:
                assert field.repr == (kind is PluggySettings), name
