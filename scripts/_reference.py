"""Writes what the code says: `.env.example`, the OpenAPI document, and most pages of `docs/reference`."""

from __future__ import annotations

import ast
import inspect
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import typer
from pydantic import AliasChoices, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from malha.cli import build_app
from malha.fiscal.rules import Rule, all_rules
from malha.settings import Settings
from malha.slices import load_settings

ROOT = Path(__file__).resolve().parents[1]
GENERATED = "<!-- Written by scripts/docs from the code. Change the code, then run it. -->"


def settings_page() -> str:
    """Every environment variable by group, with its other names, its default and its purpose."""
    sections = [_settings_section(title, group) for title, group in setting_groups()]
    intro = (
        "Settings come from the environment or from a file `.env` in the working directory; the environment wins. "
        "Where several names are given, all are read and the first that is set counts."
    )
    return _page("Settings", intro, sections)


def env_example() -> str:
    """Every setting as a commented line of `.env`, below its purpose."""
    lines = [
        "# Settings of Malha. Copy this file to .env and uncomment what you change; each line shows its default.",
        "# On a laptop nothing is needed. In production SECRET_KEY, DATABASE_URL and REDIS_URL are.",
        "# Written by scripts/docs from the settings of the platform and its slices.",
    ]
    for _, group in setting_groups():
        purposes = _attribute_docstrings(group)
        for name, field in _settings(group):
            default = _default(field).strip("`") if not isinstance(field.default, SecretStr) else ""
            lines += ["", f"# {purposes.get(name, '')}".rstrip(), f"#{variable_names(field)[0]}={default}"]
    return "\n".join(lines) + "\n"


def rules_page() -> str:
    """Every audit rule, by id."""
    rules = all_rules()
    rows = [
        (
            f"`{rule.id}`", rule.severity.value, rule.scope.value, _models(rule), _validity(rule),
            rule.reference or "", rule.pt, rule.en,
        )
        for rule in rules
    ]  # fmt: skip
    table = _table(("rule", "severity", "scope", "models", "in force", "reference", "português", "English"), rows)
    intro = (
        f"The {len(rules)} rules of the audit. `critical` and `high` make a document `ERRO` (weight 10), `medium` and "
        "`low` make it `ALERTA` (weight 2), `info` leaves it `OK`. A rule is applied to documents issued while it is "
        "in force. `malha rules` prints the same list."
    )
    return _page("Audit rules", intro, [table])


def commands_page() -> str:
    """Every command of `malha` with its arguments and options."""
    group: Any = typer.main.get_command(build_app())
    intro = "`malha COMMAND --help` says the same in the terminal."
    return _page("Command line", intro, _command_sections(group, "malha"))


def routes_page() -> str:
    """Every route of the API with the summary that its OpenAPI document gives."""
    rows = [
        (f"`{method.upper()}`", f"`{path}`", _first_line(operation.get("description") or operation.get("summary", "")))
        for path, operations in sorted(_openapi()["paths"].items())
        for method, operation in operations.items()
    ]
    intro = (
        "The whole contract, with bodies and answers, is the [OpenAPI document](openapi.json) that a running server "
        "gives at `/openapi.json` and shows at `/docs` and `/redoc`."
    )
    return _page("HTTP routes", intro, [_table(("method", "path", "what it does"), rows)])


def openapi_document() -> str:
    """The contract of the API, for generated clients and for seeing what a change does to it."""
    return json.dumps(_openapi(), ensure_ascii=False, indent=1) + "\n"


@cache
def _openapi() -> dict[str, Any]:
    # It opens no connection, but loading the application costs a second that the other pages need not wait for.
    from malha.main import create_app

    return create_app(Settings(enable_docs=True)).openapi()


BUILDERS: dict[str, Callable[[], str]] = {
    ".env.example": env_example,
    "docs/reference/cli.md": commands_page,
    "docs/reference/openapi.json": openapi_document,
    "docs/reference/routes.md": routes_page,
    "docs/reference/rules.md": rules_page,
    "docs/reference/settings.md": settings_page,
}


