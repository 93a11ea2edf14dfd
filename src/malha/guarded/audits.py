"""Fiscal documents read and audited in a child, file by file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from inspect import signature
from pkgutil import walk_packages
from typing import Any, BinaryIO

from malha import fiscal
from malha.fiscal import schema
from malha.fiscal.documents import ReadError
from malha.fiscal.leaves import AuditedFile, audit_leaf, refuse_file
from malha.fiscal.options import AuditOptions
from malha.guarded.errors import GuardedError
from malha.guarded.pool import run_guarded

_READER = "malha.guarded.audits:read_leaf"


def audit_guarded(
    data: bytes,
    name: str,
    options: AuditOptions,
    *,
    is_beside: bool = False,
    owner: str | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> AuditedFile:
    """As `malha.fiscal.leaves.audit_leaf`, which runs in the child; what ends the child is the file's finding.

    For `owner` see `run_guarded`. Raises GuardedError `cancelled`.
    """
    arguments = {"name": name, "options": options.as_json(), "is_beside": is_beside}
    known = {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    try:
        told = list(run_guarded(_READER, data, arguments=arguments, owner=owner, is_cancelled=is_cancelled))
        return replace(_load(told), **known)
    except GuardedError as error:
        if error.code == "cancelled":
            raise
        return refuse_file(error=ReadError(error.code, error.sentence_pt, error.sentence_en), **known)


def read_leaf(source: BinaryIO, *, name: str, options: dict[str, Any], is_beside: bool) -> Iterator[Any]:
    """In the child: the audited file as JSON, then its skeleton if it has one."""
    audited = audit_leaf(source.read(), name, AuditOptions.load(options), is_beside=is_beside)
    yield replace(audited, skeleton=None).as_json()
    if audited.skeleton is not None:
        yield audited.skeleton


def warm() -> None:
    """Load every module, table and schema."""
    for module in walk_packages(fiscal.__path__, f"{fiscal.__name__}."):
        for value in list(vars(import_module(module.name)).values()):
            if hasattr(value, "cache_parameters") and not signature(value).parameters:
                value()
    schema.compile_all()


def _load(told: list[Any]) -> AuditedFile:
    """GuardedError for what no reader of ours has said."""
    match told:
        case [values]:
            skeleton = None
        case [values, bytes(skeleton)]:
            pass
        case _:
            raise GuardedError.of("crashed")
    try:
        return replace(AuditedFile.load(values), skeleton=skeleton)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise GuardedError.of("crashed") from error
