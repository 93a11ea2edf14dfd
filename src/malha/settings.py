"""Settings from the environment and `.env`, grouped by concern; every variable name of the seeds is accepted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    PrivateAttr,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from malha.kit.urls import psycopg_url
from malha.kit.weak_passwords import WEAK_PASSWORDS
from malha.slices import SLICES, load_settings

MEBIBYTE = 1024 * 1024
DEVELOPMENT_SECRET = "development-only-secret-do-not-use-in-production"  # noqa: S105 - refused outside development
MIN_SECRET_LENGTH = 32
RATE = re.compile(r"[1-9][0-9]*/([1-9][0-9]* ?)?(second|minute|hour|day)s?")


class Environment(StrEnum):
    """Where the process runs; anything but production and staging may use development secrets."""

    DEVELOPMENT = "development"
    LOCAL = "local"
    TEST = "test"
    STAGING = "staging"
    PRODUCTION = "production"

    @property
    def is_guarded(self) -> bool:
        """True where default or weak secrets must stop the start."""
        return self in {Environment.STAGING, Environment.PRODUCTION}


def _split_commas(value: object) -> object:
    if isinstance(value, str):
        return [part.strip().lower().lstrip(".") for part in value.split(",") if part.strip()]
    return value


def _split_names(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


CommaList = Annotated[list[str], NoDecode, BeforeValidator(_split_commas)]
SecretList = Annotated[list[SecretStr], NoDecode, BeforeValidator(_split_names)]


# What is wrong is said without the value: it may hold a password, and a failed start is shown to anybody.
_CONFIG = SettingsConfigDict(env_file=".env", extra="ignore", populate_by_name=True, hide_input_in_errors=True)
_BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


class _NamedSettings(BaseSettings):
    """What code sets by a name that there is not is an error. The environment and `.env` may hold what is others'."""

    model_config = _CONFIG

    def __init__(self, **values: Any) -> None:
        unknown = sorted(values.keys() - _names(type(self)))
        if unknown:
            raise TypeError(f"{type(self).__name__} has no setting {', '.join(unknown)}")
        super().__init__(**values)


def _names(kind: type[BaseSettings]) -> set[str]:
    """Of fields and of their variables."""
    names = set(kind.model_fields)
    for field in kind.model_fields.values():
        alias = field.validation_alias
        names.update(map(str, alias.choices) if isinstance(alias, AliasChoices) else [str(alias)] if alias else [])
    return names


class SettingsGroup(_NamedSettings):
    """Settings of one concern; those of a slice stand in its module `settings`."""


Group = TypeVar("Group", bound=SettingsGroup)


class DatabaseSettings(SettingsGroup):
    """The record: PostgreSQL 15 or newer."""

    url: str = Field(default="", validation_alias=AliasChoices("DATABASE_URL", "SQLALCHEMY_DATABASE_URI"), repr=False)
    """PostgreSQL, as `postgresql://` or with `+psycopg` or `+asyncpg`; empty starts the embedded one."""
    pool_size: int = Field(default=10, validation_alias="DATABASE_POOL_SIZE", ge=1)
    """Connections that an API process keeps open."""
    max_overflow: int = Field(default=20, validation_alias="DATABASE_MAX_OVERFLOW", ge=0)
    """Connections that it may open beyond these under load."""
    statement_timeout_seconds: float = Field(default=60, validation_alias="DATABASE_STATEMENT_TIMEOUT_SECONDS", gt=0)
    """The database gives up on a statement after this long."""

    @field_validator("url")
    @classmethod
    def _use_psycopg(cls, url: str) -> str:
        if not url:
            return url
        adapted = psycopg_url(url)
        if not adapted.startswith("postgresql+psycopg://"):
            raise ValueError("a database URL begins with postgresql://")
        if _BROKEN_PERCENT.search(adapted):
            raise ValueError("a % in a database URL, its password included, is written %25")
        return adapted


class BrokerSettings(SettingsGroup):
    """Redis carries the bus and, unless a broker URL says otherwise, the task queue."""

    redis_url: str = Field(default="", validation_alias="REDIS_URL", repr=False)
    """Redis, as `redis://`, `rediss://` or `unix:///path?db=0`; empty starts the embedded one."""
    celery_broker_url: str = Field(
        default="", validation_alias=AliasChoices("CELERY_BROKER_URL", "BROKER_URL"), repr=False
    )
    """Where Celery queues, when not in Redis: `amqp://` makes quorum queues on RabbitMQ."""
    rabbitmq_url: str = Field(default="", validation_alias="RABBITMQ_URL", repr=False)
    """The RabbitMQ that other systems read our messages from."""

    @field_validator("redis_url", "celery_broker_url", "rabbitmq_url")
    @classmethod
    def _can_be_read(cls, url: str) -> str:
        try:
            _ = urlsplit(url).port
        except ValueError:
            raise ValueError("the port is no number: / # ? in a password are written %2F %23 %3F") from None
        return url

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, url: str) -> str:
        if url and not url.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("a Redis URL begins with redis://, rediss:// or unix://")
        return url

    @property
    def message_broker_url(self) -> str:
        """The URL of the broker for messages to others: RabbitMQ where one is named, else Redis."""
        return self.rabbitmq_url or self.task_broker_url

    @property
    def task_broker_url(self) -> str:
        """The URL of the broker that Celery uses, as given."""
        return self.celery_broker_url or self.redis_url


