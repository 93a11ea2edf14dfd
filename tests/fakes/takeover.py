"""Files that take over what parses them: the file says what the child does."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from malha.guarded import GuardedError, Limits, run_guarded
from malha.guarded.limits import MEBIBYTE

ANYTHING = "pickle:load"
"""Stands for a parser with a hole: what the file evaluates to is yielded value by value."""

SMALL = Limits(memory_bytes=128 * MEBIBYTE, cpu_seconds=1, wall_seconds=20, output_bytes=MEBIBYTE)

_ATTEMPT = """
import sys
os, socket = sys.modules["os"], sys.modules["socket"]
from malha.guarded import _system
try:
    {statement}
    told = "done"
except BaseException as error:
    told = f"{{type(error).__name__}} {{getattr(error, 'errno', None)}}"
"""


class _Evaluated:
    def __init__(self, expression: str) -> None:
        self._expression = expression

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return eval, (self._expression,)


def file_that_does(expression: str) -> bytes:
    """A file whose parsing evaluates an expression to something iterable."""
    return pickle.dumps(_Evaluated(expression))


def run(expression: str, limits: Limits = SMALL, owner: str | None = None) -> list[Any]:
    """What a child yields whose file evaluates the expression."""
    return list(run_guarded(ANYTHING, file_that_does(expression), limits, owner=owner))


def code_of(expression: str, limits: Limits = SMALL) -> str:
    """The code of what ended the child."""
    with pytest.raises(GuardedError) as raised:
        run(expression, limits)
    return raised.value.code


def attempt(statement: str, limits: Limits = SMALL) -> str:
    """`done`, or the error that a statement meets in a child; `os`, `socket` and `_system` are there."""
    source = _ATTEMPT.format(statement=statement)
    [told] = run(f"[(lambda scope: exec({source!r}, scope) or scope['told'])({{}})]", limits)
    return told
