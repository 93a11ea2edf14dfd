"""`malha jobs` on a real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.fakes.engine import Engine
from typer.testing import CliRunner, Result

from malha.cli import build_app
from malha.kit.ids import new_id
from malha.settings import get_settings

Malha = Callable[..., Result]


@pytest.fixture
def malha(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Malha]:
    """Runs `malha jobs ...` against the engine's database."""
    monkeypatch.setenv("DATABASE_URL", engine.settings.database.url)
    monkeypatch.setenv("REDIS_URL", engine.settings.broker.redis_url)
    monkeypatch.setenv("MALHA_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "250")
    get_settings.cache_clear()
    runner = CliRunner()
    yield lambda *arguments: runner.invoke(build_app("jobs"), ["jobs", *map(str, arguments)])
    get_settings.cache_clear()


def succeed(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def test_jobs_are_listed_by_kind_and_state(malha: Malha, engine: Engine) -> None:
    waiting, other = engine.submit("test.single", [{}]), engine.submit("test.batched", [{}])
    listed = succeed(malha("list"))
    assert str(waiting) in listed
    assert str(other) in listed
    assert str(other) not in succeed(malha("list", "--kind", "test.single"))
    assert str(waiting) not in succeed(malha("list", "--state", "succeeded"))
    newest = succeed(malha("list", "--limit", 1))
    assert (str(other) in newest, str(waiting) in newest) == (True, False)
    assert malha("list", "--state", "lost").exit_code == 2


def test_dead_parts_are_listed_with_their_reason_and_run_again(malha: Malha, engine: Engine) -> None:
    job_id, kept = engine.submit("test.single", [{"do": "die"}] * 2), engine.submit("test.batched", [{"do": "die"}])
    for no in range(2):
        engine.deliver("test.single", (job_id, no, no))
    engine.deliver("test.batched", (kept, 0, 0))
    listed = succeed(malha("dead", "--kind", "test.single"))
    assert listed.count(str(job_id)) == 2
    assert "no such company" in listed
    assert str(kept) not in listed
    assert succeed(malha("requeue-dead", "--kind", "test.single")).strip() == "2 parts run again"
    assert [part["state"] for part in engine.parts(job_id)] == ["queued", "queued"]
    assert engine.parts(kept)[0]["state"] == "dead"


def test_queues_tell_what_waits(malha: Malha, engine: Engine) -> None:
    engine.submit("test.single", [{}] * 3)
    [row] = [line for line in succeed(malha("queues")).splitlines() if "test.single" in line]
    assert [cell.strip() for cell in row.strip("│┃| ").split("│")] == ["test.single", "3", "0", "0"]


def test_named_jobs_are_moved_and_those_that_refuse_are_told(malha: Malha, engine: Engine) -> None:
    waiting, done = engine.submit("test.single", [{}]), engine.submit("test.single", [{}])
    engine.deliver("test.single", (done, 0, 0))
    assert succeed(malha("act", "pause", waiting)).strip() == "1 done"
    assert engine.job(waiting)["state"] == "paused"
    refused = malha("act", "cancel", waiting, done)
    assert (refused.exit_code, refused.stdout.splitlines()) == (1, ["1 done", f"{done}: its state does not allow it"])
    assert engine.job(waiting)["state"] == "cancelled"


def test_an_unknown_job_or_action_is_refused(malha: Malha) -> None:
    absent = new_id()
    assert malha("act", "cancel", absent).exit_code == 1
    assert malha("act", "explode", absent).exit_code == 2
    assert malha("act", "cancel", "not-an-id").exit_code == 2