class UploadSettings(SettingsGroup):
    """Limits of what one request may bring."""

    directory: Path = Field(default=Path("storage/uploads"), validation_alias="UPLOADS_DIR")
    """Folder of uploaded and produced files."""
    url: str = Field(default="", validation_alias="UPLOADS_URL", repr=False)
    """An object store such as `s3://bucket/prefix`; empty keeps files below `directory`."""
    fsync: bool = Field(default=True, validation_alias="UPLOADS_FSYNC")
    """Whether a stored file must have reached the disk before the request is answered."""
    max_files: int = Field(default=25, validation_alias="MAX_UPLOAD_FILES", ge=1)
    """Files of one request."""
    max_file_bytes: int = Field(default=25 * MEBIBYTE, validation_alias="MAX_UPLOAD_FILE_BYTES", ge=1)
    """Bytes of one file."""
    max_job_bytes: int = Field(default=100 * MEBIBYTE, validation_alias="MAX_UPLOAD_JOB_BYTES", ge=1)
    """Bytes of all files of one request together."""
    allowed_extensions: CommaList = Field(
        default=["xml", "zip", "csv", "xlsx", "pdf", "png", "jpg", "jpeg", "txt"],
        validation_alias="ALLOWED_UPLOAD_EXTENSIONS",
    )
    """File name endings that are accepted, comma-separated."""


class SecuritySettings(SettingsGroup):
    """Secrets, token lifetimes and who may come in."""

    secret_key: SecretStr = Field(default=SecretStr(DEVELOPMENT_SECRET), validation_alias="SECRET_KEY")
    """Signs tokens and the audit log: 32 or more random characters outside development."""
    former_secret_keys: SecretList = Field(default=[], validation_alias="FORMER_SECRET_KEYS")
    """Keys that SECRET_KEY replaced: they still verify the audit log."""
    access_token_minutes: int = Field(default=15, validation_alias="ACCESS_TOKEN_EXPIRE_MINUTES", ge=1)
    """How long an access token is good for."""
    refresh_token_days: int = Field(default=30, validation_alias="REFRESH_TOKEN_EXPIRE_DAYS", ge=1)
    """How long a login lasts without being used."""
    first_superuser: str = Field(default="", validation_alias="FIRST_SUPERUSER")
    """E-mail address of the first user, made at start-up when it does not exist."""
    first_superuser_password: SecretStr = Field(default=SecretStr(""), validation_alias="FIRST_SUPERUSER_PASSWORD")
    """The first user's password; used only when the user is made."""
    users_open_registration: bool = Field(default=False, validation_alias="USERS_OPEN_REGISTRATION")
    """Whether strangers may register."""
    cors_origins: CommaList = Field(default=[], validation_alias=AliasChoices("BACKEND_CORS_ORIGINS", "CORS_ORIGINS"))
    """Origins of other sites whose pages may call the API, comma-separated."""


class EngineSettings(SettingsGroup):
    """How long the job engine waits for what."""

    lease_seconds: float = Field(default=10, validation_alias="JOB_LEASE_SECONDS", gt=0)
    """A worker silent for this long loses its parts to another."""
    tick_seconds: float = Field(default=0.5, validation_alias="JOB_TICK_SECONDS", gt=0)
    """Pause between two rounds of beat."""
    resend_after_seconds: float = Field(default=5, validation_alias="JOB_RESEND_AFTER_SECONDS", gt=0)
    """A message that nobody took is sent again after this long, then after twice as long, and so on."""
    max_attempts: int = Field(default=5, validation_alias="JOB_MAX_ATTEMPTS", ge=1)
    """A part that failed this often is dead, unless its kind says another number."""
    turn_after_seconds: float = Field(default=1, validation_alias="JOB_TURN_AFTER_SECONDS", gt=0)
    """A part that has waited this long behind other workspaces' parts goes ahead of them in its turn."""
    kept_days: float = Field(default=90, validation_alias="JOB_KEPT_DAYS", ge=1)
    """Jobs, their parts and their events are deleted this long after their end, unless something needs them.

    So are idempotency keys after their use.
    """
    watchdog_seconds: float = Field(default=60, validation_alias="JOB_WATCHDOG_SECONDS", gt=0)
    """A worker that takes nothing for this long while messages wait is ended, to be started afresh."""
    queue_prefix: str = Field(
        default="malha.", validation_alias="JOB_QUEUE_PREFIX", pattern=r"^[A-Za-z0-9._:-]*$", max_length=100
    )
    """What broker queues are called before `short`, `long` and their lanes; installations on one broker need two."""
    extra_task_modules: Annotated[list[str], NoDecode, BeforeValidator(_split_names)] = Field(
        default=[], validation_alias="JOB_EXTRA_TASK_MODULES"
    )
    """Modules with handlers beside the platform's own, comma-separated."""

    @property
    def kept_seconds(self) -> float:
        """How long what has ended is kept."""
        return self.kept_days * 24 * 3600


