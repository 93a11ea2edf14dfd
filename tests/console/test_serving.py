"""How the console's files are served, and what is in them; needs no browser."""

from __future__ import annotations

import re
from pathlib import Path

import httpx2
import pytest
from tests.console.conftest import Backend

from malha.console import STATIC

SCRIPTS = sorted(STATIC.glob("*.js"))


@pytest.mark.parametrize("path", ["/", "/console", "/static/main.js", "/static/base.css"])
def test_everything_comes_with_a_strict_policy(backend: Backend, path: str) -> None:
    response = httpx2.get(backend.url + path)
    assert response.status_code == 200
    policy = dict(part.split(" ", 1) for part in response.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_files_are_kept_until_they_change(backend: Backend) -> None:
    first = httpx2.get(f"{backend.url}/static/main.js")
    assert first.headers["cache-control"] == "no-cache"
    again = httpx2.get(f"{backend.url}/static/main.js", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["/static/../__init__.py", "/static/%2e%2e/__init__.py", "/static/nothing.js"])
def test_nothing_else_is_served(backend: Backend, path: str) -> None:
    assert httpx2.get(backend.url + path).status_code == 404


def test_the_page_has_no_script_or_style_of_its_own() -> None:
    page = (STATIC / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son\w+=", page) == []


@pytest.mark.parametrize("file", sorted(STATIC.iterdir()), ids=lambda file: file.name)
def test_no_other_host_is_ever_asked(file: Path) -> None:
    addresses = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", re.sub(r"http://www\.w3\.org/2000/svg", "", file.read_text()))
    assert addresses == []


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_scripts_never_parse_markup(file: Path) -> None:
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", file.read_text()) == []


def test_every_message_that_is_used_exists_and_every_message_is_used() -> None:
    messages = set(re.findall(r'^  "([\w.]+)":', (STATIC / "messages-pt.js").read_text(), re.MULTILINE))
    others = [file.read_text() for file in SCRIPTS if not file.name.startswith("messages-")]
    literal = {key for text in others for key in re.findall(r'\bt\("([\w.]+)"', text)}
    families = {key for text in others for key in re.findall(r"(?:\bt|hasMessage)\(`([\w.]+\.)\$\{", text)}
    assert literal <= messages
    unused = {key for key in messages - literal if not key.startswith(tuple(families))}
    assert unused == set()


def test_both_languages_have_the_same_messages() -> None:
    portuguese, english = (
        re.findall(r'^  "([\w.]+)":', (STATIC / f"messages-{language}.js").read_text(), re.MULTILINE)
        for language in ("pt", "en")
    )
    assert portuguese == english
