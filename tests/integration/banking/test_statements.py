"""Statement files imported: once each, whole or not at all, into the right account."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from uuid import UUID

import pytest
from tests.factories import statements as files
from tests.factories.forms import FormFile
from tests.factories.identity import make_principal
from tests.factories.statements import Line
from tests.fakes.banking_bench import BankingBench

from malha.banking.rules.remarks import MappingNeededError
from malha.banking.rules.statements import Item
from malha.banking.service import import_statement, refuse_statement
from malha.banking.service._mapping import MOST_JUDGED_BYTES
from malha.banking.service._reading import read_items

MARCH = [
    Line.of("2026-03-01", "-10.00", "TARIFA", fitid="A1"),
    Line.of("2026-03-02", "-150.00", "PIX ENVIADO", fitid="A2"),
    Line.of("2026-03-02", "-150.00", "PIX ENVIADO", fitid="A3"),
    Line.of("2026-03-03", "1500.00", "TED 11.222.333/0001-81 CONDOMINIO", fitid="A4"),
]


def test_a_statement_becomes_transactions_with_their_origin(bench: BankingBench) -> None:
    account_id = bench.add_account()
    (statement,) = bench.import_(account_id, files.ofx(MARCH))
    assert (statement["status"], statement["format"]) == ("IMPORTED", "OFX")
    assert (statement["entry_count"], statement["added_count"]) == (4, 4)
    rows = bench.transactions()
    assert [(row["day"], row["amount"], row["direction"]) for row in rows] == [
        ("2026-03-01", "10.00", "DEBIT"),
        ("2026-03-02", "150.00", "DEBIT"),
        ("2026-03-02", "150.00", "DEBIT"),
        ("2026-03-03", "1500.00", "CREDIT"),
    ]
    last = rows[-1]
    assert (last["counterpart_document"], last["fitid"], last["source"]) == ("11222333000181", "A4", "OFX")
    assert last["statement_id"] == statement["id"]
    account = bench.get(f"/accounts/{account_id}")
    assert (account["bank_code"], account["number"], account["balance"]) == ("0341", "12345-6", "1234.56")


def test_importing_again_adds_nothing_and_overlaps_add_what_is_new(bench: BankingBench) -> None:
    account_id = bench.add_account()
    counts = [
        bench.import_(account_id, files.ofx(lines))[0]["added_count"] for lines in (MARCH[:2], MARCH[:2], MARCH[1:])
    ]
    assert counts == [2, 0, 2]
    assert len(bench.transactions()) == 4


def test_every_format_of_the_same_days_says_the_same(bench: BankingBench) -> None:
    account_id = bench.add_account()
    bench.import_(account_id, files.csv(MARCH), name="extrato.csv")
    for content, name in (
        (files.ofx(MARCH), "a.ofx"),
        (files.cnab240(MARCH), "a.ret"),
        (files.ofx_xml(MARCH), "b.ofx"),
    ):
        (statement,) = bench.import_(account_id, content, name=name)
        assert (statement["entry_count"], statement["added_count"]) == (4, 0), name
    assert len(bench.transactions()) == 4


def test_the_database_itself_refuses_a_second_row_of_one_identity(bench: BankingBench) -> None:
    account_id = bench.add_account()
    bench.import_(account_id, files.ofx(MARCH))
    rows = bench.engine.record.execute("SELECT * FROM bank_transactions").fetchall()
    copy = "INSERT INTO bank_transactions SELECT gen_random_uuid(), workspace_id, account_id, day, amount, direction, "
    copy += "status, occurred_at, description, kind, counterpart_document, counterpart_name, fitid, nsu, provider_id, "
    copy += "source, statement_id, identity, raw, removed_at, created_at FROM bank_transactions ON CONFLICT DO NOTHING"
    bench.engine.record.execute(copy)
    assert len(bench.transactions()) == len(rows) == 4


def test_imports_of_one_account_at_the_same_time_add_each_entry_once(bench: BankingBench) -> None:
    account_id = bench.add_account()
    ids = [bench.import_(account_id, files.ofx(MARCH[:1]))[0]["id"] for _ in range(4)]
    found = list(read_items(files.ofx(MARCH), None))
    database = bench.engine.runtime.database

    async def import_one(statement_id: str) -> int:
        async with database.session() as session:
            result = await import_statement(session, UUID(statement_id), _as_they_come(found))
            await session.commit()
        assert result is not None
        return result["added"]

    async def import_all() -> list[int]:
        return await asyncio.gather(*map(import_one, ids))

    assert sorted(bench.engine.runtime.run(import_all())) == [0, 0, 0, 3]


async def _as_they_come(items: list[Item]) -> AsyncIterator[Item]:
    for item in items:
        yield item


def test_a_file_that_is_refused_adds_nothing_and_says_why(bench: BankingBench) -> None:
    account_id = bench.add_account(number="99999-9")
    foreign, broken = bench.import_(account_id, files.ofx(MARCH), files.ofx(MARCH, number="99999-9")[:-40])
    assert {foreign["status"], broken["status"]} == {"REFUSED"}
    assert foreign["problem"] == "o arquivo é da conta 12345-6, não da conta 99999-9"
    assert broken["problem"] == "o arquivo termina dentro de STMTRS"
    in_english = bench.client.get(f"/api/v1/banking/statements/{broken['id']}", headers={"Accept-Language": "en"})
    assert in_english.json()["problem"] == "the file stops inside STMTRS"
    assert bench.transactions() == []
    job = bench.engine.job(UUID(foreign["job_id"]))
    assert (job["state"], job["failed"]) == ("failed", 2)
    assert (job["result"]["files"], job["result"]["refused"], job["result"]["entries"]) == (2, 2, 0)


def test_what_is_left_out_of_a_file_is_counted_and_listed_in_both_languages(bench: BankingBench) -> None:
    account_id = bench.add_account()
    lines = [*MARCH, Line.of("2026-03-03", "1390.00", "S A L D O")]
    (statement,) = bench.import_(account_id, files.ofx(lines).replace(b"<TRNAMT>-10.00", b"<TRNAMT>."))
    assert (statement["status"], statement["entry_count"], statement["added_count"]) == ("IMPORTED", 3, 3)
    assert (statement["skipped_count"], statement["unreadable_count"]) == (2, 1)
    unreadable, balance = statement["skipped"]
    assert (unreadable["line"], unreadable["reason"]) == (15, "amount-unreadable")
    assert unreadable["message"] == "valor ilegível: '.'"
    assert "TARIFA" in unreadable["text"]
    assert (balance["reason"], "S A L D O" in balance["text"]) == ("balance", True)
    path = f"/api/v1/banking/statements/{statement['id']}"
    english = bench.client.get(path, headers={"Accept-Language": "en"}).json()
    assert [line["message"] for line in english["skipped"]] == [
        "no amount that can be read: '.'",
        "a balance, no transaction",
    ]
    assert bench.engine.job(UUID(statement["job_id"]))["result"]["unreadable"] == 1


def test_the_statements_balances_are_told_and_the_accounts_follows(bench: BankingBench) -> None:
    account_id = bench.add_account()
    content = (
        "Data;Histórico;Valor;Saldo\n28/02/2026;SALDO ANTERIOR;;100,00\n01/03/2026;TARIFA;-10,00;90,00\n"
        "02/03/2026;SALDO DO DIA;;90,00\n"
    )
    (statement,) = bench.import_(account_id, content.encode(), name="a.csv")
    told = (statement["opening_balance"], statement["balance"], statement["balance_day"])
    assert told == ("100.00", "90.00", "2026-03-02")
    assert bench.get(f"/accounts/{account_id}")["balance"] == "90.00"
    unclear = files.ofx(MARCH).replace(b"1234.56", b"123456")
    (statement,) = bench.import_(account_id, unclear)
    assert statement["balance"] is None
    assert [warning["reason"] for warning in statement["warnings"]] == ["balance-unclear"]
    assert bench.get(f"/accounts/{account_id}")["balance"] == "90.00"


def test_every_statement_of_the_account_in_a_file_is_imported_once(bench: BankingBench) -> None:
    account_id = bench.add_account(number="12345-6")
    head, _, body = files.ofx(MARCH).decode("cp1252").partition("<STMTTRNRS>")
    body, _, tail = body.rpartition("</STMTTRNRS>")
    other = body.replace("12345-6", "99999-9").replace("PIX", "DE OUTRA CONTA")
    later = body.replace("202603", "202604")
    content = head + "".join(f"<STMTTRNRS>{part}</STMTTRNRS>" for part in (body, other, later, body)) + tail
    (statement,) = bench.import_(account_id, content.encode("cp1252"))
    assert (statement["entry_count"], statement["added_count"]) == (12, 8)
    assert {row["day"][:7] for row in bench.transactions()} == {"2026-03", "2026-04"}
    assert not [row for row in bench.transactions() if "OUTRA" in row["description"]]
    (again,) = bench.import_(account_id, content.encode("cp1252"))
    assert again["added_count"] == 0


def test_every_batch_of_a_cnab_file_is_imported(bench: BankingBench) -> None:
    account_id = bench.add_account()
    days = [[Line.of(f"2026-03-0{day}", f"-{day}0.00")] * 2 for day in (1, 1, 2)]
    batches = [files.cnab240(lines).splitlines(keepends=True) for lines in days]
    trailer = batches[0][-1].replace(b"000006000001", b"000014000003")
    records = [batches[0][0], *(line for batch in batches for line in batch[1:-1]), trailer]
    (statement,) = bench.import_(account_id, b"".join(records), name="extrato.ret")
    assert (statement["status"], statement["entry_count"], statement["added_count"]) == ("IMPORTED", 6, 6)
    (again,) = bench.import_(account_id, b"".join(records), name="extrato.ret")
    assert again["added_count"] == 0


UNTOLD = b"Data;Historico;Valor;Operacao\n02/03/2026;A;10,00;PIX\n03/03/2026;B;20,00;DOC\n"


def test_an_upload_whose_directions_nothing_tells_is_asked_for_a_mapping(bench: BankingBench) -> None:
    account_id = bench.add_account()
    file = FormFile("extrato.csv", UNTOLD, "text/csv")
    response = bench.upload(account_id, FormFile("a.ofx", files.ofx(MARCH), "text/plain"), file, key="k")
    assert (response.status_code, response.json()["code"]) == (422, "statement-mapping-needed")
    assert response.json()["detail"].startswith("extrato.csv: coluna 'Operacao': nenhum valor tem sinal")
    assert bench.get("/statements")["items"] == []
    assert [path for path in bench.uploads.rglob("*") if path.is_file()] == []
    mapping = json.dumps({"directions": {"PIX": "DEBIT", "DOC": "CREDIT"}})
    accepted = bench.upload(account_id, file, key="k", mapping=mapping)
    assert accepted.status_code == 202
    bench.work(accepted.json()["job_id"])
    assert [(row["amount"], row["direction"]) for row in bench.transactions()] == [
        ("10.00", "DEBIT"),
        ("20.00", "CREDIT"),
    ]


def test_a_large_file_that_needs_a_mapping_says_so_and_is_tried_again_with_one(bench: BankingBench) -> None:
    account_id = bench.add_account()
    content = UNTOLD + b"\n" * MOST_JUDGED_BYTES
    (statement,) = bench.import_(account_id, content, name="grande.csv")
    assert (statement["status"], statement["mapping_column"]) == ("NEEDS_MAPPING", "Operacao")
    assert "'Operacao'" in statement["problem"]
    assert bench.engine.job(UUID(statement["job_id"]))["result"]["needs_mapping"] == 1
    assert bench.transactions() == []

    path = f"/statements/{statement['id']}/mapping"
    again = bench.post(path, {"positive_is": "DEBIT"})
    assert again.status_code == 202
    assert again.headers["Location"] == f"/api/v1/jobs/{again.json()['job_id']}"
    assert bench.post(path, {"positive_is": "DEBIT"}).json()["code"] == "statement-settled"  # it waits already
    bench.work(again.json()["job_id"])
    imported = bench.get(f"/statements/{statement['id']}")
    assert (imported["status"], imported["mapping_column"], imported["problem"]) == ("IMPORTED", None, None)
    assert imported["job_id"] == again.json()["job_id"]
    assert [row["direction"] for row in bench.transactions()] == ["DEBIT", "DEBIT"]
    refused = bench.post(path, {"positive_is": "CREDIT"})
    assert (refused.status_code, refused.json()["code"]) == (409, "statement-settled")


def test_a_late_refusal_does_not_undo_an_import(bench: BankingBench) -> None:
    account_id = bench.add_account()
    (statement,) = bench.import_(account_id, files.ofx(MARCH))
    error = MappingNeededError("Valor", "english", "português")
    runtime = bench.engine.runtime
    runtime.run(refuse_statement(runtime.database, UUID(statement["id"]), error))
    assert bench.get(f"/statements/{statement['id']}") == statement


def test_statements_are_listed_by_account_and_by_job_newest_first_and_paged(bench: BankingBench) -> None:
    one, two = bench.add_account(), bench.add_account(number="54321-0")
    first = bench.import_(one, files.ofx(MARCH), files.ofx(MARCH))
    bench.import_(two, files.ofx(MARCH, number="54321-0"))
    latest = bench.import_(one, files.ofx(MARCH))
    assert {item["account_id"] for item in bench.get("/statements")["items"]} == {one, two}
    listed = bench.get("/statements", account_id=one)["items"]
    assert [item["account_id"] for item in listed] == [one] * 3
    assert listed[0]["id"] == latest[0]["id"]
    assert {item["id"] for item in bench.get("/statements", job_id=first[0]["job_id"])["items"]} == {
        item["id"] for item in first
    }
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = bench.get("/statements", account_id=one, limit=1, **cursor)
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == [item["id"] for item in listed]


def test_a_csv_mapping_travels_with_the_file(bench: BankingBench) -> None:
    account_id = bench.add_account()
    mapping = json.dumps({"decimal": ".", "columns": {"date": "quando", "amount": "quanto"}})
    (statement,) = bench.import_(account_id, b"quando,quanto\n02/03/2026,1.234\n", name="a.csv", mapping=mapping)
    assert statement["status"] == "REFUSED"
    mapping = json.dumps({"decimal": ",", "columns": {"date": "quando", "amount": "quanto"}})
    (statement,) = bench.import_(account_id, b"quando,quanto\n02/03/2026,1.234\n", name="a.csv", mapping=mapping)
    assert [warning["reason"] for warning in statement["warnings"]] == ["one-direction"]
    assert [row["amount"] for row in bench.transactions()] == ["1234.00"]
    response = bench.upload(account_id, FormFile("a.csv", b"x", "text/csv"), mapping='{"columns": 3}')
    assert (response.status_code, response.json()["code"]) == (422, "statement-mapping-invalid")


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [("a.exe", b"MZ", 415), ("a.ofx", b"MZ\x90\x00", 415), ("a.xlsx", b"PK\x03\x04", 415)],
)
def test_what_is_no_statement_is_not_stored(bench: BankingBench, name: str, content: bytes, status: int) -> None:
    account_id = bench.add_account()
    assert bench.upload(account_id, FormFile(name, content, "text/plain")).status_code == status
    assert [path for path in bench.uploads.rglob("*") if path.is_file()] == []


def test_a_key_stands_for_one_import(bench: BankingBench) -> None:
    account_id = bench.add_account()
    file = FormFile("a.ofx", files.ofx(MARCH), "text/plain")
    first = bench.upload(account_id, file, key="k")
    assert bench.upload(account_id, file, key="k").json() == first.json()
    other = bench.upload(account_id, FormFile("b.ofx", files.ofx(MARCH[:1]), "text/plain"), key="k")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert len(bench.dispatcher.sent) == 1


def test_lists_filter_sort_and_page_without_gaps(bench: BankingBench) -> None:
    one, two = bench.add_account(), bench.add_account(number="54321-0")
    lines = [
        Line.of(f"2026-03-{1 + no % 9:02}", f"{'-' if no % 3 else ''}{1 + no % 5}.00", f"X {no}") for no in range(40)
    ]
    bench.import_(one, files.ofx(lines))
    bench.import_(two, files.ofx(lines, number="54321-0"))
    for sort in ("date", "-date", "amount", "-amount"):
        whole = bench.transactions(sort=sort)
        by = [(row["day"], Decimal(row["amount"])) for row in whole]
        by = by if "date" in sort else [(amount, day) for day, amount in by]
        assert by == sorted(by, reverse=sort.startswith("-"))
        assert bench.transactions(sort=sort, limit=7) == whole
        assert len({row["id"] for row in whole}) == 80
    only = bench.transactions(account_id=one, direction="DEBIT", day_from="2026-03-03", amount_to="3.00", limit=5)
    assert only
    assert all(row["account_id"] == one and row["direction"] == "DEBIT" and row["day"] >= "2026-03-03" for row in only)
    assert [row["description"] for row in bench.transactions(account_id=two, q="x 39")] == ["X 39"]
    totals = bench.get("/transactions/totals", account_id=one)
    expected = sum((line.amount for line in lines), Decimal(0))
    assert (totals["count"], Decimal(totals["net"])) == (40, expected)


def test_a_cost_centre_gathers_its_accounts(bench: BankingBench) -> None:
    center = bench.post(
        "/cost-centers", {"code": "001", "name": "Edifício Aurora", "cnpj": "11.222.333/0001-81"}
    ).json()
    inside = [bench.add_account(cost_center_id=center["id"], number=f"1111{no}") for no in range(3)]
    outside = bench.add_account()
    for no, account_id in enumerate([*inside, outside]):
        bench.import_(account_id, files.ofx(MARCH, number=f"1111{no}"))
    rows = bench.transactions(cost_center_id=center["id"], limit=5)
    assert {row["account_id"] for row in rows} == set(inside)
    assert len(rows) == 12
    assert Decimal(bench.get("/transactions/totals", cost_center_id=center["id"])["credits"]) == 4500
    assert bench.post("/cost-centers", {"code": "001", "name": "x"}).status_code == 409


def test_nobody_reaches_into_another_workspace(bench: BankingBench) -> None:
    account_id = bench.add_account()
    (statement,) = bench.import_(account_id, files.ofx(MARCH))
    (row, *_) = bench.transactions()
    center = bench.post("/cost-centers", {"code": "1", "name": "x"}).json()["id"]
    bench.become(make_principal())
    paths = [f"/accounts/{account_id}", f"/statements/{statement['id']}", f"/transactions/{row['id']}"]
    assert [bench.client.get(f"/api/v1/banking{path}").status_code for path in paths] == [404, 404, 404]
    assert bench.transactions() == bench.transactions(account_id=account_id) == []
    assert bench.transactions(cost_center_id=center) == []
    assert bench.get("/transactions/totals")["count"] == 0
    assert bench.post("/accounts", {"name": "x", "cost_center_id": center}).status_code == 404
    assert bench.upload(account_id, FormFile("a.ofx", b"x", "text/plain")).status_code == 404
    assert bench.post(f"/accounts/{account_id}/sync").status_code == 404
    found = bench.post("/matches", {"payments": [{"amount": "150.00"}, {"transaction_id": row["id"]}]}).json()
    assert [each["transaction"] for each in found] == [None, None]


def test_payments_are_matched_together_and_say_why(bench: BankingBench) -> None:
    account_id = bench.add_account()
    bench.import_(account_id, files.ofx(MARCH))
    pix = {"amount": "150.00", "paid_on": "2026-03-02", "cnpj": "33000167000101"}
    wanted = [pix, pix, pix, {"amount": "8.50", "paid_on": "2026-03-01"}, {"transaction_id": "nobody"}]
    found = bench.post("/matches", {"payments": wanted}).json()
    ids = [each["transaction"] and each["transaction"]["id"] for each in found]
    assert len({id_ for id_ in ids[:3] if id_}) == 2
    assert sorted(each["reasons"][0] for each in found[:3]) == ["amount-equal", "amount-equal", "candidates-taken"]
    assert found[3]["reasons"][:2] == ["amount-with-fee:1.50", "day-equal"]
    assert found[4]["reasons"] == ["transaction-unknown"]
