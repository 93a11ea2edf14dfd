"""Fixtures that give tests a real PostgreSQL, Redis and RabbitMQ: named by the environment, found here, or embedded."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from kombu.connection import Connection
from redis import ConnectionError as RedisConnectionError
from redis import Redis
from tests.plugins.databases import DatabaseServer

from malha.embedded.services import ensure_services

_OLDEST_POSTGRES = 150000
_REDIS_DATABASES = 16
_CLAIM = "malha-test-claim"
_ABANDONED_SECONDS = 3600


@pytest.fixture(scope="session")
def run_name(request: pytest.FixtureRequest) -> str:
    """The same for all processes of a parallel run."""
    run = getattr(request.config, "workerinput", {}).get("testrunuid", f"{os.getpid():x}{time.time_ns():x}")
    return str(run)[-12:]


@pytest.fixture(scope="session")
def worker_name(request: pytest.FixtureRequest) -> str:
    """`gw0`, `gw1`, ... in a parallel run, else `main`."""
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture(scope="session")
def embedded_parent(run_name: str) -> Iterator[Path]:
    """Where the run's embedded servers live: not below pytest's own folder, which their account may not enter."""
    base = Path(tempfile.gettempdir())
    for abandoned in base.glob(f"malha-tests-{os.geteuid()}-*"):
        if time.time() - abandoned.stat().st_mtime > _ABANDONED_SECONDS:
            _remove_if_unused(abandoned)
    parent = base / f"malha-tests-{os.geteuid()}-{run_name}"
    parent.mkdir(mode=0o711, exist_ok=True)
    yield parent
    _remove_if_unused(parent)


@pytest.fixture(scope="session")
def database_server(request: pytest.FixtureRequest, run_name: str) -> Iterator[DatabaseServer]:
    """The PostgreSQL of this run, where tests make databases of their own."""
    url = os.environ.get("TEST_DATABASE_URL") or os.environ.get("DATABASE_URL") or _local_postgres()
    if url:
        server = DatabaseServer(url, run_name)
        yield server
        server.close()
        return
    home = request.getfixturevalue("embedded_parent") / "postgres"
    with ensure_services(home, environ={"REDIS_URL": "unused"}, durable=False) as services:
        server = DatabaseServer(services.database_url, run_name)
        yield server
        server.close()
        services.close(wait=True)


@pytest.fixture(scope="session")
def template_database(database_server: DatabaseServer) -> str:
    """The name of the run's migrated database, to clone from."""
    # Imported here: Alembic and SQLAlchemy would take a second from every run of unit tests.
    from malha.db.migrate import upgrade

    return database_server.template(upgrade)


@pytest.fixture(scope="session")
def database_url(database_server: DatabaseServer, template_database: str, worker_name: str) -> str:
    """A migrated database for this process. Tests that commit clean up after themselves, or use `new_database`."""
    return database_server.create(worker_name, template=template_database)


@pytest.fixture
def new_database(
    database_server: DatabaseServer, request: pytest.FixtureRequest, worker_name: str
) -> Iterator[Callable[..., str]]:
    """Makes databases for one test: `new_database()` a migrated one, `new_database(empty=True)` a bare one."""
    made: list[str] = []

    def make(*, empty: bool = False) -> str:
        template = "template0" if empty else request.getfixturevalue("template_database")
        made.append(database_server.create(worker_name, template=template))
        return made[-1]

    yield make
    for url in made:
        database_server.drop(url)


@pytest.fixture(scope="session")
def redis_url(request: pytest.FixtureRequest, worker_name: str) -> Iterator[str]:
    """A Redis for this process alone: an embedded one, or an empty database of one that the environment names."""
    url = os.environ.get("TEST_REDIS_URL") or os.environ.get("REDIS_URL") or _local_redis_of_ci()
    if url:
        with _claimed_redis(url) as claimed:
            yield claimed
        return
    home = request.getfixturevalue("embedded_parent") / f"redis-{worker_name}"
    with ensure_services(home, environ={"DATABASE_URL": "unused"}, durable=False) as services:
        yield services.redis_url
        services.close(wait=True)


@pytest.fixture(scope="session")
def rabbitmq_url() -> str:
    """A RabbitMQ; tests name their queues uniquely and delete them."""
    url = os.environ.get("TEST_RABBITMQ_URL") or os.environ.get("RABBITMQ_URL") or "amqp://guest:guest@127.0.0.1:5672//"
    try:
        with Connection(url, connect_timeout=2) as connection:
            connection.connect()
    except OSError as error:
        message = f"no RabbitMQ answers at {Connection(url).as_uri()}: {error}"
        if _is_ci():
            pytest.fail(message)
        pytest.skip(message)
    return url


def _wants_embedded() -> bool:
    """`TEST_SERVICES=embedded` tries what a machine without any server would do."""
    return os.environ.get("TEST_SERVICES") == "embedded"


def _is_ci() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true"}


def _local_postgres() -> str | None:
    """A server on the usual port that lets us make databases: as libpq finds its user, or as the usual superuser."""
    for login in () if _wants_embedded() else ("", "postgres@", "postgres:postgres@"):
        url = f"postgresql://{login}127.0.0.1:5432/postgres"
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url, connect_timeout=2) as connection:
            query = "SELECT 1 FROM pg_roles WHERE rolname = current_user AND (rolcreatedb OR rolsuper)"
            may_create = connection.execute(query).fetchone() is not None
            if may_create and connection.info.server_version >= _OLDEST_POSTGRES:
                return url
    return None


def _local_redis_of_ci() -> str | None:
    """In CI a server on the usual port is meant for us; on a developer's machine it is left alone."""
    url = "redis://127.0.0.1:6379/0"
    with contextlib.suppress(RedisConnectionError), Redis.from_url(url) as redis:
        return url if _is_ci() and not _wants_embedded() and redis.ping() else None
    return None


@contextlib.contextmanager
def _claimed_redis(url: str) -> Iterator[str]:
    """The first database of the server that is empty: what somebody keeps in another one is safe from us."""
    for number in range(_REDIS_DATABASES):
        numbered = _with_number(url, number)
        with Redis.from_url(numbered) as redis:
            if redis.dbsize() or not redis.set(_CLAIM, os.getpid(), nx=True):
                continue
            try:
                yield numbered
            finally:
                redis.flushdb()
            return
    pytest.fail(f"all {_REDIS_DATABASES} databases of {url} hold keys: empty one, or let the embedded Redis be used")


def _with_number(url: str, number: int) -> str:
    parts = urlsplit(url)
    options = [option for option in parts.query.split("&") if option and not option.startswith("db=")]
    if parts.scheme == "unix":
        return f"unix://{parts.netloc}{parts.path}?{'&'.join([*options, f'db={number}'])}"
    return f"{parts.scheme}://{parts.netloc}/{number}{'?' if options else ''}{'&'.join(options)}"


def _remove_if_unused(parent: Path) -> None:
    """Removes a folder of embedded servers when no keeper has any of its homes."""
    with contextlib.ExitStack() as held:
        for lock in parent.glob("*/keeper.lock"):
            try:
                fcntl.flock(held.enter_context(lock.open("w")), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
        shutil.rmtree(parent, ignore_errors=True)
