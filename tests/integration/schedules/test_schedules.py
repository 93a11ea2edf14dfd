"""No run twice and none missed, whatever beats, kills and clocks do; and a stop after failures."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from httpx2 import Response
from pydantic import BaseModel
from tests.factories.identity import Account, Accounts, make_principal
from tests.fakes.application import Application, become, open_application
from tests.fakes.engine import Engine
from tests.fakes.export_bench import principal_of

from malha.db import Session
from malha.exports.service import KIND as EXPORT_KIND
from malha.identity.policy import Principal, Role
from malha.jobs import Owner, PartContext, PermanentError, handler, submit
from malha.schedules.service import TICK_KIND, ScheduledAction, register_action, tick
from malha.settings import Settings

TOY = "schedules_test.toy"
TABLES = "schedules, schedule_runs, notification_messages, notification_endpoints, exports"


class ToyInput(BaseModel):
    word: str = "x"
    is_broken: bool = False


@handler(TOY, max_attempts=1)
async def play(part: PartContext) -> dict[str, Any]:
    if part.job_input["word"] == "fail":
        raise PermanentError("the toy is broken")
    return {"word": part.job_input["word"]}


async def start_toy(session: Session, _settings: Settings, principal: Principal, run_id: UUID, toy: ToyInput) -> None:
    if toy.is_broken:
        raise RuntimeError("the toy cannot begin")
    owner = Owner(principal.workspace_id, principal.user_id)
    await submit(session, TOY, input=toy.model_dump(), parts=[{}], owner=owner, job_id=run_id)


register_action(
    ScheduledAction(name="toys.play", title="Brincar", scope="expenses:write", input=ToyInput, start=start_toy)
)


class Killed(Exception):
    """The process ended here."""


@dataclass
class Clock:
    """The application with one caller, who is a stored user, and the platform's rounds."""

    application: Application
    engine: Engine
    account: Account

    def call(self, method: str, path: str = "", body: Any = None) -> Response:
        return self.application.client.request(method, f"/api/v1/schedules{path}", json=body)

    def add(self, cron: str = "*/10 * * * *", **fields: Any) -> str:
        """A schedule; its id."""
        body = {"name": "Toda hora", "action": "toys.play", "cron": cron} | fields
        answer = self.call("POST", "", body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def read(self, schedule_id: str) -> dict[str, Any]:
        return self.call("GET", f"/{schedule_id}").json()

    def runs(self, schedule_id: str) -> list[dict[str, Any]]:
        """The history, the oldest first."""
        return self.call("GET", f"/{schedule_id}/runs?limit=200").json()["items"][::-1]

    def pass_by(self, schedule_id: str, minutes: int) -> None:
        """Let so much time go by since the next moment."""
        self.engine.record.execute(
            "UPDATE schedules SET next_run_at = next_run_at - make_interval(mins => %s) WHERE id = %s",
            [minutes, schedule_id],
        )

    def make_due(self, schedule_id: str) -> None:
        """Let the next moment be the last one that has passed."""
        self.engine.record.execute(
            """UPDATE schedules SET next_run_at = to_timestamp(floor(extract(epoch FROM now()) / 600) * 600)
            WHERE id = %s""",
            [schedule_id],
        )

    def tick(self) -> bool:
        async def go() -> bool:
            async with self.engine.runtime.database.session() as session:
                return await tick(session, self.engine.settings)

        return self.engine.runtime.run(go())

    def work(self) -> None:
        """Run every job that waits."""
        for row in self.engine.record.execute("SELECT job_id, kind FROM job_parts WHERE state = 'queued'").fetchall():
            self.engine.deliver(row["kind"], (row["job_id"], 0, 0))


@pytest.fixture(scope="module")
def stage(database_url: str, redis_url: str) -> Iterator[tuple[Application, Engine, Accounts]]:
    engine = Engine(database_url, redis_url)
    with open_application(engine.settings) as application:
        yield application, engine, Accounts(engine.runtime.database, engine.settings.security)
    engine.close()


@pytest.fixture
def clock(stage: tuple[Application, Engine, Accounts]) -> Iterator[Clock]:
    application, engine, accounts = stage
    account = engine.runtime.run(accounts.add())
    become(application.app, principal_of(account))
    yield Clock(application, engine, account)
    engine.record.execute(f"TRUNCATE jobs, {TABLES} CASCADE")  # type: ignore[arg-type] - a constant


def test_a_moment_that_has_come_makes_one_run_whose_end_is_noted(clock: Clock) -> None:
    schedule_id = clock.add(input={"word": "oi"})
    assert clock.tick() is False
    assert clock.runs(schedule_id) == []
    clock.make_due(schedule_id)
    clock.tick()
    clock.tick()
    [run] = clock.runs(schedule_id)
    assert (run["state"], run["missed"]) == ("running", 0)
    assert clock.engine.job(UUID(run["id"]))["input"] == {"word": "oi", "is_broken": False}
    clock.work()
    clock.tick()
    [run] = clock.runs(schedule_id)
    assert run["state"] == "succeeded"
    assert run["ended_at"] is not None
    shown = clock.read(schedule_id)
    assert len(shown["next_runs"]) == 5
    assert shown["next_runs"][0] == shown["next_run_at"] > run["planned_at"]


def test_three_rounds_at_once_begin_each_moment_once(clock: Clock) -> None:
    schedules = [clock.add() for _ in range(6)]
    for schedule_id in schedules:
        clock.make_due(schedule_id)
    database, settings = clock.engine.runtime.database, clock.engine.settings

    async def round_() -> None:
        async with database.session() as session:
            await tick(session, settings)

    async def three() -> None:
        for _ in range(3):
            await asyncio.gather(round_(), round_(), round_())

    clock.engine.runtime.run(three())
    assert [len(clock.runs(schedule_id)) for schedule_id in schedules] == [1] * 6
    assert clock.engine.record.execute("SELECT count(*) AS n FROM jobs WHERE kind = %s", [TOY]).fetchone() == {"n": 6}


def test_a_round_that_is_killed_has_done_nothing_and_the_next_one_does_it(clock: Clock) -> None:
    schedule_id = clock.add()
    clock.make_due(schedule_id)
    before = clock.read(schedule_id)["next_run_at"]

    async def killed() -> None:
        async with clock.engine.runtime.database.session() as session:
            await tick(session, clock.engine.settings)
            raise Killed

    with pytest.raises(Killed):
        clock.engine.runtime.run(killed())
    assert (clock.runs(schedule_id), clock.read(schedule_id)["next_run_at"]) == ([], before)
    clock.tick()
    assert [run["planned_at"] for run in clock.runs(schedule_id)] == [before]


def test_the_engine_runs_the_round_and_a_stale_one_writes_nothing(clock: Clock) -> None:
    schedule_id = clock.add()
    clock.make_due(schedule_id)
    job_id = clock.engine.submit(TICK_KIND, [{}])
    for _ in range(3):
        clock.engine.deliver(TICK_KIND, (job_id, 0, 0))
    assert len(clock.runs(schedule_id)) == 1


def test_moments_that_passed_while_nothing_ran_are_one_run_or_one_each_and_never_none(clock: Clock) -> None:
    once, each = clock.add(), clock.add(catch_up="all")
    for schedule_id in (once, each):
        clock.make_due(schedule_id)
        clock.pass_by(schedule_id, 40)
    for _ in range(12):
        clock.tick()
        clock.work()
    [run] = clock.runs(once)
    assert run["missed"] == 4
    moments = [run["planned_at"] for run in clock.runs(each)]
    assert len(moments) == len(set(moments)) == 5
    assert moments == sorted(moments)


def test_a_run_that_has_not_ended_is_not_overtaken(clock: Clock) -> None:
    schedule_id = clock.add()
    clock.make_due(schedule_id)
    clock.tick()
    clock.make_due(schedule_id)
    clock.engine.record.execute("UPDATE schedule_runs SET planned_at = planned_at - interval '10 minutes'")
    clock.tick()
    assert [run["state"] for run in clock.runs(schedule_id)] == ["running", "skipped"]
    assert clock.engine.record.execute("SELECT count(*) AS n FROM jobs WHERE kind = %s", [TOY]).fetchone() == {"n": 1}


def test_a_clock_that_is_set_back_repeats_nothing(clock: Clock) -> None:
    schedule_id = clock.add()
    clock.make_due(schedule_id)
    clock.tick()
    clock.work()
    clock.make_due(schedule_id)  # as a worker with another idea of the time would have left it
    clock.tick()
    clock.tick()
    assert len(clock.runs(schedule_id)) == 1


@pytest.mark.parametrize("given", [{"word": "fail"}, {"is_broken": True}], ids=["its jobs fail", "it cannot begin"])
def test_after_failures_in_a_row_it_is_paused_with_a_notice(clock: Clock, given: dict[str, Any]) -> None:
    schedule_id = clock.add(input=given, catch_up="all")
    clock.make_due(schedule_id)
    clock.pass_by(schedule_id, 300)
    for _ in range(8):
        clock.tick()
        clock.work()
    shown = clock.read(schedule_id)
    assert (shown["state"], shown["failures"], shown["next_runs"]) == ("failing", 5, [])
    assert "the toy" in shown["note"]
    runs = clock.runs(schedule_id)
    assert [run["state"] for run in runs] == ["failed"] * 5
    assert all("the toy" in run["error"] for run in runs)
    messages = clock.application.client.get("/api/v1/notifications/messages").json()["items"]
    assert [message["topic"] for message in messages] == ["schedules.schedule.paused"]

    again = clock.call("PATCH", f"/{schedule_id}", {"paused": False, "input": {"word": "ok"}}).json()
    assert (again["state"], again["failures"], again["note"], len(again["next_runs"])) == ("active", 0, None, 5)


def test_a_success_in_between_begins_the_count_anew(clock: Clock) -> None:
    schedule_id = clock.add(input={"word": "fail"}, catch_up="all")
    clock.make_due(schedule_id)
    clock.pass_by(schedule_id, 300)
    for number in range(1, 9):
        if number == 4:
            clock.engine.record.execute("""UPDATE schedules SET input = '{"word": "ok"}'""")
        if number == 5:
            clock.engine.record.execute("""UPDATE schedules SET input = '{"word": "fail"}'""")
        clock.tick()
        clock.work()
    assert clock.read(schedule_id)["state"] == "active"


def test_it_runs_now_once_at_a_time_and_while_it_is_paused(clock: Clock) -> None:
    schedule_id = clock.add(paused=True)
    assert (clock.read(schedule_id)["state"], clock.read(schedule_id)["next_run_at"]) == ("paused", None)
    first, second = clock.call("POST", f"/{schedule_id}/run"), clock.call("POST", f"/{schedule_id}/run")
    assert (first.status_code, second.status_code) == (202, 409)
    clock.work()
    clock.tick()
    [run] = clock.runs(schedule_id)
    assert (run["id"], run["planned_at"], run["state"]) == (first.json()["id"], None, "succeeded")
    assert clock.call("POST", f"/{schedule_id}/run").status_code == 202


def test_a_paused_one_waits_and_goes_on_with_the_next_moment(clock: Clock) -> None:
    schedule_id = clock.add()
    clock.call("PATCH", f"/{schedule_id}", {"paused": True})
    clock.tick()
    shown = clock.call("PATCH", f"/{schedule_id}", {"paused": False}).json()
    clock.tick()
    assert clock.runs(schedule_id) == []
    assert shown["next_run_at"] is not None


def test_whoever_has_left_has_nothing_done_any_more(clock: Clock) -> None:
    schedule_id = clock.add()
    clock.engine.record.execute("DELETE FROM workspace_members WHERE user_id = %s", [clock.account.id])
    clock.make_due(schedule_id)
    clock.tick()
    row = clock.engine.record.execute("SELECT state, error FROM schedule_runs").fetchone()
    assert row == {"state": "failed", "error": "whoever has scheduled it may not do it any more"}


def test_a_job_that_was_deleted_ends_its_run(clock: Clock) -> None:
    schedule_id = clock.add()
    clock.make_due(schedule_id)
    clock.tick()
    clock.engine.record.execute("TRUNCATE jobs CASCADE")
    clock.tick()
    assert [run["state"] for run in clock.runs(schedule_id)] == ["cancelled"]


def test_a_list_is_exported_by_the_clock(clock: Clock) -> None:
    schedule_id = clock.add(action="exports.build", input={"list": "expenses", "format": "csv"})
    clock.make_due(schedule_id)
    clock.tick()
    [run] = clock.runs(schedule_id)
    assert clock.engine.job(UUID(run["id"]))["kind"] == EXPORT_KIND
    [export] = clock.application.client.get("/api/v1/exports").json()["items"]
    assert (export["id"], export["list"]) == (run["id"], "expenses")


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"cron": "* * * *"}, 422, "validation-failed"),
    ({"cron": "0 0 30 2 *"}, 422, "validation-failed"),
    ({"time_zone": "Brasil"}, 422, "validation-failed"),
    ({"action": "nothing"}, 422, "schedule-action-unknown"),
    ({"input": {"is_broken": "maybe"}}, 422, "validation-failed"),
    ({"action": "exports.build", "input": {"list": "nothing", "format": "csv"}}, 422, "export-list-unknown"),
]


