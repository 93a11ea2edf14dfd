"""Fiscal documents read and audited in a child."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from importlib import import_module
from inspect import signature
from pkgutil import walk_packages
from typing import Any, BinaryIO

from malha import fiscal
from malha.fiscal import schema
from malha.fiscal.documents import ReadError
from malha.fiscal.leaves import AuditedFile, Leaf, RawFile, audit_leaf, refuse_file
from malha.fiscal.options import AuditOptions
from malha.guarded.errors import GuardedError
from malha.guarded.limits import Limits
from malha.guarded.pool import run_guarded

BATCH_FILES = 32
BATCH_BYTES = 256 * 1024
"""Small files travel together: otherwise processes would wait for each other longer than they read."""

LIMITS = Limits()
_READER = "malha.guarded.audits:read_files"


def audit_guarded(
    files: Iterable[Leaf],
    options: AuditOptions,
    *,
    owner: str | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[AuditedFile]:
    """As `malha.fiscal.leaves.audit_leaves`, which runs in the child; what ends the child is the file's finding.

    For `owner` see `run_guarded`. Raises GuardedError `cancelled`.
    """
    door = _Door(options, owner, is_cancelled)
    batch: list[RawFile] = []
    for file in files:
        if isinstance(file, AuditedFile):
            yield from door.audit(batch)
            batch = []
            yield file
            continue
        if batch and (len(batch) == BATCH_FILES or sum(len(raw.data) for raw in batch) + len(file.data) > BATCH_BYTES):
            yield from door.audit(batch)
            batch = []
        batch.append(file)
    yield from door.audit(batch)


class _Door:
    """What all batches of a call have in common."""

    def __init__(self, options: AuditOptions, owner: str | None, is_cancelled: Callable[[], bool]) -> None:
        self._options = options.as_json()
        self._owner = owner
        self._is_cancelled = is_cancelled

    def audit(self, batch: Sequence[RawFile]) -> Iterator[AuditedFile]:
        """The results of all, in their order. Of a batch that ends its child, each file is tried by itself."""
        left = deque(batch)
        try:
            for audited in self._run(batch):
                left.popleft()
                yield audited
        except GuardedError as error:
            if error.code == "cancelled":
                raise
            if len(batch) == 1:
                yield refuse_file(error=ReadError(error.code, error.sentence_pt, error.sentence_en), **_known(batch[0]))
                return
        for file in left:
            yield from self.audit([file])

    def _run(self, batch: Sequence[RawFile]) -> Iterator[AuditedFile]:
        if not batch:
            return
        files = [{"name": file.name, "size": len(file.data), "is_beside": file.is_beside} for file in batch]
        told = run_guarded(
            _READER,
            b"".join(file.data for file in batch),
            LIMITS,
            arguments={"files": files, "options": self._options},
            owner=self._owner,
            is_cancelled=self._is_cancelled,
        )
        with closing(told):
            for file in batch:
                yield replace(_load(next(told, None), next(told, None)), **_known(file))
            for _ in told:
                raise GuardedError.of("crashed")


def read_files(source: BinaryIO, *, files: list[dict[str, Any]], options: dict[str, Any]) -> Iterator[Any]:
    """In the child: of each file that stands one after the other in `source`, its result and its briefs."""
    for file in files:
        audited = audit_leaf(
            source.read(file["size"]), file["name"], AuditOptions.load(options), is_beside=file["is_beside"]
        )
        yield replace(audited, briefs=None).as_json()
        yield audited.briefs


def warm() -> None:
    """Load every module, table and schema."""
    for module in walk_packages(fiscal.__path__, f"{fiscal.__name__}."):
        for value in list(vars(import_module(module.name)).values()):
            if hasattr(value, "cache_parameters") and not signature(value).parameters:
                value()
    schema.compile_all()


def _known(file: RawFile) -> dict[str, Any]:
    """What nobody needs to ask a child."""
    return {"name": file.name, "size": len(file.data), "sha256": hashlib.sha256(file.data).hexdigest()}


def _load(values: Any, briefs: Any) -> AuditedFile:
    """GuardedError for what no reader of ours has said."""
    if not isinstance(briefs, bytes | None):
        raise GuardedError.of("crashed")
    try:
        return replace(AuditedFile.load(values), briefs=briefs)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise GuardedError.of("crashed") from error
