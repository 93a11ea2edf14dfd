"""Against a portal that holds everything PNCP does: what is here is what it has, and what is said of it is true."""

from __future__ import annotations

from datetime import date

import pytest
from tests.fakes.pncp_copy import read_copy
from tests.fakes.pncp_portal import PncpPortal
from tests.integration.procurement.conftest import Sync

from malha.procurement.rules.partitions import Kind
from malha.procurement.settings import ProcurementSettings
from malha.simulators.conduct import Fault
from malha.simulators.pncp import CONSULTA, FAULTS, faults, truth
from malha.simulators.pncp.copies import Copy, add_entry, compare, faithful_copy
from malha.simulators.pncp.entries import CONTRACTS, PROCUREMENTS

MONDAY = date(2026, 11, 9)
LISTED = [Kind.PROCUREMENTS, Kind.CONTRACTS, Kind.COLLECTION_INSTRUMENTS]


def drain_details(sync: Sync) -> None:
    for _ in range(60):
        sync.engine.record.execute("UPDATE procurement_detail_states SET due_at = now() WHERE state <> 'complete'")
        sync.redis.flushdb()
        sync.deliver("procurement.details")
        if not sync.one("SELECT count(*) AS n FROM procurement_detail_states WHERE state <> 'complete'")["n"]:
            return


@pytest.mark.timeout(300)
@pytest.mark.parametrize("odds", [0.0, 0.1])
def test_a_day_of_every_kind_is_here_as_the_portal_has_it(portal_sync: Sync, portal: PncpPortal, odds: float) -> None:
    kinds = FAULTS - {faults.SLOW, faults.LATER}  # a modality that nobody asks for has a test of its own
    portal.state.set_odds(dict.fromkeys(kinds, odds))
    portal_sync.kinds = [*LISTED]
    portal_sync.backfill(MONDAY.isoformat(), MONDAY.isoformat())
    drain_details(portal_sync)

    wanted = Copy()
    for kind, name, modalities in ((PROCUREMENTS, "procurement", (6, 8)), (CONTRACTS, "contract", (0,))):
        for modality in modalities:
            for entry in truth(portal.state, kind, MONDAY, modality):
                add_entry(wanted, portal.state, entry, name)
    differences = compare(wanted, read_copy(portal_sync.engine.record))
    assert not differences.missing
    assert not differences.different
    states = portal_sync.engine.record.execute("SELECT DISTINCT state FROM procurement_partitions").fetchall()
    assert states == [{"state": "complete"}]
    assert portal_sync.one("SELECT state FROM procurement_runs")["state"] == "success"


def test_price_records_and_plans_are_read_by_every_day_on_which_they_changed(
    portal_sync: Sync, portal: PncpPortal, clock: None
) -> None:
    portal_sync.kinds = [Kind.PRICE_RECORD_UPDATES, Kind.PLAN_UPDATES]

    portal_sync.backfill(MONDAY.isoformat(), MONDAY.isoformat())

    wanted = faithful_copy(portal.state, MONDAY, MONDAY, details=False)
    names = {key[1] for key in wanted.bodies if key[0] == "record"} & {"price_record", "plan"}
    held = read_copy(portal_sync.engine.record)
    mine = {key: body for key, body in wanted.bodies.items() if key[0] == "record" and key[1] in names}
    assert mine
    assert {key: held.bodies.get(key) for key in mine} == mine
    days = portal_sync.one("SELECT min(day) AS first, max(day) AS last FROM procurement_partitions")
    assert (days["first"], days["last"]) == (MONDAY, date(2026, 11, 20))


@pytest.mark.timeout(300)
def test_updates_follow_a_day_and_prove_it_once_it_is_over(portal_sync: Sync, portal: PncpPortal, clock: None) -> None:
    portal.state.calendar.move("2026-11-10T11:00:00")
    today = date(2026, 11, 10)
    portal_sync.update()
    one = "SELECT state, reason FROM procurement_partitions WHERE kind = 'procurements' AND day = %s AND modality = 8"
    assert portal_sync.one(one, today) == {"state": "partial", "reason": "the day was not over"}

    portal.state.calendar.move("2026-11-10T17:00:00")
    touched = truth(portal.state, PROCUREMENTS, today, 8)[0]
    portal.state.touch(touched.control)
    portal_sync.update()
    version = portal_sync.one("SELECT version_at FROM procurements WHERE control_number = %s", touched.control)
    assert version["version_at"].isoformat().startswith("2026-11-10T20:00:00")

    portal.state.calendar.move("2026-11-11T00:20:00")
    portal_sync.update()
    assert portal_sync.one(one, today) == {"state": "complete", "reason": None}
    wanted = Copy()
    for entry in truth(portal.state, PROCUREMENTS, today, 8):
        add_entry(wanted, portal.state, entry, "procurement", details=False)
    assert not compare(wanted, read_copy(portal_sync.engine.record)).missing