def test_what_cannot_be_scheduled_is_refused(clock: Clock) -> None:
    usual = {"name": "x", "action": "toys.play", "cron": "0 8 * * *"}
    answers = [(body, clock.call("POST", "", usual | body)) for body, _, _ in REFUSED]
    assert [(body, answer.status_code, answer.json()["code"]) for body, answer in answers] == REFUSED
    become(clock.application.app, principal_of(clock.account, role=Role.VIEWER))
    assert clock.call("POST", "", usual).status_code == 403


def test_a_plan_can_be_looked_at_before(clock: Clock) -> None:
    answer = clock.call("GET", "/preview?cron=0%208%20*%20*%201-5&time_zone=America/Sao_Paulo")
    assert len(answer.json()["next_runs"]) == 5
    assert clock.call("GET", "/preview?cron=x").status_code == 422
    assert {"exports.build", "toys.play"} <= {action["name"] for action in clock.call("GET", "/actions").json()}


def test_nobody_elses_schedule_is_seen_or_touched(clock: Clock) -> None:
    schedule_id = clock.add()
    become(clock.application.app, make_principal())
    assert clock.call("GET").json()["items"] == []
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/run"), ("GET", "/runs")):
        assert clock.call(method, f"/{schedule_id}{path}", {}).status_code == 404
