"""From where, and with what, a socket may be opened."""

from __future__ import annotations

from typing import Any

import pytest
from tests.factories.feed import WORKSPACE

from malha.realtime.handshake import credentials_of, origin_policy

HOST = {"HTTP_HOST": "malha.example:8000"}


@pytest.mark.parametrize(
    ("origin", "environ", "is_allowed"),
    [
        ("https://console.example", HOST, True),
        ("HTTPS://CONSOLE.example", HOST, True),
        ("http://malha.example:8000", HOST, True),
        ("https://malha.example", {"HTTP_HOST": "10.0.0.7", "HTTP_X_FORWARDED_HOST": "malha.example, p"}, True),
        ("https://evil.example", HOST, False),
        ("https://malha.example:8000.evil.example", HOST, False),
        ("null", HOST, False),
        ("https://x", {}, False),
    ],
)
def test_pages_of_listed_origins_and_of_the_same_host_may_connect(
    origin: str, environ: dict[str, Any], is_allowed: bool
) -> None:
    assert origin_policy(["https://console.example/", ""])(origin, environ) is is_allowed


def test_a_star_lets_every_page_connect() -> None:
    assert origin_policy(["*"])("https://anywhere.example", HOST)


@pytest.mark.parametrize(
    ("environ", "auth", "expected"),
    [
        ({}, {"token": "abc"}, ("abc", None)),
        ({}, {"token": "abc", "workspace_id": str(WORKSPACE)}, ("abc", WORKSPACE)),
        ({"HTTP_AUTHORIZATION": "bearer abc"}, None, ("abc", None)),
        ({"HTTP_AUTHORIZATION": "Bearer abc", "HTTP_X_WORKSPACE_ID": str(WORKSPACE)}, {}, ("abc", WORKSPACE)),
        ({"HTTP_AUTHORIZATION": "Basic abc"}, None, ("", None)),
        ({}, {"token": 7}, ("", None)),
        ({}, "abc", ("", None)),
        ({}, None, ("", None)),
    ],
)
def test_the_token_comes_from_the_auth_object_or_the_header(
    environ: dict[str, Any], auth: Any, expected: tuple[str, Any]
) -> None:
    assert credentials_of(environ, auth) == expected
