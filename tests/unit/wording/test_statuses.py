"""Titles and sentences of HTTP statuses."""

from __future__ import annotations

from http import HTTPStatus

import pytest

from malha.wording import explain_status, title_of
from malha.wording.statuses import code_of

ERRORS = [status for status in HTTPStatus if status >= 400]
SAME_IN_BOTH: set[int] = set()


@pytest.mark.parametrize("status", ERRORS)
def test_every_error_has_a_title_in_both_languages(status: HTTPStatus) -> None:
    assert title_of(status, "pt") != title_of(status, "en")
    assert explain_status(status, "pt", status.phrase).endswith(".")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 409, 410, 412, 413, 415, 422, 429, 500, 503])
def test_the_common_ones_have_their_own(status: int) -> None:
    titles = {title_of(other, "pt") for other in ERRORS if other != status}
    assert title_of(status, "pt") not in titles - {title_of(400, "pt"), title_of(500, "pt")}


def test_codes_do_not_depend_on_the_python_that_runs() -> None:
    assert (code_of(404), code_of(405)) == ("not-found", "method-not-allowed")
    assert (code_of(413), code_of(422)) == ("content-too-large", "unprocessable-content")


@pytest.mark.parametrize(
    "detail", ["Not Found", "Missing boundary in multipart.", "There was an error parsing the body"]
)
def test_no_english_detail_reaches_a_portuguese_answer(detail: str) -> None:
    assert explain_status(400, "pt", detail) == "A requisição não pôde ser lida."


def test_an_english_answer_keeps_a_detail_that_says_more() -> None:
    assert explain_status(400, "en", "Missing boundary in multipart.") == "Missing boundary in multipart."
    assert explain_status(404, "en", "Not Found") == "There is nothing at this address."
