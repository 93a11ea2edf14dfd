"""A client that uploads audits to an API that keeps dying: each file under one key until it is answered."""

from __future__ import annotations

import time

import httpx2

from malha.simulators.nfe import NoteBuilder

USER, PASSWORD = "chaos@example.com", "only-for-this-run-of-chaos"
GIVE_UP_SECONDS = 120
ANSWERED = frozenset({200, 202})


def upload_steadily(base_url: str, seconds: float) -> list[str]:
    """Post a file every so often, each again and again under its key; returns the job ids that were answered."""
    jobs: list[str] = []
    deadline = time.monotonic() + seconds
    with httpx2.Client(base_url=base_url, timeout=5) as client:
        while time.monotonic() < deadline:
            jobs.append(_upload(client, number=len(jobs)))
            time.sleep(0.2)
    return jobs


def _upload(client: httpx2.Client, *, number: int) -> str:
    files = {"files": (f"{number}.xml", NoteBuilder(seed=number).authorised(), "application/xml")}
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while time.monotonic() < deadline:
        try:
            client.headers["Authorization"] = client.headers.get("Authorization") or _log_in(client)
            answer = client.post("/api/v1/audits", files=files, headers={"Idempotency-Key": f"chaos-{number}"})
            if answer.status_code in ANSWERED:
                return answer.json()["id"]
            if answer.status_code == httpx2.codes.UNAUTHORIZED:
                del client.headers["Authorization"]
        except (httpx2.HTTPError, KeyError):
            pass
        time.sleep(0.3)
    raise TimeoutError("the API accepted nothing any more")


def _log_in(client: httpx2.Client) -> str:
    answer = client.post("/api/v1/login/access-token", data={"username": USER, "password": PASSWORD})
    return f"Bearer {answer.json()['access_token']}"
