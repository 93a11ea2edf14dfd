"""A saved search tells of each procurement and version once, and why."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.factories.identity import make_principal
from tests.fakes.application import open_application
from tests.fakes.engine import Engine
from tests.fakes.loopback import wait_until
from tests.fakes.scripted_pncp import CNPJ, item, result
from tests.integration.procurement.conftest import TABLES
from tests.integration.procurement.watching import WATCHED, Watch, record, search_of

from malha.identity.policy import Role
from malha.kit.ids import new_id
from malha.kit.urls import libpq_url
from malha.procurement.service import WATCH_KIND, match_changes, tell_due
from malha.procurement.service._store import store_records


@pytest.fixture(scope="module")
def stage(database_url: str, redis_url: str) -> Iterator[Watch]:
    engine = Engine(database_url, redis_url)
    with open_application(engine.settings) as application:
        yield Watch(engine, application, make_principal())
    engine.close()


@pytest.fixture
def watch(stage: Watch) -> Iterator[Watch]:
    stage.become(make_principal())
    yield stage
    stage.engine.record.execute(f"TRUNCATE jobs, {TABLES}, {WATCHED} CASCADE")  # type: ignore[arg-type] - a constant


def test_what_a_search_finds_is_told_once_with_the_reason(watch: Watch) -> None:
    search_id = watch.save("reagente laboratório", name="Reagentes", filter={"uf": ["PE", "SP"], "value_from": 10})
    watch.write(record(1, "Aquisição de REAGENTES para o laboratório <central>"), record(2, "Material de limpeza"))

    watch.watch()
    watch.watch()

    assert watch.found(search_id) == [1]
    [message] = watch.messages()
    assert message["topic"] == "procurement.search.matched"
    assert message["title"] == "Reagentes: 1 contratação encontrada"
    [match] = message["data"]["matches"]
    assert match["link"] == f"https://pncp.gov.br/app/editais/{CNPJ}/2026/1"
    assert match["is_new"] is True
    reasons = {reason["condition"]: reason for reason in match["reasons"]}
    assert set(reasons) == {"text", "uf", "value"}
    assert reasons["text"]["object"] == (
        "Aquisição de <mark>REAGENTES</mark> para o <mark>laboratório</mark> &lt;central&gt;"
    )
    assert (reasons["uf"]["wanted"], reasons["uf"]["found"]) == (["PE", "SP"], "PE")
    assert (reasons["value"]["from"], reasons["value"]["to"]) == ("10", None)
    [seen] = watch.matches(search_id)
    assert (seen["message_id"], seen["reasons"]) == (message["id"], match["reasons"])


def test_each_version_is_told_once_and_a_repetition_of_one_is_not(watch: Watch) -> None:
    search_id = watch.save("reagente")
    first = record(1, "Aquisição de reagentes")
    watch.write(first)
    watch.watch()
    watch.write(first)
    watch.watch()
    assert watch.told() == [1]

    watch.write(record(1, "Aquisição de reagentes, retificado", version="2099-01-01T00:00:00"))
    watch.watch()
    assert watch.told() == [1, 1]
    assert [message["data"]["matches"][0]["is_new"] for message in watch.messages()] == [True, False]
    assert watch.found(search_id) == [1, 1]


def test_a_search_that_wants_news_only_hears_of_a_procurement_once(watch: Watch) -> None:
    watch.save("reagente", tell_of="new")
    watch.write(record(1, "Aquisição de reagentes"))
    watch.watch()
    watch.write(record(1, "Aquisição de reagentes II", version="2099-01-01T00:00:00"))
    watch.watch()
    assert watch.told() == [1]


def test_words_that_stand_in_an_item_are_found_when_the_items_come(watch: Watch) -> None:
    anywhere, in_object, in_items = (
        watch.save("dipirona"),
        watch.save("dipirona", look_in="object"),
        watch.save("medicamentos", look_in="items"),
    )
    watch.write(record(1, "Aquisição de medicamentos"))
    watch.watch()
    assert watch.told() == []

    watch.write_items(1, [item(1, descricao="Seringa"), item(2, descricao="DIPIRONA sódica 500 mg")])
    watch.watch()

    assert [watch.found(search_id) for search_id in (anywhere, in_object, in_items)] == [[1], [], []]
    [match] = watch.matches(anywhere)
    [reason] = match["reasons"]
    assert reason["object"] is None
    assert [(each["number"], each["highlight"]) for each in reason["items"]] == [
        (2, "<mark>DIPIRONA</mark> sódica 500 mg")
    ]
    watch.write_items(1, [item(2, descricao="DIPIRONA sódica 500 mg")])
    watch.watch()
    assert watch.found(anywhere) == [1]


CONDITIONS: list[tuple[dict[str, Any], bool]] = [
    ({"organ": [CNPJ]}, True),
    ({"organ": ["11222333000181"]}, False),
    ({"uf": ["PE"]}, True),
    ({"uf": ["SP"]}, False),
    ({"city": ["2611606"]}, True),
    ({"modality": [6, 8]}, True),
    ({"modality": [8]}, False),
    ({"situation": [1]}, True),
    ({"value_to": 10}, False),
    ({"published_from": "2026-03-02", "published_to": "2026-03-02"}, True),
    ({"published_to": "2026-03-01"}, False),
    ({"ncm": ["30049099"]}, True),
    ({"ncm": ["3004"]}, True),
    ({"ncm": ["8471"]}, False),
    ({"catalog": ["271"]}, True),
    ({"supplier": ["49324221000104"]}, True),
    ({"supplier": ["11222333000181"]}, False),
    ({"q": '"medicamentos diversos"'}, True),
    ({"q": '"diversos medicamentos"'}, False),
    ({"q": "medicamento -diversos"}, False),
    ({"q": "medicamento -seringa"}, True),
    ({}, True),
]


def test_every_condition_is_asked(watch: Watch) -> None:
    searches = {watch.save(filter=wanted): (wanted, finds) for wanted, finds in CONDITIONS}
    watch.write(record(1, "Medicamentos diversos"))
    fields = {"ncmNbsCodigo": "30049099", "catalogoCodigoItem": "271"}
    watch.write_items(1, [item(1, has_result=True, **fields)], [(1, result(1))])
    watch.match()
    watch.match()
    wrong = [wanted for search_id, (wanted, finds) in searches.items() if watch.found(search_id) != [1] * finds]
    assert wrong == []


def test_a_number_finds_what_has_it(watch: Watch) -> None:
    numbers = [CNPJ, f"{CNPJ}-1-000001/2026", "23069.000123/2026-11"]
    searches = [watch.save(number) for number in numbers]
    other = watch.save(f"{CNPJ}-1-000002/2026")
    watch.write(record(1, "Reagentes", processo="23069.000123/2026-11"))
    watch.watch()
    assert [watch.found(search_id) for search_id in (*searches, other)] == [[1], [1], [1], []]
    [match] = watch.matches(searches[0])
    assert [reason["is_number"] for reason in match["reasons"]] == [True]


def test_old_versions_that_a_backfill_brings_are_no_news(watch: Watch) -> None:
    search_id = watch.save("reagente")
    watch.write(record(1, "Reagentes de antigamente", version="2026-03-02T12:00:00"))
    watch.watch()
    assert (watch.found(search_id), watch.waiting()) == ([], 0)


def test_a_transaction_that_commits_late_is_found_when_it_does(watch: Watch) -> None:
    search_id = watch.save("reagente")
    database = watch.engine.runtime.database

    async def late_and_early() -> None:
        async with database.session() as late:
            await store_records(late, "procurement", [record(1, "Reagente atrasado")], is_live=True)
            # It has the lower numbers, and is not committed yet: what comes after it passes it by.
            async with database.session() as early:
                row = record(2, "Reagente adiantado")
                row["orgaoEntidade"], row["unidadeOrgao"]["codigoUnidade"] = {"cnpj": "11222333000181"}, "9"
                row["amparoLegal"], row["fontesOrcamentarias"], row["modalidadeId"] = {}, [], 8
                await store_records(early, "procurement", [row], is_live=True)
            async with database.session() as session:
                assert await match_changes(session) == 1
            async with database.session() as session:
                assert await match_changes(session) == 0

    watch.engine.runtime.run(late_and_early())
    assert watch.found(search_id) == [2]
    watch.watch()
    assert watch.found(search_id) == [1, 2]
    assert sorted(watch.told()) == [1, 2]


def commit_once_waited_for(editor: psycopg.Connection, database_url: str) -> None:
    """Commit when another transaction waits for the editor's."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND %s = ANY(pg_blocking_pids(pid))"
    with psycopg.connect(libpq_url(database_url), autocommit=True) as looker:
        wait_until(lambda: (looker.execute(waiting, [editor.info.backend_pid]).fetchone() or [0])[0])
        editor.commit()


