"""Landlock: no path opens but those of programs where it is said, no port answers, no process outside gets a signal.

Wire facts: include/uapi/linux/landlock.h. The numbers of its calls are the same on every machine.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable

from malha.guarded import _system

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_TCP = 0b11
_SCOPES = 0b11
_NEWEST = 6
_PATH_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16, 6: 16}
"""How many rights over paths each version knows, which are the lowest bits."""


_BENEATH = 1
_RUN_AND_READ = 0b1101
"""To execute, to read files and folders."""


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("rights", ctypes.c_uint64), ("folder", ctypes.c_int32)]


class _Ruleset(ctypes.Structure):
    _fields_ = [("paths", ctypes.c_uint64), ("ports", ctypes.c_uint64), ("scopes", ctypes.c_uint64)]


def is_available() -> bool:
    """Whether the kernel has it."""
    return _version() > 0


def restrict(programs: Iterable[str] = ()) -> None:
    """For this process and all that it forks, for ever; OSError.

    What lies below the folders of `programs` may be read and executed: for a process that becomes another program.
    """
    version = min(_version(), _NEWEST)
    rules = _Ruleset(
        paths=(1 << _PATH_RIGHTS[version]) - 1, ports=_TCP if version >= 4 else 0, scopes=_SCOPES if version >= 6 else 0
    )
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    descriptor = _system.syscall(_CREATE_RULESET, ctypes.byref(rules), size, 0)
    try:
        for folder in programs:
            _allow(descriptor, folder)
        _system.prctl(_system.PR_SET_NO_NEW_PRIVS, 1)
        _system.syscall(_RESTRICT_SELF, descriptor, 0)
    finally:
        os.close(descriptor)


def _allow(ruleset: int, folder: str) -> None:
    opened = os.open(folder, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _PathBeneath(rights=_RUN_AND_READ, folder=opened)
        _system.syscall(_ADD_RULE, ruleset, _BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(opened)


def _version() -> int:
    """0 where there is none."""
    if not _system.MACHINE:
        return 0
    try:
        return _system.syscall(_CREATE_RULESET, None, 0, _ASK_VERSION)
    except OSError:
        return 0
