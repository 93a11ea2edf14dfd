"""What leaves the house, what comes back, and what is noted of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from uuid import UUID

import pytest
from tests.factories.identity import make_principal
from tests.fakes.receivers import Answer, Call
from tests.integration.notifications.conftest import Bench

from malha.kit.ids import new_id
from malha.notifications.rules.waits import MOST_ATTEMPTS
from malha.notifications.service import Entry, Letter, Notice


def notice(key: str = "k", **data: Any) -> Notice:
    return Notice(
        topic="procurement.search.matched",
        key=key,
        data=data or {"ação": "çé"},
        pt=Letter("Assunto", "Abertura", (Entry("Pregão 1", "https://malha.example/1", ("R$ 10,00",)),)),
        en=Letter("Subject", "Opening", (Entry("Tender 1", "https://malha.example/1", ("R$ 10.00",)),)),
    )


def is_signed(call: Call, secret: str) -> bool:
    """As a receiver checks it, with nothing of ours."""
    content = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode() + call.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return f"v1,{signature}" in call.headers["webhook-signature"].split(" ")


def test_a_webhook_arrives_signed_and_its_answer_is_in_the_log(bench: Bench) -> None:
    endpoint = bench.add()
    bench.receiver.answers = [Answer(200, b"obrigado")]

    message_id = bench.notify(notice())
    [delivery] = bench.deliver_all()

    [call] = bench.receiver.calls
    assert is_signed(call, endpoint["secret"])
    assert call.headers["content-type"] == "application/json"
    assert message_id is not None
    assert call.headers["webhook-id"] == f"msg_{message_id.hex}"
    body = json.loads(call.body)
    assert (body["type"], body["data"]) == ("procurement.search.matched", {"ação": "çé"})
    assert (delivery["state"], delivery["attempts"], delivery["last_status"]) == ("sent", 1, 200)
    assert [(each["status"], each["excerpt"]) for each in delivery["tries"]] == [(200, "obrigado")]
    assert bench.engine.job(UUID(delivery["id"]))["state"] == "succeeded"


def test_a_notice_is_told_once_however_often_it_is_made(bench: Bench) -> None:
    bench.add()
    assert bench.notify(notice("a")) is not None
    assert bench.notify(notice("a")) is None
    assert bench.notify(notice("b")) is not None
    assert len(bench.deliver_all()) == 2


def test_a_failure_is_tried_again_later_under_the_same_name(bench: Bench) -> None:
    endpoint = bench.add()
    bench.receiver.answers = [Answer(500, b"ai"), Answer(503, b"", {"Retry-After": "600"}), Answer(204)]
    bench.notify(notice())

    [failed] = bench.deliver_all()
    assert (failed["state"], failed["last_error"], failed["attempts"]) == ("retrying", "answered 500", 1)
    assert bench.get(f"/endpoints/{endpoint['id']}")["failing_since"] is not None
    [waiting] = bench.deliver_all()
    part = bench.engine.record.execute("SELECT run_after - now() AS wait FROM job_parts").fetchone()
    assert part is not None
    assert 500 < part["wait"].total_seconds() <= 600
    assert waiting["next_attempt_at"] is not None
    [sent] = bench.deliver_all()

    assert (sent["state"], sent["attempts"]) == ("sent", 3)
    assert [each["status"] for each in sent["tries"]] == [500, 503, 204]
    assert len({call.headers["webhook-id"] for call in bench.receiver.calls}) == 1
    assert bench.get(f"/endpoints/{endpoint['id']}")["failing_since"] is None


def test_after_the_last_try_the_delivery_has_failed_and_can_be_replayed(bench: Bench) -> None:
    bench.add()
    bench.receiver.answers = [Answer(500)] * MOST_ATTEMPTS
    bench.notify(notice())
    for _ in range(MOST_ATTEMPTS - 1):
        bench.deliver_all()
    [delivery] = bench.deliver_all()
    assert (delivery["state"], delivery["attempts"]) == ("failed", MOST_ATTEMPTS)
    assert bench.engine.job(UUID(delivery["id"]))["state"] == "failed"

    answer = bench.post(f"/deliveries/{delivery['id']}/replay", **{"Idempotency-Key": "uma vez"})
    again = bench.post(f"/deliveries/{delivery['id']}/replay", **{"Idempotency-Key": "uma vez"})
    assert (answer.status_code, again.status_code) == (202, 200)
    assert answer.json()["id"] == again.json()["id"] != delivery["id"]
    _, replayed = bench.deliver_all()
    assert replayed["state"] == "sent"
    assert len({call.headers["webhook-id"] for call in bench.receiver.calls}) == 1


def test_an_endpoint_that_failed_for_days_is_switched_off_with_a_note_and_the_others_hear_of_it(bench: Bench) -> None:
    endpoint = bench.add()
    bench.add("live")
    bench.receiver.answers = [Answer(500), Answer(500)]
    bench.notify(notice())
    bench.deliver_all()
    bench.engine.record.execute(
        "UPDATE notification_endpoints SET failing_since = now() - interval '4 days' WHERE kind = 'webhook'"
    )

    bench.deliver_all()

    shown = bench.get(f"/endpoints/{endpoint['id']}")
    assert shown["state"] == "disabled"
    assert "answered 500" in shown["note"]
    topics = [message["topic"] for message in bench.get("/messages")["items"]]
    assert topics == ["notifications.endpoint.disabled", "procurement.search.matched"]
    bench.notify(notice("later"))
    assert all(each["endpoint_id"] != endpoint["id"] for each in bench.deliver_all() if each["topic"].endswith("later"))
    assert len(bench.receiver.calls) == 2

    bench.client.patch(f"/api/v1/notifications/endpoints/{endpoint['id']}", json={"enabled": True})
    bench.notify(notice("repaired"))
    bench.deliver_all()
    assert len(bench.receiver.calls) == 3


def test_a_receiver_that_is_gone_is_not_asked_again(bench: Bench) -> None:
    endpoint = bench.add()
    bench.receiver.answers = [Answer(410)]
    bench.notify(notice())
    [delivery] = bench.deliver_all()
    assert delivery["state"] == "failed"
    assert bench.get(f"/endpoints/{endpoint['id']}")["state"] == "disabled"


def test_what_waits_for_an_endpoint_that_is_switched_off_is_skipped(bench: Bench) -> None:
    endpoint = bench.add()
    bench.notify(notice())
    bench.client.patch(f"/api/v1/notifications/endpoints/{endpoint['id']}", json={"enabled": False})
    [delivery] = bench.deliver_all()
    assert (delivery["state"], bench.receiver.calls) == ("skipped", [])


def test_the_test_button_reaches_an_endpoint_that_is_switched_off(bench: Bench) -> None:
    endpoint = bench.add(topics=["expenses.batch.ended"])
    bench.client.patch(f"/api/v1/notifications/endpoints/{endpoint['id']}", json={"enabled": False})
    answer = bench.post(f"/endpoints/{endpoint['id']}/test")
    assert answer.status_code == 202
    bench.deliver(answer.json()["id"])
    [call] = bench.receiver.calls
    assert json.loads(call.body)["type"] == "notifications.test"
    assert bench.get(f"/deliveries/{answer.json()['id']}")["state"] == "sent"


def test_only_topics_that_an_endpoint_takes_reach_it(bench: Bench) -> None:
    bench.add(topics=["expenses.batch.ended"])
    bench.add("live", topics=["procurement.search.matched"])
    bench.notify(notice())
    [delivery] = bench.deliver_all()
    assert delivery["endpoint_id"] != bench.get("/endpoints")["items"][1]["id"]
    assert bench.receiver.calls == []


def test_two_secrets_sign_while_one_replaces_the_other(bench: Bench) -> None:
    endpoint = bench.add()
    rotated = bench.post(f"/endpoints/{endpoint['id']}/secret", {"overlap_hours": 24}).json()
    assert rotated["secret"] != endpoint["secret"]
    bench.notify(notice("both"))
    bench.deliver_all()
    bench.engine.record.execute("UPDATE notification_endpoints SET former_secret_until = now() - interval '1 s'")
    bench.notify(notice("one"))
    bench.deliver_all()
    bench.post(f"/endpoints/{endpoint['id']}/secret", {"overlap_hours": 0})
    bench.notify(notice("none"))
    bench.deliver_all()

    signed = [
        (is_signed(call, endpoint["secret"]), is_signed(call, rotated["secret"])) for call in bench.receiver.calls
    ]
    assert signed == [(True, True), (False, True), (False, False)]


def test_a_secret_is_shown_once_and_stored_as_nobody_can_read_it(bench: Bench) -> None:
    endpoint = bench.add()
    secret = endpoint["secret"]
    stored = bench.engine.record.execute("SELECT * FROM notification_endpoints").fetchone()
    assert stored is not None
    assert secret.removeprefix("whsec_") not in str(stored)
    for path in ("/endpoints", f"/endpoints/{endpoint['id']}", "/deliveries", "/messages"):
        assert secret not in json.dumps(bench.get(path))
    log = bench.engine.record.execute("SELECT new_state FROM audit_log").fetchall()
    assert log
    assert secret not in str(log)


@pytest.mark.parametrize(
    "address",
    [
        "http://malha.example/hook",
        "https://127.0.0.1/hook",
        "https://10.0.0.8:8443/",
        "https://[::1]/",
        "https://[fd00::1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://user:password@malha.example/",
        "ftp://malha.example/",
        "https://",
        "malha.example",
        "https://malha.example:port/",
        "javascript:alert(1)",
    ],
)
def test_addresses_that_nothing_would_be_sent_to_are_refused_at_once(bench: Bench, address: str) -> None:
    answer = bench.post("/endpoints", {"kind": "webhook", "name": "x", "address": address})
    assert (answer.status_code, answer.json()["code"]) == (422, "notification-address-refused")


def test_a_name_that_leads_into_the_house_is_found_out_when_connecting(bench: Bench) -> None:
    endpoint = bench.add(address="https://localhost:9/")
    bench.notify(notice())
    [delivery] = bench.deliver_all()
    assert delivery["state"] == "failed"
    assert "no public address" in delivery["last_error"]
    assert bench.get(f"/endpoints/{endpoint['id']}")["state"] == "active"


def test_a_redirect_into_the_house_is_not_followed(bench: Bench) -> None:
    bench.add()
    bench.receiver.answers = [Answer(307, b"", {"Location": "http://127.0.0.1:9/"})]
    bench.notify(notice())
    [delivery] = bench.deliver_all()
    assert delivery["state"] == "retrying"
    assert "redirect" in delivery["last_error"]


def test_an_answer_that_is_no_text_is_kept_as_far_as_the_database_can(bench: Bench) -> None:
    bench.add()
    bench.receiver.answers = [Answer(500, b"\x00\xff" * 5_000)]
    bench.notify(notice())
    [delivery] = bench.deliver_all()
    assert len(delivery["tries"][0]["excerpt"]) == 1_000


def test_a_letter_goes_out_in_the_endpoints_language_with_a_way_to_leave(bench: Bench) -> None:
    bench.add("email", language="en")
    bench.notify(notice())
    [delivery] = bench.deliver_all()

    assert delivery["state"] == "sent"
    [letter] = bench.mail.letters
    assert (letter["Subject"], letter["To"]) == ("Subject", bench.principal.email)
    leave = letter["List-Unsubscribe"].strip("<>").removeprefix("https://malha.example")
    page = bench.client.get(leave, headers={"Authorization": ""})
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert bench.get("/endpoints")["items"][0]["state"] == "active"  # looking at the page changes nothing
    left = bench.client.post(leave, content="List-Unsubscribe=One-Click", headers={"Authorization": ""})
    assert (left.status_code, left.json()) == (200, {"state": "disabled"})

    [endpoint] = bench.get("/endpoints")["items"]
    assert "recipient" in endpoint["note"]
    back = bench.client.patch(f"/api/v1/notifications/endpoints/{endpoint['id']}", json={"enabled": True})
    assert back.json()["state"] == "unconfirmed"


def test_somebody_elses_address_gets_nothing_before_its_owner_agrees(bench: Bench) -> None:
    endpoint = bench.add("email", address="Outra@Example.com")
    assert (endpoint["state"], endpoint["address"], endpoint["secret"]) == ("unconfirmed", "outra@example.com", None)
    bench.notify(notice("before"))
    bench.deliver_all()
    [asked] = bench.mail.letters
    body = asked.get_body(("plain",))
    assert body is not None
    link = next(line.strip() for line in body.get_content().splitlines() if "/links/confirm/" in line)
    refused = bench.client.patch(f"/api/v1/notifications/endpoints/{endpoint['id']}", json={"enabled": True})
    assert refused.json()["code"] == "notification-endpoint-unconfirmed"

    agreed = bench.client.post(link.removeprefix("https://malha.example"), headers={"Authorization": ""})
    assert agreed.json() == {"state": "active"}
    bench.notify(notice("after"))
    bench.deliver_all()
    assert [letter["Subject"] for letter in bench.mail.letters[1:]] == ["Assunto"]


@pytest.mark.parametrize("link", ["confirm/x", "unsubscribe/" + "A" * 46, "confirm/%00", "other/x"])
def test_a_link_that_nobody_made_leads_nowhere(bench: Bench, link: str) -> None:
    answer = bench.client.post(f"/api/v1/notifications/links/{link}", headers={"Authorization": ""})
    assert answer.status_code in {404, 422}


@pytest.mark.parametrize(
    ("refusal", "state"),
    [("550 no such user", "failed"), ("451 greylisted", "retrying"), ("535 bad login", "retrying")],
)
def test_a_refusal_for_good_is_not_repeated_and_a_passing_one_is(bench: Bench, refusal: str, state: str) -> None:
    bench.add("email")
    bench.mail.refusals = [refusal]
    bench.notify(notice())
    [delivery] = bench.deliver_all()
    assert (delivery["state"], delivery["last_status"]) == (state, int(refusal[:3]))
    assert refusal[4:] in delivery["tries"][0]["excerpt"]


def test_a_live_endpoint_is_told_by_the_jobs_log_once(bench: Bench) -> None:
    bench.add("live")
    bench.notify(notice())
    [delivery] = bench.deliver_all()
    events = bench.engine.events(UUID(delivery["id"]))
    assert [name for _, name in events].count("notifications.message") == 1
    bench.deliver(delivery["id"])
    assert bench.engine.events(UUID(delivery["id"])) == events


def test_a_worker_killed_after_sending_sends_again_under_the_same_name(bench: Bench) -> None:
    bench.add()
    bench.notify(notice())
    [delivery] = bench.get("/deliveries")["items"]
    job_id = UUID(delivery["id"])
    claimed = bench.engine.runtime.ledger.claim("notifications.deliver", [(str(job_id), 0, 0)], limit=1)
    assert len(claimed) == 1  # and then the worker is gone, whatever it has sent
    bench.engine.expire_leases(job_id)
    bench.engine.record.execute("UPDATE job_parts SET state = 'queued', lease_until = NULL")
    bench.deliver(delivery["id"])
    bench.deliver(delivery["id"])
    assert len(bench.receiver.calls) == 1
    assert bench.get(f"/deliveries/{delivery['id']}")["state"] == "sent"


def test_one_address_is_one_endpoint_and_a_workspace_has_a_limit(bench: Bench) -> None:
    bench.add()
    again = bench.post("/endpoints", {"kind": "webhook", "name": "x", "address": bench.receiver.url})
    assert (again.status_code, again.json()["code"]) == (409, "notification-endpoint-exists")
    for number in range(49):
        bench.add(address=f"{bench.receiver.url}/{number}")
    full = bench.post("/endpoints", {"kind": "live", "name": "x"})
    assert (full.status_code, full.json()["code"]) == (409, "notification-endpoint-limit")


def test_nobody_else_sees_any_of_it(bench: Bench) -> None:
    endpoint = bench.add()
    bench.notify(notice())
    [delivery] = bench.get("/deliveries")["items"]
    bench.become(make_principal())
    for path in ("/endpoints", "/deliveries", "/messages"):
        assert bench.get(path)["items"] == []
    for path in (f"/endpoints/{endpoint['id']}", f"/deliveries/{delivery['id']}", f"/endpoints/{new_id()}"):
        assert bench.client.get(f"/api/v1/notifications{path}").status_code == 404


def test_what_is_old_goes_with_its_deliveries(bench: Bench) -> None:
    bench.add()
    bench.notify(notice("old"))
    bench.engine.record.execute("UPDATE notification_messages SET created_at = now() - interval '31 days'")
    bench.notify(notice("new"))
    job_id = bench.engine.submit("notifications.sweep", [{}])
    bench.engine.deliver("notifications.sweep", (job_id, 0, 0))
    assert [message["topic"] for message in bench.get("/messages")["items"]] == ["procurement.search.matched"]
    assert len(bench.get("/deliveries")["items"]) == 1