class Killed(Exception):
    """The process ended here."""


def kill_between(watch: Watch, *steps: Any) -> None:
    """Take the steps in one transaction, which then is never committed."""

    async def go() -> None:
        async with watch.engine.runtime.database.session() as session:
            for step in steps:
                await step(session)
            raise Killed

    with pytest.raises(Killed):
        watch.engine.runtime.run(go())


@pytest.mark.parametrize("told_before", [False, True], ids=["matched", "matched and told"])
def test_a_run_that_is_killed_has_done_nothing(watch: Watch, told_before: bool) -> None:
    search_id = watch.save("reagente")
    watch.write(record(1, "Reagentes"), record(2, "Reagentes"))
    kill_between(watch, match_changes, *([tell_due] if told_before else []))
    assert (watch.found(search_id), watch.messages(), watch.waiting()) == ([], [], 2)
    watch.match()
    kill_between(watch, tell_due)
    assert watch.messages() == []
    watch.watch()
    assert sorted(watch.told()) == [1, 2]
    assert watch.waiting() == 0


def test_a_run_that_has_lost_its_lease_writes_nothing_and_the_next_one_all(watch: Watch) -> None:
    watch.save("reagente")
    watch.write(record(1, "Reagentes"))
    job_id = watch.engine.submit(WATCH_KIND, [{}])
    engine = watch.engine
    [stale] = engine.runtime.ledger.claim(WATCH_KIND, [(str(job_id), 0, 0)], limit=1)
    engine.expire_leases(job_id)
    engine.record.execute("UPDATE job_parts SET state = 'queued', lease_until = NULL, fence = fence + 1")
    assert stale.fence == 1
    engine.deliver(WATCH_KIND, (job_id, 0, 0))
    engine.deliver(WATCH_KIND, (job_id, 0, 0))
    assert watch.told() == [1]
    assert engine.job(job_id)["state"] == "succeeded"


