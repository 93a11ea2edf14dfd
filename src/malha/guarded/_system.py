"""Calls to the kernel that Python has no names for."""

from __future__ import annotations

import ctypes
import os
import platform
import sys

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38

_LIBC = ctypes.CDLL(None, use_errno=True)

MACHINE = platform.machine() if sys.platform == "linux" else ""
"""`x86_64`, `aarch64`...; empty where the kernel is not Linux."""


def syscall(number: int, *arguments: object) -> int:
    """What the kernel answers; OSError."""
    return _checked(_LIBC.syscall(ctypes.c_long(number), *map(_word, arguments)))


def prctl(option: int, *arguments: object) -> None:
    """Change what the kernel keeps of this process; OSError."""
    words = [_word(argument) for argument in (*arguments, 0, 0, 0, 0)][:4]
    _checked(_LIBC.prctl(option, *words))


def _word(argument: object) -> object:
    return ctypes.c_ulong(argument) if isinstance(argument, int) else argument


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
