"""The documentation names only what exists, and its generated pages say what the code says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer
from scripts import _reference

from malha.cli import build_app

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
# Said of a later release, where they are mentioned.
NOT_YET = {"malha ingestor"}


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.fixture(scope="module")
def commands() -> set[str]:
    """Every command and group of commands, such as `malha db` and `malha db upgrade`."""
    found: set[str] = set()

    def collect(command: Any, path: str) -> None:
        found.add(path)
        for name, inner in getattr(command, "commands", {}).items():
            collect(inner, f"{path} {name}")

    collect(typer.main.get_command(build_app()), "malha")
    return found


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    missing = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_scripts_that_are_named_exist(page: Path) -> None:
    named = set(re.findall(r"(?<![\w/])((?:scripts|\.ci)/[a-z_][a-z_-]*)", page.read_text()))
    assert {name for name in named if not (ROOT / name).exists()} == set()


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_commands_that_are_named_exist(page: Path, commands: set[str]) -> None:
    code = re.findall(r"```.*?```|`[^`\n]+`", page.read_text(), re.DOTALL)
    said = {found for text in code for found in re.findall(r"(?<![\w/.-])malha(?: [a-z][a-z-]+)+", text)}
    assert {command for command in said if not is_command(command, commands)} <= NOT_YET


def is_command(said: str, commands: set[str]) -> bool:
    """Whether each word is a command of the group before it; what follows a command that is no group is its matter."""
    path = "malha"
    for word in said.split()[1:]:
        if f"{path} {word}" in commands:
            path += f" {word}"
        else:
            return not any(command.startswith(f"{path} ") for command in commands)
    return True


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"\]\((\d{4}-[^)]+\.md)\)", (folder / "README.md").read_text())
    assert listed == sorted(path.name for path in folder.glob("[0-9]*.md"))


def test_the_readmes_say_the_same_in_both_languages() -> None:
    english, portuguese = ((ROOT / name).read_text() for name in ("README.md", "README.pt-BR.md"))
    shape = re.compile(r"^(#+ |\| |```\w*|curl|scripts/\w+|  -[HF])", re.MULTILINE)
    assert shape.findall(english) == shape.findall(portuguese)


def test_generated_pages_are_what_the_code_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert _reference.main(["--check"]) == 0, capsys.readouterr().out