def test_two_runs_at_once_share_the_changes_and_tell_of_each_once(watch: Watch) -> None:
    search_id = watch.save("reagente")
    watch.write(*(record(number, "Reagentes") for number in range(1, 11)))
    database = watch.engine.runtime.database

    async def both() -> None:
        async with database.session() as one, database.session() as other:
            assert await match_changes(one, limit=6) == 6
            assert await match_changes(other, limit=6) == 4
        async with database.session() as one, database.session() as other:
            await tell_due(one)
            await tell_due(other)

    watch.engine.runtime.run(both())
    assert watch.found(search_id) == list(range(1, 11))
    assert sorted(watch.told()) == list(range(1, 11))


def test_a_changed_filter_is_asked_anew_of_what_was_not_told_yet(watch: Watch) -> None:
    search_id = watch.save("reagente")
    other = watch.save("reagente", name="Outra")
    watch.write(record(1, "Reagentes"), record(2, "Reagentes e luvas"))
    watch.match()

    answer = watch.call("PATCH", f"/{search_id}", {"filter": {"q": "luva"}})
    assert answer.json()["filter"] == {"q": "luva"}
    watch.watch()

    assert watch.found(search_id) == [2]
    assert watch.found(other) == [1, 2]
    told = {message["data"]["search"]["name"]: message["data"]["count"] for message in watch.messages()}
    assert told == {"Busca": 1, "Outra": 2}
    watch.call("PATCH", f"/{search_id}", {"filter": {"q": "reagente"}})
    watch.watch()
    assert watch.found(search_id) == [2], "what was told of stays told, and what was passed over stays so"


def test_a_filter_that_is_changed_while_it_is_compared_is_asked_anew(watch: Watch, database_url: str) -> None:
    search_id = watch.save("reagente")
    watch.write(record(1, "Reagentes"))
    with psycopg.connect(libpq_url(database_url)) as editor:
        editor.execute('UPDATE procurement_saved_searches SET filter = \'{"q": "luva"}\', revision = revision + 1')
        # The comparison reads the search as it was, and then waits for whoever is changing it.
        committing = threading.Thread(target=commit_once_waited_for, args=[editor, database_url])
        committing.start()
        watch.match()
        committing.join()
    assert (watch.found(search_id), watch.waiting()) == ([], 1)
    watch.watch()
    assert watch.found(search_id) == []


