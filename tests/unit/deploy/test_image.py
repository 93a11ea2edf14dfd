"""The image: locked packages only, nothing but the product in its last stage, and not root."""

from __future__ import annotations

import re

from tests.factories.compose import DEPLOY, load_compose


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their arguments, continuation lines joined and comments left out."""
    lines = [line for line in (DEPLOY / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(first, rest.strip()) for first, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    return found[max(index for index, (word, _) in enumerate(found) if word == "FROM") :]


def test_every_package_is_checked_by_its_hash_and_none_is_compiled() -> None:
    commands = [part for word, rest in instructions() if word == "RUN" for part in re.split(r"&&|;", rest)]
    installs = [part for part in commands if re.search(r"\bpip install\b", part)]
    assert len(installs) == 3
    for command in installs:
        assert "--no-deps" in command
        assert "--no-index" in command or {"--require-hashes", ":all:"} <= set(command.split())


def test_the_last_stage_brings_no_tools_of_the_build() -> None:
    commands = " ".join(rest for word, rest in last_stage() if word == "RUN")
    assert not re.search(r"\b(apt|apt-get|apk|pip|gcc|make|curl|wget)\b", commands)
    assert [rest for word, rest in last_stage() if word == "COPY"] == [
        "--from=build /opt/malha /opt/malha",
        "deploy/healthcheck.py /usr/local/bin/malha-healthcheck.py",
    ]


def test_it_runs_as_a_numbered_user_that_is_not_root() -> None:
    users = [rest for word, rest in last_stage() if word == "USER"]
    assert users == ["10001:10001"]


def test_it_starts_the_api_as_compose_does() -> None:
    command = [rest for word, rest in last_stage() if word == "CMD"][-1]
    assert re.findall(r'"([^"]*)"', command) == load_compose()["services"]["api"]["command"]


def test_what_the_dockerfile_copies_reaches_the_builder() -> None:
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    let_in = {line.removeprefix("!").rstrip("/") for line in lines if line.startswith("!")}
    copied = {
        source.rstrip("/")
        for word, rest in instructions()
        if word == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    }
    assert copied == let_in
    assert all((DEPLOY.parent / path).exists() for path in copied)
