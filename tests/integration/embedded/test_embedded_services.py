"""The embedded servers: shared, stopped with their last user, and recovered after any kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from redis import ConnectionError as RedisConnectionError
from redis import Redis

from malha.embedded.account import server_account
from malha.embedded.errors import EmbeddedStartError
from malha.embedded.services import Services, ensure_services
from malha.kit.urls import libpq_url

_HOLDER = Path(__file__).with_name("holder.py")


def _ensure(home: Path) -> Services:
    return ensure_services(home, environ={}, durable=False)


@contextmanager
def _holder(home: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(_HOLDER), str(home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.communicate()


def _urls(holder: subprocess.Popen[str]) -> list[str]:
    assert holder.stdout
    return json.loads(holder.stdout.readline())


def _postmaster(home: Path) -> int:
    return int((home / "postgres-18" / "postmaster.pid").read_text().split()[0])


def _keeper(home: Path) -> int:
    """The parent of the database server."""
    status = Path(f"/proc/{_postmaster(home)}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("PPid:")).split()[1])


def _is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def _eventually(condition: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _answer(services: Services, query: str = "SELECT 42") -> object:
    with psycopg.connect(libpq_url(services.database_url)) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[arg-type]
    assert row
    return row[0]


def _answers(services: Services) -> bool:
    try:
        return _answer(services) == 42
    except psycopg.OperationalError:
        return False


def _redis_process(redis: Redis) -> int | None:
    try:
        return redis.info("server")["process_id"]
    except RedisConnectionError:
        return None


def test_a_fresh_home_gets_a_utf8_database_and_a_redis_without_tcp(home: Path) -> None:
    with _ensure(home) as services, Redis.from_url(services.redis_url) as redis:
        assert _answer(services, "SHOW listen_addresses") == ""
        assert _answer(services, "SHOW timezone") == "UTC"
        assert _answer(services, "SELECT upper('ação')") == "AÇÃO"
        assert (
            _answer(services, "SELECT to_tsvector('portuguese', 'NOTAS') @@ to_tsquery('portuguese', 'nota')") is True
        )
        assert redis.config_get("port") == {"port": "0"}
        assert redis.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert (home / "run" / "servers").stat().st_mode & 0o777 == 0o700


def test_data_outlives_the_servers(home: Path) -> None:
    with ensure_services(home, environ={}) as services, Redis.from_url(services.redis_url) as redis:
        with psycopg.connect(libpq_url(services.database_url)) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        redis.lpush("ingest.pncp", "waiting")
        services.close(wait=True)
    with ensure_services(home, environ={}) as services, Redis.from_url(services.redis_url) as redis:
        assert _answer(services, "SELECT number FROM kept") == 7
        assert redis.lrange("ingest.pncp", 0, -1) == [b"waiting"]


def test_processes_that_ask_at_once_share_the_servers(home: Path) -> None:
    holders = [
        subprocess.Popen(
            [sys.executable, str(_HOLDER), str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    urls = [_urls(holder) for holder in holders]
    postmaster = _postmaster(home)
    for holder in holders[:-1]:
        holder.communicate()
    assert all(each == urls[0] for each in urls)
    assert _is_alive(postmaster)
    holders[-1].communicate()
    assert not _is_alive(postmaster)


def test_servers_stop_when_their_only_user_is_killed(home: Path) -> None:
    with _holder(home) as holder:
        _urls(holder)
        postmaster = _postmaster(home)
        holder.kill()
        assert _eventually(lambda: not _is_alive(postmaster))


def test_a_killed_database_server_comes_back_by_itself(home: Path) -> None:
    with _ensure(home) as services:
        first = _postmaster(home)
        os.kill(first, signal.SIGKILL)
        assert _eventually(lambda: not _is_alive(first) and _answers(services))
        assert _postmaster(home) != first


def test_a_killed_redis_comes_back_by_itself(home: Path) -> None:
    with _ensure(home) as services, Redis.from_url(services.redis_url) as redis:
        first = redis.info("server")["process_id"]
        os.kill(first, signal.SIGKILL)
        assert _eventually(lambda: _redis_process(redis) not in {None, first})


def test_whoever_asks_while_a_server_comes_back_waits_for_it(home: Path) -> None:
    with _ensure(home) as services:
        first = _postmaster(home)
        os.kill(first, signal.SIGKILL)
        assert _eventually(lambda: not _is_alive(first))
        with _ensure(home) as others:
            assert _answers(others)
        assert _answers(services)


def test_a_server_that_cannot_start_is_said_to_everybody_who_asks(home: Path) -> None:
    with _ensure(home) as services:
        services.close(wait=True)
    (home / "postgres-18" / "PG_VERSION").write_text("9\n")
    for _ in range(2):
        with pytest.raises(EmbeddedStartError, match="postgres: ended with status 1"):
            _ensure(home)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends the children of a killed process")
def test_a_killed_keeper_takes_its_servers_along_and_is_replaced(home: Path) -> None:
    with _ensure(home) as services:
        postmaster = _postmaster(home)
        os.kill(_keeper(home), signal.SIGKILL)
        assert _eventually(lambda: not _is_alive(postmaster))
        services.restore_if_lost()
        assert _answers(services)


def test_a_lock_file_that_names_another_living_process_is_no_obstacle(home: Path) -> None:
    with _ensure(home) as services:
        services.close(wait=True)
    account = server_account(home / "postgres-18")
    lock = home / "postgres-18" / "postmaster.pid"
    with subprocess.Popen(["sleep", "600"], user=account.uid if account.is_other else None) as stranger:
        lock.write_text(f"{stranger.pid}\n{home}/postgres-18\n1700000000\n5432\n{home}/run/servers\n\n\nready\n")
        try:
            with _ensure(home) as services:
                assert _answers(services)
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_an_orphan_of_a_killed_keeper_is_ended_before_a_new_server_starts(home: Path) -> None:
    with _ensure(home) as services:
        orphan, keeper = _postmaster(home), _keeper(home)
        os.kill(orphan, signal.SIGSTOP)  # so that the signal of its parent's death stays without effect
        os.kill(keeper, signal.SIGKILL)
        _eventually(lambda: not _is_alive(keeper))
        services.restore_if_lost()
        assert _answers(services)
        assert not _is_alive(orphan)


def test_a_half_made_cluster_is_made_anew(home: Path) -> None:
    unfinished = home / "postgres-18.new"
    (unfinished / "base").mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    home.chmod(0o711)
    with _ensure(home) as services:
        assert _answers(services)
    assert not unfinished.exists()


def test_a_redis_file_that_cannot_be_read_is_kept_aside(home: Path) -> None:
    with ensure_services(home, environ={}) as services:
        services.close(wait=True)
    files = [path for path in (home / "redis").rglob("*") if path.is_file()]
    for path in files:
        path.write_bytes(b"not a Redis file")
    with ensure_services(home, environ={}) as services, Redis.from_url(services.redis_url) as redis:
        assert redis.ping()
    assert files
    assert len(list(home.glob("redis.unreadable-*"))) == 1


def test_a_long_home_gets_short_sockets(home: Path) -> None:
    deep = home / ("d" * 90) / ("e" * 90)
    with _ensure(deep) as services, Redis.from_url(services.redis_url) as redis:
        assert _answers(services)
        assert redis.ping()
        folder = Path(libpq_url(services.database_url).partition("host=")[2])
        assert len(str(folder)) < 90
        services.close(wait=True)
    folder.rmdir()
    folder.parent.rmdir()


def test_a_home_with_spaces_and_quotes_works(home: Path) -> None:
    with _ensure(home / "pasta com 'aspas' e ç") as services, Redis.from_url(services.redis_url) as redis:
        assert _answers(services)
        assert redis.ping()


def test_urls_of_the_environment_win(home: Path) -> None:
    given = {"DATABASE_URL": "postgresql://somewhere/else", "REDIS_URL": "redis://somewhere"}
    with ensure_services(home, environ=given) as services:
        assert [services.database_url, services.redis_url] == list(given.values())
    assert not home.exists()


def test_only_what_the_environment_lacks_is_started(home: Path) -> None:
    with ensure_services(home, environ={"DATABASE_URL": "postgresql://somewhere/else"}, durable=False) as services:
        with Redis.from_url(services.redis_url) as redis:
            assert redis.ping()
        assert services.database_url == "postgresql://somewhere/else"
        assert not (home / "postgres-18").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the servers under another account")
def test_a_home_out_of_the_servers_reach_is_refused_with_advice(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(EmbeddedStartError, match="set MALHA_HOME"):
        _ensure(tmp_path / "home")
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_a_program_that_replaces_its_holder_keeps_the_servers(home: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from malha.embedded.services import ensure_services;"
        "services = ensure_services(Path(sys.argv[1]), environ={}, durable=False); services.outlive_exec();"
        "print('replaced', flush=True); os.execvp('cat', ['cat'])"
    )
    command = [sys.executable, "-c", code, str(home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        process.stdout.readline()
        process.stdin.write("from cat\n")
        process.stdin.flush()
        assert process.stdout.readline() == "from cat\n"
        postmaster = _postmaster(home)
        with _holder(home) as holder:
            _urls(holder)
        assert _is_alive(postmaster)
        process.stdin.close()
        assert _eventually(lambda: not _is_alive(postmaster))