def _check_rate(value: str) -> str:
    if not RATE.fullmatch(value.strip()):
        raise ValueError("a limit reads COUNT/UNIT or COUNT/NUMBER UNIT, such as 3/minute or 100/30 seconds")
    return value.strip()


Rate = Annotated[str, AfterValidator(_check_rate)]


class OutboundSettings(SettingsGroup):
    """Calls to the outside world."""

    allowed_hosts: Annotated[list[str], NoDecode, BeforeValidator(_split_names)] = Field(
        default=[], validation_alias="OUTBOUND_ALLOWED_HOSTS"
    )
    """`host:port` of services on private addresses that may be called all the same, comma-separated."""
    user_agent: str = Field(default="Malha/0.1 (+fiscal checks)", validation_alias="OUTBOUND_USER_AGENT")
    """How we introduce ourselves; some services refuse an empty one."""


class Settings(_NamedSettings):
    """Everything the platform can be told. Secrets are checked at construction."""

    environment: Environment = Field(
        default=Environment.DEVELOPMENT, validation_alias=AliasChoices("ENVIRONMENT", "ENV")
    )
    """`production` and `staging` refuse to start with default or weak secrets."""
    enable_docs: bool = Field(default=True, validation_alias="ENABLE_DOCS")
    """Whether `/docs` and `/redoc` are served."""
    log_level: str = Field(default="INFO", validation_alias="LOG_LEVEL")
    """The least severe level that is logged."""
    log_json: bool | None = Field(default=None, validation_alias="LOG_JSON")
    """JSON lines instead of coloured text; by default wherever the output is no terminal."""
    host: str = Field(default="127.0.0.1", validation_alias=AliasChoices("MALHA_HOST", "BACKEND_HOST"))
    """Address that `malha api` and `malha up` listen on."""
    port: int = Field(default=8000, validation_alias=AliasChoices("MALHA_PORT", "BACKEND_PORT", "PORT"))
    """Port that they listen on."""
    connections_per_address: int = Field(default=512, validation_alias="CONNECTIONS_PER_ADDRESS", ge=0)
    """Open connections from one address; 0 for any number. Proxies named in FORWARDED_ALLOW_IPS are not counted."""
    public_url: str = Field(default="", validation_alias=AliasChoices("PUBLIC_URL", "FRONTEND_HOST"))
    """What people type to reach the console, when a proxy stands in front."""

    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    broker: BrokerSettings = Field(default_factory=BrokerSettings)
    uploads: UploadSettings = Field(default_factory=UploadSettings)
    security: SecuritySettings = Field(default_factory=SecuritySettings)
    engine: EngineSettings = Field(default_factory=EngineSettings)
    outbound: OutboundSettings = Field(default_factory=OutboundSettings)

    _groups: dict[type[SettingsGroup], SettingsGroup] = PrivateAttr(default_factory=dict)

    def model_post_init(self, _context: Any, /) -> None:
        """Read the groups of the slices too: a wrong value stops the start, not a request later."""
        self.read_groups(SLICES)

    def read_groups(self, slices: Iterable[str]) -> None:
        """Read the settings of these slices, each group once. Raises ValidationError, which names the variables."""
        for group in load_settings(slices):
            self.of(group)

    def of(self, kind: type[Group]) -> Group:
        """The settings of a slice, by their class."""
        found = self._groups.get(kind)
        if found is None:
            found = self._groups[kind] = kind()
        assert isinstance(found, kind)  # noqa: S101 - it is kept under its own class
        return found

    def with_groups(self, *groups: SettingsGroup) -> Self:
        """These settings with other groups of slices, for one who has been told more than the environment says."""
        copy = self.model_copy()
        copy._groups = {**self._groups, **{type(group): group for group in groups}}  # noqa: SLF001 - our own
        return copy

    @model_validator(mode="after")
    def _refuse_weak_secrets(self) -> Self:
        if not self.environment.is_guarded:
            return self
        secret = self.security.secret_key.get_secret_value()
        if secret == DEVELOPMENT_SECRET or len(secret) < MIN_SECRET_LENGTH:
            raise ValueError(f"SECRET_KEY must be set to {MIN_SECRET_LENGTH} or more random characters")
        password = self.security.first_superuser_password.get_secret_value()
        if self.security.first_superuser and password.lower() in WEAK_PASSWORDS:
            raise ValueError("FIRST_SUPERUSER_PASSWORD is empty or a well-known default")
        return self


@cache
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
