"""Tests any AI server against the contract: what it answers, what it publishes, and in which order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from malha.outbound import OutboundClient, OutboundError
from malha.partnumbers.client.ai_server import AiServer
from malha.partnumbers.client.question import Question
from malha.partnumbers.rules.wire import Message
from malha.partnumbers.settings import PartNumberSettings

SINGLE = {"partnumber": "BC847B", "description": "NPN transistor 45V 100mA SOT-23", "manufacturer": "Nexperia"}
BATCH = [
    {"partnumber": "BC847B", "erp_description": "NPN SOT-23", "ncm": None, "manufacturer": "Nexperia", "coo": None},
    {"partnumber": "GRM188R71C104KA01D", "erp_description": None, "ncm": None, "manufacturer": None, "coo": None},
]
INVALID = ({}, {"progress_channel": "progress-check"}, {"partnumber": "BC847B"}, [])


@dataclass(slots=True)
class Finding:
    """One point of the contract; `problem` is None where it is kept."""

    point: str
    problem: str | None = None
    notes: list[str] = field(default_factory=list[str])


async def check_server(url: str, redis_url: str, *, wait_seconds: float = 30) -> AsyncIterator[Finding]:
    """Ask the server what the contract says, one point after the other."""
    settings = PartNumberSettings(
        ai_server_url=url, start_seconds=min(wait_seconds, 60), silence_seconds=wait_seconds, timeout_seconds=600
    )
    server = AiServer(redis_url)
    for point, question in (
        ("POST /process/single_partnumber", Question([SINGLE], is_batch=False)),
        ("POST /process/batch_partnumbers", Question(BATCH, is_batch=True)),
    ):
        yield await _check_question(server, settings, point, question)
    await server.aclose()
    for body in INVALID:
        yield await _check_refusal(url, body, wait_seconds)


async def _check_question(server: AiServer, settings: PartNumberSettings, point: str, question: Question) -> Finding:
    seen: list[str] = []

    def tell(message: Message, _answers: int) -> None:
        seen.append(message.status)

    outcome = await server.ask(question, settings, tell)
    problems = [f"{reason} ({count} messages)" for reason, count in outcome.invalid.items()]
    if outcome.error is not None:
        problems.append(f"{type(outcome.error).__name__}: {outcome.error}")
    elif not seen:
        problems.append("it told no progress before its end")
    notes = [f"{code}: ncm {answer.ncm}, confidence {answer.confidence}" for code, answer in outcome.answers.items()]
    return Finding(point, "; ".join(problems) or None, notes)


async def _check_refusal(url: str, body: object, wait_seconds: float) -> Finding:
    finding = Finding(f"400 for {body}")
    hosts = [url.split("://", 1)[-1].split("/", 1)[0]]
    client = OutboundClient(user_agent="Malha", allowed_hosts=hosts, timeout_seconds=wait_seconds)
    async with client:
        try:
            reply = await client.request("POST", f"{url.rstrip('/')}/process/single_partnumber", json=body)
        except OutboundError as error:
            finding.problem = str(error)
            return finding
    if reply.status != 400:
        finding.problem = f"status {reply.status}"
    return finding


def run_check(url: str, redis_url: str, *, wait_seconds: float = 30) -> list[Finding]:
    """All findings."""

    async def collect() -> list[Finding]:
        return [finding async for finding in check_server(url, redis_url, wait_seconds=wait_seconds)]

    return asyncio.run(collect())
