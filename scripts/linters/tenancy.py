"""Queries of tables that belong to a workspace live in repositories, where they start from who may see them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scripts.linters.source import Finding, SourceFile

TENANT_COLUMN = "workspace_id"
_QUERIES = frozenset({"select", "update", "delete", "exists"})
_SESSION_LOOKUPS = frozenset({"get", "get_one"})
# The engine and the schema's own code work for every tenant at once.
_ENGINE_EXCEPT = frozenset({"routes", "schemas", "service", "tasks", "policy"})


@dataclass(frozen=True)
class TenantTables:
    """The models that carry a workspace, by class name, and the names of their tables."""

    models: frozenset[str]
    tables: frozenset[str]

    @classmethod
    def of(cls, sources: Iterable[SourceFile]) -> TenantTables:
        """Collect them from every `models.py` or `models/` below `src/malha`."""
        models: set[str] = set()
        tables: set[str] = set()
        for source in sources:
            if not source.is_python or not _is_place(source, "models"):
                continue
            for node in source.nodes:
                if isinstance(node, ast.ClassDef) and _has_tenant(node):
                    models.add(node.name)
                    tables.update(_table_names(node))
        return cls(frozenset(models), frozenset(tables))


def check(source: SourceFile, tenants: TenantTables) -> Iterator[Finding]:
    """Report queries of tenant tables outside repositories; `raw-select` may be allowed."""
    if not source.is_python or not source.path.startswith("src/malha/") or _may_query(source):
        return
    sql = _sql_pattern(tenants.tables)
    for node in source.nodes:
        name = _queried_model(node, tenants.models) if isinstance(node, ast.Call) else _queried_table(node, sql)
        if name and isinstance(node, ast.expr) and not source.allows("raw-select", node.lineno):
            message = f"raw-select: {name} belongs to a workspace; ask its repository, which starts from visible_to"
            yield Finding(source.path, node.lineno, message)


def _may_query(source: SourceFile) -> bool:
    if _is_place(source, "repository") or _is_place(source, "models") or source.pure.stem == "ddl":
        return True
    if source.path.startswith("src/malha/db/"):
        return True
    return source.path.startswith("src/malha/jobs/") and source.pure.parts[3].removesuffix(".py") not in _ENGINE_EXCEPT


def _is_place(source: SourceFile, name: str) -> bool:
    return source.path.startswith("src/malha/") and (source.pure.stem == name or name in source.pure.parts[:-1])


def _has_tenant(node: ast.ClassDef) -> bool:
    fields = [line.target for line in node.body if isinstance(line, ast.AnnAssign)]
    return any(isinstance(field, ast.Name) and field.id == TENANT_COLUMN for field in fields)


def _table_names(node: ast.ClassDef) -> Iterator[str]:
    for line in node.body:
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant):
            names = [target.id for target in line.targets if isinstance(target, ast.Name)]
            if "__tablename__" in names:
                yield str(line.value.value)


def _queried_model(call: ast.Call, models: frozenset[str]) -> str | None:
    function = call.func
    name = (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )
    if name in _QUERIES:
        arguments = call.args
    elif name in _SESSION_LOOKUPS and isinstance(function, ast.Attribute):
        arguments = call.args[:1]
    else:
        return None
    named = {node.id for argument in arguments for node in ast.walk(argument) if isinstance(node, ast.Name)}
    return min(named & models, default=None)


def _sql_pattern(tables: frozenset[str]) -> re.Pattern[str] | None:
    if not tables:
        return None
    return re.compile(rf"\b(?:FROM|JOIN|UPDATE)\s+(?:ONLY\s+)?({'|'.join(sorted(tables))})\b")


def _queried_table(node: ast.AST, sql: re.Pattern[str] | None) -> str | None:
    if sql is None or not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return None
    found = sql.search(node.value)
    return found[1] if found else None
