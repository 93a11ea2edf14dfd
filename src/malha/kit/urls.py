"""One spelling of a service's URL turned into the one that a client library wants."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

_POSTGRES_SCHEMES = ("postgres://", "postgresql://", "postgresql+asyncpg://", "postgresql+psycopg2://")


def psycopg_url(url: str) -> str:
    """Rewrite any usual PostgreSQL URL for SQLAlchemy's psycopg 3 dialect; others pass unchanged."""
    for scheme in _POSTGRES_SCHEMES:
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def libpq_url(url: str) -> str:
    """The URL without SQLAlchemy's driver name, for psycopg itself."""
    return psycopg_url(url).replace("postgresql+psycopg://", "postgresql://", 1)


def celery_broker_url(url: str) -> str:
    """Rewrite redis-py's `unix:///path?db=N` into kombu's `redis+socket:///path?virtual_host=N`; others pass."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"
