"""Exports from the request to the purge: whose they are, and what becomes of them when something goes wrong."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.factories.identity import make_principal
from tests.fakes.export_bench import ExportBench, principal_of

from malha.exports.service import KIND, SWEEP_KIND
from malha.exports.service import _sweeping as sweeping
from malha.identity.policy import Role
from malha.jobs.registry import get_handler
from malha.storage import Storage

EXPIRED = "UPDATE exports SET expires_at = now() - interval '1 s' WHERE job_id = %s"


class BreakableStorage:
    """A store that can be told to fail at one of its methods, and what to do when that comes."""

    def __init__(self, inner: Storage) -> None:
        self._inner = inner
        self.failing = ""
        self.error: BaseException = OSError("the disk is full")

    def __getattr__(self, name: str) -> Any:
        if name == self.failing:
            raise self.error
        return getattr(self._inner, name)


def sweep(bench: ExportBench) -> None:
    job_id = bench.engine.submit(SWEEP_KIND, [{}])
    while bench.engine.job(job_id)["state"] != "succeeded":
        assert bench.engine.deliver(SWEEP_KIND, (job_id, 0, 0)) == 1


def test_an_export_is_accepted_at_once_and_has_a_file_when_its_job_has_ended(bench: ExportBench) -> None:
    bench.add_expenses(3)
    answer = bench.ask("expenses", "csv")
    export = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (202, f"/api/v1/exports/{export['id']}")
    assert (export["state"], export["file"], export["row_count"]) == ("queued", None, None)
    assert bench.dispatcher.sent == [(KIND, UUID(export["id"]), 1)]
    early = bench.client.get(f"/api/v1/exports/{export['id']}/file")
    assert (early.status_code, early.json()["code"]) == (409, "export-unfinished")
    bench.deliver(export["id"])
    export = bench.read(export["id"])
    content = bench.client.get(export["file"]).content
    assert (export["state"], export["row_count"], export["size"]) == ("succeeded", 3, len(content))
    assert (export["message"], export["error"]) == (None, None)
    [job] = [bench.engine.job(UUID(export["id"]))]
    assert job["result"] == {"rows": 3, "size": len(content)}
    assert len(bench.stored()) == 1


def test_a_repeated_request_under_its_key_finds_its_export(bench: ExportBench) -> None:
    first, again = bench.ask("expenses", key="k"), bench.ask("expenses", key='"k"')
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["id"] == again.json()["id"]
    other = bench.ask("expenses", "csv", key="k")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert len(bench.client.get("/api/v1/exports").json()["items"]) == 1


@pytest.mark.parametrize(
    ("name", "form", "query", "place"),
    [
        ("expenses", "pdf", {}, ["body", "format"]),
        ("expenses", "csv", {"reviews": ["pending"]}, ["body", "filter", "reviews"]),
        ("expenses", "csv", {"review": ["later"]}, ["body", "filter", "review", 0]),
        ("expenses", "csv", {"cnpj": "1\x002"}, ["body", "filter", "cnpj"]),
        ("audit-findings", "csv", {}, ["body", "filter", "audit_id"]),
        ("bank-transactions", "csv", {"day_from": "31/12/2026"}, ["body", "filter", "day_from"]),
    ],
)
def test_a_bad_request_is_refused_with_the_field(
    bench: ExportBench, name: str, form: str, query: dict[str, Any], place: list[Any]
) -> None:
    answer = bench.ask(name, form, **query)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation-failed")
    assert [error["loc"] for error in answer.json()["errors"]] == [place]


def test_an_unknown_list_is_refused_with_those_that_there_are(bench: ExportBench) -> None:
    answer = bench.ask("secrets")
    assert (answer.status_code, answer.json()["code"]) == (422, "export-list-unknown")
    assert "audit-documents, audit-findings, bank-transactions, classifications, expenses" in answer.json()["detail"]


def test_another_tenants_audit_cannot_be_exported(bench: ExportBench) -> None:
    assert bench.ask("audit-findings", audit_id=str(uuid4())).json()["code"] == "audit-not-found"


def test_another_tenants_export_is_404(bench: ExportBench) -> None:
    export_id = bench.accept("expenses")
    bench.deliver(export_id)
    bench.become(make_principal())
    for method, path in (("GET", ""), ("GET", "/file"), ("DELETE", "")):
        answer = bench.client.request(method, f"/api/v1/exports/{export_id}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "export-not-found")
    assert bench.client.get("/api/v1/exports").json()["items"] == []


def test_a_credential_needs_the_lists_own_scope_to_ask_and_to_download(bench: ExportBench) -> None:
    export_id = bench.accept("expenses")
    bench.deliver(export_id)
    bench.become(replace(bench.principal, scopes=frozenset({"exports:*", "audits:read"})))
    assert bench.ask("expenses").json()["code"] == "scope-missing"
    assert bench.client.get(f"/api/v1/exports/{export_id}/file").json()["code"] == "scope-missing"
    names = [one["name"] for one in bench.client.get("/api/v1/exports/lists").json()]
    assert names == ["audit-documents", "audit-findings"]


def test_a_member_who_was_removed_meanwhile_gets_nothing(bench: ExportBench) -> None:
    bench.add_expenses(3)
    owner, member = bench.principal, bench.add_member(Role.EDITOR)
    bench.become(member)
    export_id = bench.accept("expenses")
    bench.engine.record.execute("DELETE FROM workspace_members WHERE user_id = %s", [member.user_id])
    bench.deliver(export_id)
    bench.become(owner)
    export = bench.read(export_id)
    assert (export["state"], export["file"], export["error"]["type"]) == ("failed", None, "PermanentError")
    assert bench.stored() == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE users SET is_active = false WHERE id = %(user)s",
        "UPDATE workspaces SET deleted_at = now() WHERE id = %(workspace)s",
    ],
)
def test_an_account_or_a_workspace_that_is_closed_meanwhile_gets_nothing(bench: ExportBench, change: str) -> None:
    bench.add_expenses(3)
    export_id = bench.accept("expenses")
    names = {"user": bench.principal.user_id, "workspace": bench.principal.workspace_id}
    bench.engine.record.execute(change, names)  # type: ignore[arg-type] - one of the two above
    bench.deliver(export_id)
    assert bench.read(export_id)["state"] == "failed"
    assert bench.stored() == []


def test_a_member_with_less_rights_than_before_still_gets_what_they_may_see(bench: ExportBench) -> None:
    bench.add_expenses(3)
    bench.become(bench.add_member(Role.EDITOR))
    export_id = bench.accept("expenses")
    bench.engine.record.execute(
        "UPDATE workspace_members SET role = 'viewer' WHERE user_id = %s", [bench.principal.user_id]
    )
    bench.deliver(export_id)
    assert bench.read(export_id)["row_count"] == 3


def test_another_workspaces_rows_are_in_no_file(bench: ExportBench) -> None:
    bench.add_expenses(2)
    bench.become(principal_of(bench.add_account()))
    bench.add_expenses(3)
    assert len(bench.export("expenses").json()) == 3


@pytest.mark.parametrize("failing", ["put_stream", "flush"])
def test_a_failure_while_writing_leaves_no_file_and_is_tried_again(bench: ExportBench, failing: str) -> None:
    bench.add_expenses(3)
    storage = BreakableStorage(bench.engine.runtime.storage)
    bench.engine.runtime.storage = storage  # type: ignore[assignment] - a fake
    storage.failing = failing
    export_id = bench.accept("expenses")
    bench.deliver(export_id)
    assert (bench.read(export_id)["state"], bench.stored()) == ("running", [])
    storage.failing = ""
    bench.engine.make_due(UUID(export_id))
    bench.deliver(export_id)
    assert bench.read(export_id)["row_count"] == 3
    assert len(bench.stored()) == 1


def test_a_worker_that_dies_between_write_and_settle_leaves_a_file_that_nobody_sees(bench: ExportBench) -> None:
    """The run ends as a kill would end it: its file is written, nothing is settled, its lease runs out."""
    bench.add_expenses(3)
    export_id = bench.accept("expenses")
    job_id = UUID(export_id)
    # Whoever takes the part back raises its fence, so that the first run cannot settle any more.
    bench.engine.record.execute(
        "CREATE FUNCTION lose() RETURNS trigger AS $$ BEGIN UPDATE job_parts SET fence = fence + 1, state = 'queued', "
        "sent_at = NULL WHERE job_id = NEW.job_id; RETURN NEW; END $$ LANGUAGE plpgsql"
    )
    bench.engine.record.execute("CREATE TRIGGER lose AFTER UPDATE ON exports FOR EACH ROW EXECUTE FUNCTION lose()")
    bench.deliver(export_id)
    assert len(bench.stored()) == 1
    assert (bench.read(export_id)["file"], bench.read(export_id)["row_count"]) == (None, None)
    bench.engine.record.execute("DROP TRIGGER lose ON exports; DROP FUNCTION lose")
    bench.engine.expire_leases(job_id)
    bench.engine.record.execute("UPDATE job_parts SET state = 'queued', run_after = now() WHERE job_id = %s", [job_id])
    bench.deliver(export_id)
    export = bench.read(export_id)
    assert (export["state"], export["row_count"]) == ("succeeded", 3)
    assert len(bench.client.get(export["file"]).json()) == 3
    assert len(bench.stored()) == 2
    bench.engine.record.execute(EXPIRED, [job_id])
    sweep(bench)
    assert bench.stored() == []


def test_a_file_that_cannot_be_shown_is_removed(bench: ExportBench) -> None:
    record = bench.engine.record
    export_id = bench.accept("expenses")
    record.execute("CREATE FUNCTION fail() RETURNS trigger AS $$ BEGIN RAISE 'no'; END $$ LANGUAGE plpgsql")
    record.execute("CREATE TRIGGER fail BEFORE UPDATE ON exports FOR EACH ROW EXECUTE FUNCTION fail()")
    bench.deliver(export_id)
    record.execute("DROP TRIGGER fail ON exports; DROP FUNCTION fail")
    assert (bench.read(export_id)["state"], bench.stored()) == ("running", [])
    bench.engine.make_due(UUID(export_id))
    bench.deliver(export_id)
    assert bench.read(export_id)["state"] == "succeeded"


def test_a_run_that_takes_too_long_is_stopped_and_leaves_nothing(
    bench: ExportBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.add_expenses(30_000)
    monkeypatch.setattr(get_handler(KIND), "timeout_seconds", 0.3)
    for form in ("csv", "xlsx"):
        export_id = bench.accept("expenses", form)
        bench.deliver(export_id)
        [part] = bench.engine.parts(UUID(export_id))
        assert (part["state"], part["error"]["type"]) == ("queued", "TimeoutError")
    assert bench.stored() == []


def test_a_cancelled_export_writes_nothing_and_can_be_retried(bench: ExportBench) -> None:
    bench.add_expenses(3)
    export_id = bench.accept("expenses")
    cancelled = bench.client.post(f"/api/v1/jobs/{export_id}/cancel")
    assert cancelled.status_code == 200
    bench.deliver(export_id)
    assert (bench.read(export_id)["state"], bench.stored()) == ("cancelled", [])
    bench.client.post(f"/api/v1/jobs/{export_id}/retry")
    bench.deliver(export_id)
    assert bench.read(export_id)["row_count"] == 3


def test_a_run_that_is_cancelled_stops_at_the_next_page(bench: ExportBench) -> None:
    bench.add_expenses(5_000)
    export_id = bench.accept("expenses", "xlsx")
    leases = bench.engine.runtime.leases
    asked: list[UUID] = []

    class Cancelling:
        """Leases that are lost after the second page."""

        def is_lost(self, part: Any) -> bool:
            asked.append(part.job_id)
            return len(asked) > 2

        def __getattr__(self, name: str) -> Any:
            return getattr(leases, name)

    bench.engine.runtime.leases = Cancelling()  # type: ignore[assignment] - a fake
    bench.deliver(export_id)
    bench.engine.runtime.leases = leases
    assert (len(asked), bench.stored()) == (3, [])
    assert bench.read(export_id)["file"] is None


def test_an_export_under_way_cannot_be_deleted_and_one_that_has_ended_goes_with_its_file(bench: ExportBench) -> None:
    export_id = bench.accept("expenses")
    path = f"/api/v1/exports/{export_id}"
    assert bench.client.delete(path).json()["code"] == "export-active"
    bench.deliver(export_id)
    assert bench.client.delete(path).status_code == 204
    assert bench.client.get(path).status_code == 404
    assert bench.stored() == []
    logged = bench.engine.record.execute(
        "SELECT action, actor_id FROM audit_log WHERE entity_id = %s ORDER BY performed_at", [export_id]
    )
    actor = str(bench.principal.user_id)
    assert [tuple(row.values()) for row in logged] == [("EXPORT_REQUESTED", actor), ("EXPORT_DELETED", actor)]


def test_an_expired_file_is_gone_before_and_after_the_sweep(bench: ExportBench) -> None:
    export_id = bench.accept("expenses")
    bench.deliver(export_id)
    kept = bench.accept("expenses")
    bench.deliver(kept)
    bench.engine.record.execute(EXPIRED, [UUID(export_id)])
    assert bench.read(export_id)["file"] is None
    assert bench.client.get(f"/api/v1/exports/{export_id}/file").json()["code"] == "export-expired"
    sweep(bench)
    assert bench.client.get(f"/api/v1/exports/{export_id}").status_code == 404
    assert [path.parts[-3] for path in bench.stored()] == [kept]


def test_a_sweep_goes_on_until_nothing_is_left_that_has_expired(
    bench: ExportBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "EXPORTS_PER_SWEEP", 2)
    for _ in range(5):
        export_id = bench.accept("expenses")
        bench.deliver(export_id)
        bench.engine.record.execute(EXPIRED, [UUID(export_id)])
    sweep(bench)
    assert (bench.client.get("/api/v1/exports").json()["items"], bench.stored()) == ([], [])


def test_a_sweep_that_fails_half_way_is_made_good_by_the_next(bench: ExportBench) -> None:
    export_id = bench.accept("expenses")
    bench.deliver(export_id)
    bench.engine.record.execute(EXPIRED, [UUID(export_id)])
    storage = BreakableStorage(bench.engine.runtime.storage)
    bench.engine.runtime.storage = storage  # type: ignore[assignment] - a fake
    storage.failing = "delete_prefix"
    job_id = bench.engine.submit(SWEEP_KIND, [{}])
    bench.engine.deliver(SWEEP_KIND, (job_id, 0, 0))
    assert (bench.engine.job(job_id)["state"], len(bench.stored())) == ("running", 1)
    storage.failing = ""
    sweep(bench)
    assert bench.stored() == []


def test_a_file_that_was_lost_is_told_as_gone(bench: ExportBench) -> None:
    export_id = bench.accept("expenses")
    bench.deliver(export_id)
    shutil.rmtree(bench.uploads / "exports")
    assert bench.client.get(f"/api/v1/exports/{export_id}/file").status_code == 410


def test_what_waits_past_its_time_is_not_swept_and_runs(bench: ExportBench) -> None:
    export_id = bench.accept("expenses")
    bench.engine.record.execute(EXPIRED, [UUID(export_id)])
    sweep(bench)
    bench.deliver(export_id)
    assert bench.client.get(bench.read(export_id)["file"]).status_code == 200


def test_a_folder_that_is_no_exports_is_swept_and_other_files_are_left(bench: ExportBench) -> None:
    kept = bench.accept("expenses")
    bench.deliver(kept)
    for folder in (f"exports/{uuid4()}/run", "exports/readme", f"{uuid4()}", "statements/x"):
        (bench.uploads / folder).mkdir(parents=True)
        (bench.uploads / folder / "file").write_text("x")
    sweep(bench)
    left = [path.relative_to(bench.uploads).parts[:2] for path in bench.stored()]
    assert ("exports", kept) in left
    assert ("exports", "readme") in left
    assert len(left) == 4


def test_exports_are_listed_newest_first(bench: ExportBench) -> None:
    ids = [bench.accept("expenses") for _ in range(3)][::-1]
    page = bench.client.get("/api/v1/exports", params={"limit": 2}).json()
    assert [one["id"] for one in page["items"]] == ids[:2]
    rest = bench.client.get("/api/v1/exports", params={"limit": 2, "cursor": page["next_cursor"]}).json()
    assert ([one["id"] for one in rest["items"]], rest["next_cursor"]) == (ids[2:], None)


def test_an_export_whose_row_is_gone_is_skipped(bench: ExportBench) -> None:
    export_id = bench.accept("expenses")
    bench.engine.record.execute("DELETE FROM exports WHERE job_id = %s", [UUID(export_id)])
    bench.deliver(export_id)
    assert bench.engine.job(UUID(export_id))["result"] == {"skipped": "the export was deleted"}


def test_an_audit_that_is_deleted_meanwhile_ends_the_export(bench: ExportBench) -> None:
    audit_id = uuid4()
    names = {"id": audit_id, "workspace": bench.principal.workspace_id, "user": bench.principal.user_id}
    bench.engine.record.execute(
        "INSERT INTO jobs (id, kind, workspace_id, total) VALUES (%(id)s, 'audits.process', %(workspace)s, 1)", names
    )
    bench.engine.record.execute(
        "INSERT INTO audits (job_id, workspace_id, owner_id, idempotency_key, input_summary, storage_path, files) "
        "VALUES (%(id)s, %(workspace)s, %(user)s, 'k', 'x', 'x', '[]')",
        names,
    )
    export_id = bench.accept("audit-documents", audit_id=str(audit_id))
    bench.engine.record.execute("DELETE FROM jobs WHERE id = %s", [audit_id])
    bench.deliver(export_id)
    export = bench.read(export_id)
    assert (export["state"], export["error"]["message"]) == ("failed", "Audit not found.")
