"""The compose files as data, and what Compose makes of a service: variables filled in, defaults applied."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"

# The forms that our files use: ${NAME:?message}, ${NAME:-default}, ${NAME}.
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[?-])(?P<rest>[^}]*))?\}")


class VariableMissingError(Exception):
    """Compose would refuse to start: a required variable is not set."""


def load_compose(name: str = "compose.yml") -> dict[str, Any]:
    """The file with its anchors and merge keys resolved."""
    return yaml.safe_load((DEPLOY / name).read_text())


def fill_in(value: Any, variables: Mapping[str, str]) -> Any:
    """Replace the variables in every string of a value."""
    if isinstance(value, str):
        return VARIABLE.sub(lambda found: _value_of(found, variables), value)
    if isinstance(value, list):
        return [fill_in(item, variables) for item in value]
    if isinstance(value, dict):
        return {key: fill_in(item, variables) for key, item in value.items()}
    return value


def environment_of(service: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, str]:
    """A service's environment, given what `.env` holds: all of that where the service asks for the file."""
    files = [entry["path"] for entry in service.get("env_file", [])]
    from_file = dict(variables) if files == [".env"] else {}
    return from_file | {name: str(value) for name, value in fill_in(service.get("environment", {}), variables).items()}


def command_of(service: Mapping[str, Any], variables: Mapping[str, str]) -> list[str]:
    """A service's command, word by word."""
    return [str(word) for word in fill_in(service["command"], variables)]


def _value_of(found: re.Match[str], variables: Mapping[str, str]) -> str:
    name, kind, rest = found["name"], found["kind"], found["rest"]
    if variables.get(name):
        return variables[name]
    if kind == "?":
        raise VariableMissingError(f"{name}: {rest}")
    return rest if kind == "-" else ""
