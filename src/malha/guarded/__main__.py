"""The child: `python -m malha.guarded TARGET MEMORY CPU WALL`, with the file as its standard input.

Gives up what it does not need before it loads what parses. Whatever that prints goes nowhere.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from io import BufferedWriter
from typing import Any, BinaryIO

import orjson

from malha.guarded.errors import RefusedError
from malha.guarded.process import END, REFUSAL, VALUE

GRACE_SECONDS = 5
MOST_OPEN_FILES = 64


def main(arguments: list[str]) -> None:
    """Parse and tell."""
    target, memory, cpu, wall = arguments[0], *map(int, arguments[1:])
    output = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device
        os.dup2(nowhere.fileno(), 1)
    _give_up(memory, cpu, wall)
    try:
        with os.fdopen(0, "rb") as source:
            for value in _load(target)(source):
                _tell(output, VALUE, value)
        output.write(END + b"\n")
    except RefusedError as error:
        told = {"code": error.code, "message_pt": error.message_pt, "message_en": error.message_en}
        _tell(output, REFUSAL, told)
    except MemoryError:
        _tell(output, REFUSAL, {"code": "memory"})
    except BaseException:  # also what extensions in Rust raise when they panic
        _tell(output, REFUSAL, {"code": "crashed"})
    output.flush()


def _give_up(memory: int, cpu: int, wall: int) -> None:
    """Hard limits, which cannot be raised again."""
    signal.alarm(wall + GRACE_SECONDS)  # in case that the parent is not there any more to end us
    if sys.platform == "linux":  # elsewhere it counts shared libraries of any size, or nothing at all
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + GRACE_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_OPEN_FILES, MOST_OPEN_FILES))


def _load(target: str) -> Callable[[BinaryIO], Iterator[Any]]:
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def _tell(output: BufferedWriter, kind: bytes, value: Any) -> None:
    output.write(kind + orjson.dumps(value, default=str) + b"\n")


if __name__ == "__main__":
    main(sys.argv[1:])