def setting_groups() -> list[tuple[str, type[BaseSettings]]]:
    """The classes of settings, each with a title."""
    groups: list[tuple[str, type[BaseSettings]]] = [("The process", Settings)]
    for name, field in Settings.model_fields.items():
        if inspect.isclass(field.annotation) and issubclass(field.annotation, BaseSettings):
            groups.append((name.capitalize(), field.annotation))
    groups += [(group.__module__.split(".")[-2].capitalize(), group) for group in load_settings()]
    return groups


def setting_names() -> list[str]:
    """The first name of every environment variable that the settings read."""
    return [variable_names(field)[0] for _, group in setting_groups() for _, field in _settings(group)]


def _settings(group: type[BaseSettings]) -> Iterator[tuple[str, FieldInfo]]:
    return ((name, field) for name, field in group.model_fields.items() if field.validation_alias)


def _settings_section(title: str, group: type[BaseSettings]) -> str:
    purposes = _attribute_docstrings(group)
    rows = []
    for name, field in _settings(group):
        first, *others = variable_names(field)
        also = f" Also read as {', '.join(f'`{other}`' for other in others)}." if others else ""
        rows.append((f"`{first}`", _default(field), purposes.get(name, "") + also))
    note = inspect.getdoc(group) or ""
    return f"## {title}\n\n{note}\n\n{_table(('variable', 'default', 'what it is for'), rows)}"


def variable_names(field: FieldInfo) -> list[str]:
    """The environment variables of a setting, the one to use first."""
    alias = field.validation_alias
    return [str(choice) for choice in alias.choices] if isinstance(alias, AliasChoices) else [str(alias)]


def _attribute_docstrings(group: type[BaseSettings]) -> dict[str, str]:
    """The string literals that follow the fields of a class."""
    [found] = ast.parse(inspect.getsource(group)).body
    assert isinstance(found, ast.ClassDef)  # noqa: S101 - a group is a class
    purposes: dict[str, str] = {}
    for field, after in zip(found.body, found.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(after, ast.Expr):
            purposes[field.target.id] = inspect.cleandoc(str(ast.literal_eval(after.value))).replace("\n", " ")
    return purposes


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        return "a development secret" if value.get_secret_value() else ""
    if isinstance(value, list):
        return f"`{','.join(map(str, value))}`" if value else ""
    if value in {"", None}:
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _models(rule: Rule) -> str:
    return ", ".join(sorted(rule.models)) if rule.models else "all"


def _validity(rule: Rule) -> str:
    if not rule.valid_from and not rule.valid_to:
        return "always"
    doubt = "" if rule.since is None or rule.since.is_read else "*"
    return f"{rule.valid_from or ''}{doubt} .. {rule.valid_to or ''}".strip()


def _command_sections(command: Any, path: str) -> Iterator[str]:
    if hasattr(command, "commands"):
        for name in sorted(command.commands):
            yield from _command_sections(command.commands[name], f"{path} {name}")
        return
    rows = []
    for parameter in command.params:
        if parameter.name == "help":
            continue
        spelled = ", ".join(parameter.opts) if parameter.param_type_name == "option" else parameter.name.upper()
        rows.append((f"`{spelled}`", _first_line(getattr(parameter, "help", "") or "")))
    options = "\n\n" + _table(("argument or option", "what it says"), rows) if rows else ""
    yield f"## `{path}`\n\n{_first_line(command.help or '')}{options}"


def _first_line(text: str) -> str:
    return text.strip().split("\n\n", 1)[0].replace("\n", " ")


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _page(title: str, intro: str, sections: Iterable[str]) -> str:
    return "\n\n".join([f"# {title}", GENERATED, intro, *sections]) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write the files; with `--check` name those that differ and return 1 for any."""
    texts = {name: build() for name, build in BUILDERS.items()}
    stale = [name for name, text in texts.items() if not (ROOT / name).is_file() or (ROOT / name).read_text() != text]
    for name in stale:
        if "--check" in arguments:
            print(f"{name}: not what the code says; run scripts/docs")
        else:
            (ROOT / name).write_text(texts[name])
            print(f"wrote {name}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
