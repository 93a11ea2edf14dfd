"""The renewal of stale suppliers, run by the engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis
from tests.factories.cnpjs import make_cnpj
from tests.fakes.engine import Engine
from tests.fakes.registry import RegistryServer

from malha.suppliers import tasks as _tasks  # noqa: F401 - importing registers the handler
from malha.suppliers.service import REFRESH_KIND, look_up


@pytest.fixture
def engine(database_url: str, redis_url: str, registry: RegistryServer) -> Iterator[Engine]:
    opened = Engine(database_url, redis_url)
    use(opened, registry, cnpj_ws_limit="1000/minute")
    yield opened
    opened.record.execute("TRUNCATE suppliers, supplier_claims")
    opened.close()
    with Redis.from_url(redis_url) as redis:
        for key in redis.scan_iter("malha:*"):
            redis.delete(key)


def use(engine: Engine, registry: RegistryServer, **fields: Any) -> None:
    settings = engine.runtime.settings.model_copy(update={"outbound": registry.outbound()})
    engine.runtime.settings = settings.with_groups(registry.suppliers("cnpj_ws", **fields))


def make_stale(engine: Engine, count: int) -> list[str]:
    cnpjs = [make_cnpj(number) for number in range(count)]
    engine.runtime.run(look_up(engine.runtime, cnpjs))
    engine.record.execute("UPDATE suppliers SET fetched_at = now() - interval '40 days'")
    return cnpjs


def test_a_job_renews_what_is_stale(engine: Engine, registry: RegistryServer) -> None:
    cnpjs = make_stale(engine, 3)
    job = engine.submit(REFRESH_KIND, [{"cnpjs": cnpjs}])
    assert engine.deliver(REFRESH_KIND, (job, 0, 0)) == 1
    assert engine.job(job)["state"] == "succeeded"
    assert [registry.state.count(cnpj) for cnpj in cnpjs] == [2, 2, 2]


def test_a_limit_puts_the_rest_off_without_an_attempt_and_without_asking_twice(
    engine: Engine, registry: RegistryServer
) -> None:
    cnpjs = make_stale(engine, 5)
    with Redis.from_url(engine.settings.broker.redis_url) as redis:
        redis.delete(*redis.scan_iter("malha:limits*"))
    use(engine, registry, cnpj_ws_limit="3/minute")
    job = engine.submit(REFRESH_KIND, [{"cnpjs": cnpjs}])
    engine.deliver(REFRESH_KIND, (job, 0, 0))
    [part] = engine.parts(job)
    assert (part["state"], part["attempts"]) == ("queued", 0)
    waits = engine.record.execute("SELECT run_after - now() AS wait FROM job_parts").fetchone()
    assert waits is not None
    assert 55 < waits["wait"].total_seconds() < 61
    with Redis.from_url(engine.settings.broker.redis_url) as redis:
        redis.delete(*redis.scan_iter("malha:limits*"))
    engine.make_due(job)
    engine.deliver(REFRESH_KIND, (job, 0, 0))
    assert engine.job(job)["state"] == "succeeded"
    assert [registry.state.count(cnpj) for cnpj in cnpjs] == [2] * 5
