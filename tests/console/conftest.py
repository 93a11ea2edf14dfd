"""The real application, a worker that runs when a test says so, and a real Chromium in front of them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from celery import Celery
from tests.console._browser import Browser, Page, find_chromium, running_browser
from tests.fakes.serving import serving
from tests.plugins.databases import DatabaseServer

from malha.db import Database
from malha.identity.repository import users
from malha.identity.service import create_one_time_login
from malha.jobs.registry import get_handler
from malha.jobs.runner import run_message
from malha.jobs.runtime import Runtime
from malha.main import create_app
from malha.settings import BrokerSettings, DatabaseSettings, SecuritySettings, Settings, UploadSettings

EMAIL = "ana@empresa.example"
PASSWORD = "uma senha longa e tranquila"


@dataclass
class Backend:
    """The API's address, and the hand of a worker."""

    url: str
    settings: Settings
    runtime: Runtime

    def work(self, audit_id: str, part: int = 0) -> None:
        """Run one part of an audit, as a worker would on its message."""
        run_message(self.runtime, get_handler("audits.process"), [(audit_id, part, part)])

    def client(self) -> httpx2.Client:
        """A client of the API that is logged in."""
        form = {"username": EMAIL, "password": PASSWORD}
        answer = httpx2.post(f"{self.url}/api/v1/login/access-token", data=form)
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return httpx2.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=20)

    def audit(self, files: list[Path], key: str) -> str:
        """Upload files past the console; returns the audit's id."""
        with self.client() as client:
            parts = [("files", (file.name, file.read_bytes(), "text/xml")) for file in files]
            answer = client.post("/audits", files=parts, headers={"Idempotency-Key": key})
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]

    def one_time_token(self) -> str:
        """What `malha up` puts into the address that it prints."""

        async def create() -> str:
            database = Database(self.settings.database)
            async with database.session() as session:
                user = await users.find_user_by_email(session, EMAIL)
                assert user is not None
                secret = await create_one_time_login(session, UUID(str(user.id)))
                await session.commit()
            await database.dispose()
            return secret

        return self.runtime.run(create())


@pytest.fixture(scope="session")
def backend(
    database_server: DatabaseServer,
    template_database: str,
    worker_name: str,
    redis_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Backend]:
    # A database of its own: the first superuser of another test's would be there before ours.
    database_url = database_server.create(worker_name, template=template_database)
    settings = Settings(
        database=DatabaseSettings(url=database_url),
        broker=BrokerSettings(redis_url=redis_url),
        uploads=UploadSettings(directory=tmp_path_factory.mktemp("uploads")),
        security=SecuritySettings(first_superuser=EMAIL, first_superuser_password=PASSWORD),  # type: ignore[arg-type]
        log_level="WARNING",
    )
    with serving(create_app(settings)) as running, contextlib.closing(Runtime(settings, Celery("none"))) as runtime:
        yield Backend(running.url, settings, runtime)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = find_chromium()
    if program is None:
        message = "no Chromium on PATH"
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(message)
        pytest.skip(message)
    with running_browser(program, tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages; whatever one of them complains of fails the test."""
    pages: list[Page] = []
    with contextlib.ExitStack() as opened:

        def open_one(url: str, **options: object) -> Page:
            pages.append(opened.enter_context(browser.page(**options)))  # type: ignore[arg-type]
            pages[-1].open(url)
            return pages[-1]

        yield open_one
        assert [complaint for page in pages for complaint in page.complaints()] == []


@pytest.fixture
def page(backend: Backend, open_page: Callable[..., Page]) -> Page:
    """The console, with nobody logged in."""
    return open_page(backend.url)


@pytest.fixture
def home(page: Page) -> Page:
    """The console's list of audits, logged in and live."""
    log_in(page)
    return page


def log_in(page: Page) -> None:
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.press("Enter")
    page.wait_for(".upload")
    page.wait_for(".live[data-state=live]")
