"""Waits, links, letters and sealed secrets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malha.identity.rules.sealing import SealBrokenError, Sealer
from malha.kit.ids import new_id
from malha.notifications.rules.links import Purpose, read_link, sign_link
from malha.notifications.rules.mail import compose, one_line
from malha.notifications.rules.notices import Entry, Letter
from malha.notifications.rules.waits import MOST_ATTEMPTS, WAITS_SECONDS, asked_wait, is_given_up, wait_seconds

KEY, OTHER = "a secret key of the tests, long enough", "another secret key of the tests, long enough"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_waits_grow_cover_a_weekend_and_end() -> None:
    assert all(later > earlier for earlier, later in pairwise(WAITS_SECONDS))
    assert 2.5 * 86_400 < sum(WAITS_SECONDS) < 4 * 86_400
    assert wait_seconds(1) == WAITS_SECONDS[0]
    assert wait_seconds(MOST_ATTEMPTS) is None
    assert wait_seconds(MOST_ATTEMPTS, asked_seconds=5) is None


@given(st.integers(1, MOST_ATTEMPTS - 1), st.floats(0, 1e9))
def test_a_longer_wait_that_is_asked_for_is_kept_up_to_a_day(attempt: int, asked: float) -> None:
    wait = wait_seconds(attempt, asked_seconds=asked)
    assert wait == max(WAITS_SECONDS[attempt - 1], min(asked, 86_400))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        (None, None),
        ("", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("-5", None),
        ("²", None),
    ],
)
def test_only_a_number_of_seconds_is_taken_from_a_header(header: str | None, seconds: float | None) -> None:
    assert asked_wait(header) == seconds


def test_an_endpoint_is_given_up_after_days_and_not_before() -> None:
    assert not is_given_up(NOW, NOW + timedelta(days=2.99), after_days=3)
    assert is_given_up(NOW, NOW + timedelta(days=3), after_days=3)


@given(st.sampled_from(Purpose))
def test_a_link_is_read_with_the_key_that_made_it_or_its_successor(purpose: Purpose) -> None:
    endpoint_id = new_id()
    token = sign_link(KEY, purpose, endpoint_id)
    assert read_link([KEY], purpose, token) == endpoint_id
    assert read_link([OTHER, KEY], purpose, token) == endpoint_id
    assert read_link([OTHER], purpose, token) is None


@given(st.sampled_from(Purpose), st.integers(0, 45), st.sampled_from("Ab-_0="))
def test_a_link_that_was_changed_or_made_for_something_else_is_none(purpose: Purpose, place: int, letter: str) -> None:
    token = sign_link(KEY, purpose, new_id())
    changed = token[:place] + letter + token[place + 1 :]
    other = next(each for each in Purpose if each is not purpose)
    assert read_link([KEY], other, token) is None
    if changed != token:
        assert read_link([KEY], purpose, changed) is None


@given(st.text(max_size=80))
def test_any_text_may_come_as_a_link(text: str) -> None:
    assert read_link([KEY], Purpose.CONFIRM, text) is None


def letter_of(text: str) -> Letter:
    return Letter(text, text, (Entry(text, "https://malha.example/a?b=1&c=2", (text,)),), text)


def sent(letter: Letter, leave_link: str = "https://malha.example/sair") -> EmailMessage:
    message = compose(
        letter,
        language="pt",
        sender=("Malha", "avisos@malha.example"),
        recipient="ana@example.com",
        message_id="msg_1",
        at=NOW,
        leave_link=leave_link,
    )
    read = message_from_bytes(message.as_bytes(), policy=default)
    assert isinstance(read, EmailMessage)
    return read


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_no_text_becomes_a_header_and_every_letter_can_be_read(text: str) -> None:
    message = sent(letter_of(text))
    assert message["To"] == "ana@example.com"
    assert message["Bcc"] is None
    assert message["Message-ID"] == "<msg_1@malha.example>"
    assert message["List-Unsubscribe"] == "<https://malha.example/sair>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "\n" not in message["Subject"]


def test_a_line_break_in_a_subject_adds_no_header() -> None:
    message = sent(letter_of("Olá\r\nBcc: todos@example.com\r\n\r\nCorpo"))
    assert message["Bcc"] is None
    assert "Bcc: todos@example.com" in message["Subject"]


def test_markup_in_a_letter_stays_text() -> None:
    message = sent(letter_of('<script>alert("1")</script>'))
    html = message.get_body(("html",))
    assert html is not None
    assert "<script>" not in html.get_content()
    assert "&lt;script&gt;" in html.get_content()
    assert 'href="https://malha.example/a?b=1&amp;c=2"' in html.get_content()


def test_text_and_html_say_the_same() -> None:
    message = sent(
        Letter("Assunto", "Abertura", (Entry("Título", "https://x.example/", ("linha 1", "linha 2")),), "Fim")
    )
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        for word in ("Abertura", "Título", "https://x.example/", "linha 1", "linha 2", "Fim", "Parar de receber"):
            assert word in body.get_content(), (kind, word)


def test_without_a_public_address_a_letter_offers_no_link_that_leads_nowhere() -> None:
    message = sent(letter_of("x"), leave_link="")
    assert message["List-Unsubscribe"] is None
    body = message.get_body(("plain",))
    assert body is not None
    assert "Parar" not in body.get_content()


def test_a_long_subject_is_cut() -> None:
    assert len(one_line("á" * 1000)) == 200


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.text(alphabet="abc/", max_size=10))
def test_what_is_sealed_is_opened_for_its_purpose_only_and_survives_a_new_key(secret: str, purpose: str) -> None:
    sealed = Sealer(KEY).seal(secret, purpose)
    assert Sealer(OTHER, KEY).open(sealed, purpose) == secret
    assert not secret or len(secret) < 4 or secret.encode() not in sealed
    for keys, other in (((KEY,), purpose + "x"), ((OTHER,), purpose)):
        with pytest.raises(SealBrokenError):
            Sealer(*keys).open(sealed, other)