def test_open_proposals_and_plans_have_a_run_of_their_own_once_a_day(
    portal_sync: Sync, portal: PncpPortal, clock: None
) -> None:
    schedule(portal_sync)
    for _ in range(2):
        assert portal_sync.deliver("procurement.daily")["state"] == "done"

    run = portal_sync.one("SELECT job_id, mode FROM procurement_runs")
    portal_sync.run(run["job_id"], deliveries=2000)

    assert portal_sync.one("SELECT state FROM procurement_runs")["state"] == "success"
    kinds = portal_sync.engine.record.execute(
        "SELECT kind, state, count(*) AS n FROM procurement_partitions GROUP BY 1, 2 ORDER BY 1"
    ).fetchall()
    assert kinds == [
        {"kind": "open_proposals", "state": "complete", "n": 2},
        {"kind": "plan_updates", "state": "complete", "n": 1},
    ]
    assert portal_sync.count("procurements") > 0


def test_a_modality_that_nobody_asked_for_is_found_by_what_names_it(portal_sync: Sync, portal: PncpPortal) -> None:
    portal_sync.kinds = [Kind.CONTRACTS]
    portal_sync.backfill(MONDAY.isoformat(), MONDAY.isoformat())
    named = portal_sync.one("SELECT count(*) AS n FROM procurement_detail_states WHERE kind = 'unseen'")["n"]
    assert named > 0

    drain_details(portal_sync)

    assert portal_sync.count("procurements") == named
    assert portal_sync.one("SELECT count(*) AS n FROM procurements WHERE items_state <> 'complete'")["n"] == 0
    assert portal_sync.count("procurement_modalities") > 2


def test_what_drifted_is_opened_again(portal_sync: Sync, portal: PncpPortal) -> None:
    portal_sync.kinds = [Kind.CONTRACTS]
    portal_sync.backfill(MONDAY.isoformat(), MONDAY.isoformat())
    schedule(portal_sync)
    portal_sync.deliver("procurement.recount")
    contracts = "SELECT state, reason, recounted_at FROM procurement_partitions WHERE kind = 'contracts'"
    assert portal_sync.one(contracts)["state"] == "complete"
    assert portal_sync.one(contracts)["recounted_at"]
    portal_sync.engine.record.execute("UPDATE procurement_partitions SET wants = wants - 1, recounted_at = NULL")

    portal_sync.deliver("procurement.recount")

    drifted = portal_sync.one(contracts)
    assert drifted["state"] == "partial"
    assert "where" in drifted["reason"]


def test_an_outage_of_the_portal_is_told_apart_from_our_delay(portal_sync: Sync, portal: PncpPortal) -> None:
    schedule(portal_sync)
    portal_sync.deliver("procurement.probe")
    portal.state.faults[CONSULTA] = Fault(faults.HTML_503, None)
    portal_sync.deliver("procurement.probe")

    looks = portal_sync.engine.record.execute("SELECT outcome, status FROM procurement_probes ORDER BY at").fetchall()
    assert looks == [{"outcome": "ok", "status": looks[0]["status"]}, {"outcome": "away", "status": 503}]
    assert looks[0]["status"] in {200, 204}


def schedule(sync: Sync) -> None:
    """As with PNCP_SCHEDULED."""
    settings = sync.engine.settings.of(ProcurementSettings).model_copy(update={"is_scheduled": True})
    sync.engine.runtime.settings = sync.engine.settings.with_groups(settings)


def test_without_a_schedule_nobody_is_called(portal_sync: Sync, portal: PncpPortal) -> None:
    for kind in ("procurement.probe", "procurement.recount", "procurement.schedule", "procurement.daily"):
        assert portal_sync.deliver(kind)["state"] == "done"

    assert not portal.state.asks