def test_a_digest_waits_for_its_hour_and_gathers(watch: Watch) -> None:
    search_id = watch.save("reagente", frequency="daily", hour=7, time_zone="America/Manaus")
    watch.write(record(1, "Reagentes"))
    watch.watch()
    watch.write(record(2, "Reagentes"))
    watch.watch()
    assert (watch.found(search_id), watch.told()) == ([1, 2], [])
    due = search_of(watch, search_id)["next_digest_at"]

    watch.engine.record.execute("UPDATE procurement_saved_searches SET next_digest_at = now() - interval '1 s'")
    watch.watch()
    watch.watch()

    [message] = watch.messages()
    assert message["data"]["count"] == 2
    assert search_of(watch, search_id)["next_digest_at"] == due
    watch.call("PATCH", f"/{search_id}", {"frequency": "at-once"})
    watch.write(record(3, "Reagentes"))
    watch.watch()
    assert watch.told() == [1, 2, 3]


def test_more_than_a_message_holds_makes_several_and_each_match_is_in_one(watch: Watch) -> None:
    watch.save("reagente")
    watch.write(*(record(number, "Reagentes") for number in range(1, 251)))
    watch.watch()
    assert [message["data"]["count"] for message in watch.messages()] == [200, 50]
    assert sorted(watch.told()) == list(range(1, 251))


def test_a_search_that_is_switched_off_hears_nothing(watch: Watch) -> None:
    search_id = watch.save("reagente")
    watch.call("PATCH", f"/{search_id}", {"is_active": False})
    watch.write(record(1, "Reagentes"))
    watch.watch()
    assert (watch.found(search_id), watch.waiting()) == ([], 0)


def test_changes_do_not_pile_up_where_nobody_searches(watch: Watch) -> None:
    watch.write(*(record(number, "Reagentes") for number in range(1, 6)))
    assert watch.waiting() == 5
    watch.watch()
    assert watch.waiting() == 0


def test_a_persons_number_does_not_leave_the_house(watch: Watch) -> None:
    watch.save("reagente")
    watch.write(record(1, "Reagentes de 529.982.247-25, autônomo"))
    watch.watch()
    assert "529.982.247-25" not in str(watch.messages())
    assert "982.247" in str(watch.messages())


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"name": "x", "filter": {"q": "de para com"}}, 422, "search-text-common"),
    ({"name": "x", "filter": {"supplier": ["52998224725"]}}, 403, "personal-number-refused"),
    ({"name": "x", "filter": {"uf": ["pe"]}}, 422, "validation-failed"),
    ({"name": "x", "filter": {"nothing": 1}}, 422, "validation-failed"),
    ({"name": "x", "filter": {}, "time_zone": "Brasil/Aqui"}, 422, "validation-failed"),
    ({"name": "x\ny", "filter": {}}, 422, "validation-failed"),
    ({"name": "x", "filter": {}, "hour": 24}, 422, "validation-failed"),
    ({"name": "x", "filter": {}, "endpoint_ids": [str(new_id())]}, 422, "saved-search-endpoint-unknown"),
]


def test_what_cannot_be_searched_is_refused(watch: Watch) -> None:
    answers = [(body, watch.call("POST", "", body)) for body, _, _ in REFUSED]
    assert [(body, answer.status_code, answer.json()["code"]) for body, answer in answers] == REFUSED


def test_nobody_elses_search_is_seen_or_told_of(watch: Watch) -> None:
    search_id = watch.save("reagente")
    watch.write(record(1, "Reagentes"))
    watch.watch()
    watch.become(make_principal())
    assert watch.call("GET").json()["items"] == []
    assert watch.messages() == []
    for method, path in (("GET", ""), ("GET", "/matches"), ("PATCH", ""), ("DELETE", "")):
        assert watch.call(method, f"/{search_id}{path}", {}).status_code == 404
    watch.become(make_principal(role=Role.VIEWER))
    assert watch.call("POST", "", {"name": "x", "filter": {}}).status_code == 403


def test_a_search_is_deleted_with_what_it_has_found(watch: Watch) -> None:
    search_id = watch.save("reagente")
    watch.write(record(1, "Reagentes"))
    watch.watch()
    assert watch.call("DELETE", f"/{search_id}").status_code == 204
    assert watch.one("SELECT count(*) AS n FROM procurement_search_matches")["n"] == 0
