"""Coming in, staying in, and leaving."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.console._browser import Page
from tests.console.conftest import EMAIL, Backend, log_in

pytestmark = pytest.mark.chromium


def test_a_wrong_password_is_refused_in_plain_words(page: Page) -> None:
    page.fill("#email", EMAIL)
    page.fill("#password", "not this one")
    page.press("Enter")
    page.wait_for(".problem", text="E-mail ou senha incorretos.")


def test_a_login_survives_a_reload_and_a_new_tab_and_ends_for_good(page: Page) -> None:
    log_in(page)
    page.reload()
    page.wait_for(".upload")
    page.evaluate("sessionStorage.clear()")  # what a new tab has
    page.reload()
    page.wait_for(".upload")
    page.click("#logout")
    page.wait_for("#email")
    assert page.evaluate("sessionStorage.length") == 0
    page.reload()
    page.wait_for("#email")


def test_an_access_token_that_has_ended_is_renewed_unnoticed(home: Page) -> None:
    home.evaluate(
        "sessionStorage.setItem('malha.session', JSON.stringify({value: 'ended', endsAt: Date.now() + 600000}))"
    )
    home.reload()
    home.wait_for(".upload")
    home.wait_for(".live[data-state=live]")
    home.wait("JSON.parse(sessionStorage.getItem('malha.session')).value !== 'ended'")
    assert home.texts(".problem") == []


def test_a_one_time_link_lets_in_once_and_leaves_no_trace(backend: Backend, open_page: Callable[..., Page]) -> None:
    link = f"{backend.url}/#login={backend.one_time_token()}"
    page = open_page(link)
    page.wait_for(".upload")
    assert "token" not in page.evaluate("location.href")
    other = open_page(link)
    other.wait_for(".problem", text="O link de acesso expirou ou já foi usado.")
    other.wait_for("#email")


def test_what_was_there_before_is_out_of_sight_for_the_next_user(home: Page) -> None:
    home.click("#logout")
    home.wait_for("#email")
    assert home.evaluate("document.querySelectorAll('.upload, .audits').length") == 0
