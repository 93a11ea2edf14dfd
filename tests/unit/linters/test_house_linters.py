"""Each house linter reports what it is there for, accepts its named exception, and stays silent on good code."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from scripts.linters import (
    cycles,
    dependencies,
    docstrings,
    edges,
    imports,
    local_imports,
    names,
    patches,
    reasons,
    sizes,
    slices,
    source,
    tenancy,
    traces,
)
from scripts.linters.__main__ import lint, main
from scripts.linters.source import SourceFile

Check = Callable[[SourceFile], Iterator[source.Finding]]

CODE = "src/malha/audits/service.py"
MODELS = SourceFile(
    "src/malha/audits/models.py",
    '"""Tables."""\n'
    "class Audit(Base):\n"
    '    __tablename__ = "audits"\n'
    "    workspace_id: Mapped[UUID]\n"
    "class Table(Base):\n"
    '    __tablename__ = "tables"\n'
    "    code: Mapped[str]\n",
)


def rules_of(check: Check, text: str, path: str = CODE) -> list[str]:
    return [finding.message.split(":")[0] for finding in check(SourceFile(path, text))]


def function(lines: int, comment: str = "") -> str:
    return f"{comment}\ndef work():\n" + "    step()\n" * (lines - 1)


@pytest.mark.parametrize(
    ("lines", "path", "expected"),
    [
        (400, CODE, []),
        (401, CODE, ["long-file"]),
        (600, "tests/unit/test_x.py", []),
        (601, "tests/unit/test_x.py", ["long-file"]),
        (401, "console/src/app.tsx", ["long-file"]),
        (9000, "docs/page.md", []),
        (9000, "src/malha/db/migrations/versions/x.py", []),
    ],
)
def test_files_stop_at_their_limit(lines: int, path: str, expected: list[str]) -> None:
    assert rules_of(sizes.check, "x = 1\n" * lines, path) == expected


def test_functions_stop_at_sixty_lines() -> None:
    assert rules_of(sizes.check, function(60)) == []
    assert rules_of(sizes.check, function(61)) == ["long-function"]


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("# allow-long-function: one table of official check digits", []),
        ("# allow-long-function", ["long-function"]),
        ("# allow-long-function: yes", ["long-function"]),
        ("# allow-long-file: one table of official check digits", ["long-function"]),
    ],
)
def test_an_exception_needs_its_own_name_and_a_reason(comment: str, expected: list[str]) -> None:
    assert rules_of(sizes.check, function(61, comment)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("    import heavy\n", ["local-import"]),
        ("    import heavy  # noqa: PLC0415\n", ["local-import"]),
        ("    import heavy  # 0.4 s, and only reports need it\n", []),
        ("    # 0.4 s, and only reports need them\n    import heavy\n    from heavy import part\n", []),
        ("    # 0.4 s, and only reports need them\n    import heavy\n\n    from own import part\n", []),
        ("    # 0.4 s, and only reports need it\n    work()\n    import heavy\n", ["local-import"]),
    ],
)
def test_an_import_in_a_function_needs_its_reason(body: str, expected: list[str]) -> None:
    assert rules_of(local_imports.check, f"import top\n\ndef work():\n{body}") == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/malha/kit/utils.py", ["empty-name"]),
        ("src/malha/jobs/task_manager.py", ["empty-name"]),
        ("src/malha/common/money.py", ["empty-name"]),
        ("tests/helpers/nfe.py", ["empty-name"]),
        ("src/malha/kit/money.py", []),
        ("src/malha/audits/service.py", []),
        ("src/malha/audits/service/__init__.py", []),
        ("src/malha/audits/service/_upload.py", []),
        ("src/malha/audits/service/upload.py", ["slice-file"]),
        ("src/malha/audits/rules/totals.py", []),
        ("src/malha/audits/repository/listings.py", []),
        ("src/malha/audits/upload.py", ["slice-file"]),
        ("src/malha/audits/uploads/_file.py", ["slice-file"]),
        ("src/malha/jobs/ledger.py", []),
        ("docs/how-to/common.md", []),
    ],
)
def test_names_say_what_is_inside(path: str, expected: list[str]) -> None:
    assert rules_of(names.check, "", path) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"""What it is for."""\n', []),
        ('"""What it is for.\n\nAnd what the signature cannot say.\n"""\n', []),
        ("", []),
        ("x = 1\n", ["module-docstring"]),
        ('"""What it\nis for."""\n', ["module-docstring"]),
        ('"""Things"""\n', ["module-docstring"]),
    ],
)
def test_modules_open_with_one_sentence(text: str, expected: list[str]) -> None:
    assert rules_of(docstrings.check, text) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('patch("malha.audits.service.now")', ["string-patch"]),
        ('monkeypatch.setattr("malha.audits.service.now", clock)', ["string-patch"]),
        ('monkeypatch.setattr(service, "now", clock)', []),
        ('monkeypatch.setenv("malha.now", "1")', []),
    ],
)
def test_nothing_is_patched_by_a_dotted_string(line: str, expected: list[str]) -> None:
    assert rules_of(patches.check, line + "\n", "tests/unit/test_x.py") == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("index = https://pypi" + ".org/simple", ["registry-host"]),
        ('"resolved": "https://registry.npmjs' + '.org/x"', ["registry-host"]),
        ("cd /ro" + "ot/project", ["machine-path"]),
        ("see /wo" + "rk/notes.md", ["machine-path"]),
        ("file:///ho" + "me/somebody/x", ["machine-path"]),
        ("docs/wo" + "rk/notes.md and ../ro" + "ot/x", []),
        ("GET /api/v1/ro" + "ot/x", []),
        ("data in /var/lib/malha, sockets in /tmp", []),
    ],
)
def test_no_file_names_a_registry_or_a_machine(line: str, expected: list[str]) -> None:
    assert rules_of(traces.check, line + "\n", "docs/page.md") == expected


@pytest.mark.parametrize(
    ("line", "path", "expected"),
    [
        ("select(Audit).where(x)", CODE, ["raw-select"]),
        ("sqlalchemy.select(func.count(Audit.id))", CODE, ["raw-select"]),
        ("update(Audit).values(x=1)", "src/malha/audits/routes.py", ["raw-select"]),
        ("session.get(Audit, id)", CODE, ["raw-select"]),
        ('text("SELECT id FROM audits WHERE id = :id")', CODE, ["raw-select"]),
        ('text("SELECT id FROM audits")', "src/malha/jobs/service.py", ["raw-select"]),
        ('text("SELECT id FROM audits")', "src/malha/jobs/ledger.py", []),
        ("select(Audit)", "src/malha/audits/repository.py", []),
        ("select(Audit)", "src/malha/audits/repository/_findings.py", []),
        ("select(Audit)  # allow-raw-select: counts over all tenants for the metrics", CODE, []),
        ("select(Table)", CODE, []),
        ("settings.get(name)", CODE, []),
        ("select(Audit)", "tests/integration/test_x.py", []),
    ],
)
def test_tenant_tables_are_queried_in_repositories_only(line: str, path: str, expected: list[str]) -> None:
    tenants = tenancy.TenantTables.of([MODELS])
    findings = tenancy.check(SourceFile(path, line + "\n"), tenants)
    assert [finding.message.split(":")[0] for finding in findings] == expected


def test_tenant_tables_are_those_with_a_workspace() -> None:
    tenants = tenancy.TenantTables.of([MODELS])
    assert tenants.models == {"Audit"}
    assert tenants.tables == {"audits"}


@pytest.mark.parametrize(
    ("line", "path", "expected"),
    [
        ("from malha.expenses.repository import find", CODE, ["foreign-slice"]),
        ("from malha.expenses import repository", CODE, ["foreign-slice"]),
        ("import malha.expenses.models", CODE, ["foreign-slice"]),
        ("from malha.expenses.service import check_supplier", CODE, []),
        ("from malha.expenses.rules.decision import Decision", CODE, []),
        ("from malha.expenses import service", CODE, []),
        ("from malha.audits.repository import find", CODE, []),
        ("from malha.identity.policy import PrincipalDep", CODE, []),
        ("from malha.expenses.routes import router", "src/malha/main.py", []),
    ],
)
def test_slices_meet_through_their_services(line: str, path: str, expected: list[str]) -> None:
    assert rules_of(slices.check, line + "\n", path) == expected


def test_a_file_that_is_not_python_is_reported_and_the_others_still_checked() -> None:
    findings = lint([SourceFile(CODE, "def ("), SourceFile("src/malha/kit/utils.py", '"""Words."""\n')])
    assert [finding.message.split(":")[0] for finding in findings] == ["syntax", "empty-name"]


def test_findings_are_printed_with_their_place_and_fail_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "utils.py").write_text('"""Words."""\n')
    (tmp_path / "ignored.py").write_text("def (")
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    assert main([], tmp_path) == 1
    assert capsys.readouterr().out.startswith("src/utils.py:1: empty-name:")
    assert main(["tests/"], tmp_path) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("await session.commit()\n", "src/malha/audits/routes.py", ["commit"]),
        ("session.commit()\n", "src/malha/audits/service/_x.py", ["commit"]),
        ("# allow-commit: the driver of a migration\nconnection.commit()\n", "src/malha/cli/database.py", []),
        ("await session.commit()\n", "src/malha/db/engine.py", []),
        ("await session.commit()\n", "tests/integration/test_x.py", []),
        ("await session.flush()\n", "src/malha/audits/routes.py", []),
    ],
)
def test_only_the_edge_commits(text: str, path: str, expected: list[str]) -> None:
    assert rules_of(edges.check, text, path) == expected


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("from malha.audits import repository, service\n", "src/malha/audits/routes.py", ["repository-import"]),
        ("from malha.audits.repository import listings\n", "src/malha/audits/routes.py", ["repository-import"]),
        ("from malha.audits.repository.audits import X\n", "src/malha/audits/tasks.py", ["repository-import"]),
        ("from malha.audits.repository.audits import X\n", "src/malha/audits/routes/_x.py", ["repository-import"]),
        ("from malha.audits.repository import listings\n", "src/malha/audits/service/_x.py", []),
        ("from malha.jobs import repository\n", "src/malha/jobs/routes.py", []),
        ("from malha.fiscal.rules._sums import X\n", "src/malha/fiscal/audit.py", ["private-import"]),
        ("from malha.fiscal.rules._sums import X\n", "src/malha/fiscal/rules/totals.py", []),
        ("from malha.audits.service._queries import X\n", "src/malha/audits/routes.py", ["private-import"]),
        ("from malha.jobs.once import NewJob\n", "src/malha/audits/service/_x.py", ["engine-import"]),
        ("from malha.jobs import NewJob\n", "src/malha/audits/service/_x.py", []),
        ("from malha.jobs.feed import Feed\n", "src/malha/main.py", []),
    ],
)
def test_imports_go_through_doors(text: str, path: str, expected: list[str]) -> None:
    assert rules_of(imports.check, text, path) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = f()  # noqa: S603\n", ["silenced"]),
        ("x = f()  # noqa: S603 - made here\n", []),
        ("x = f()  # noqa: S603 - made here\ny = f()  # noqa: S603\n", []),
        ("x = f()  # type: ignore[misc]\n", ["silenced"]),
        ("x = f()  # pyright: ignore[reportUnknown] - JSON has no types\n", []),
        ("x = '# noqa: S603'\n", []),
    ],
)
def test_whoever_silences_a_tool_says_why(text: str, expected: list[str]) -> None:
    assert rules_of(reasons.check, text) == expected


def test_a_cycle_for_types_only_is_a_cycle() -> None:
    one = SourceFile("src/malha/a.py", "if TYPE_CHECKING:\n    from malha.b import B\n")
    other = SourceFile("src/malha/b.py", "from malha.a import A\n")
    granted = SourceFile("src/malha/a.py", "# allow-type-cycle: a part of one thing\n" + one.text)
    assert [finding.path for finding in cycles.check([one, other])] == ["src/malha/a.py"]
    assert list(cycles.check([granted, other])) == []
    assert list(cycles.check([one, SourceFile("src/malha/b.py", "x = 1\n")])) == []


def test_a_dependency_that_nothing_imports_is_reported() -> None:
    project = SourceFile("pyproject.toml", '[project]\ndependencies = [\n    "orjson>=3",\n    "tzdata>=1",\n]\n')
    code = SourceFile("src/malha/a.py", "import orjson\n")
    assert [finding.line for finding in dependencies.check([project, SourceFile("src/malha/a.py", "x = 1\n")])] == [3]
    assert list(dependencies.check([project, code])) == []
