"""A seccomp filter that leaves the calls of a process that only computes; any other fails with EPERM.

Wire facts: include/uapi/linux/{seccomp,filter,audit}.h and the tables of system calls of each machine.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from typing import NamedTuple

from malha.guarded import _system

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_LOAD, _EQUAL, _ANY_BIT, _ANSWER = 0x20, 0x15, 0x45, 0x06
_KILL, _ALLOW = 0x80000000, 0x7FFF0000
_NOT_PERMITTED, _NOT_IMPLEMENTED = 0x00050001, 0x00050026
_NUMBER, _MACHINE, _ARGUMENTS = 0, 4, 16
_EXECUTABLE = 4
_LINE_BYTES = 8


class _Machine(NamedTuple):
    """Its name in the filter, the calls left whole, and those that are left in part or play a part of their own."""

    audit: int
    calls: tuple[int, ...]
    mmap: int
    mprotect: int
    prlimit64: int
    clone3: int


# read write readv writev pread64 lseek close fstat recvmsg poll; munmap brk mremap madvise; rt_sigaction
# rt_sigprocmask rt_sigreturn sigaltstack restart_syscall; getpid getppid gettid getrusage gettimeofday clock_gettime
# clock_getres clock_nanosleep nanosleep getrandom sched_yield futex; exit exit_group
_MACHINES = {
    "x86_64": _Machine(
        0xC000003E,
        (0, 1, 19, 20, 17, 8, 3, 5, 47, 7, 11, 12, 25, 28, 13, 14, 15, 131, 219, 39, 110, 186, 98, 96, 228, 229, 230,
         35, 318, 24, 202, 60, 231),
        mmap=9, mprotect=10, prlimit64=302, clone3=435,
    ),
    "aarch64": _Machine(
        0xC00000B7,
        (63, 64, 65, 66, 67, 62, 57, 80, 212, 73, 215, 214, 216, 233, 134, 135, 139, 132, 128, 172, 173, 178, 165, 169,
         113, 114, 115, 101, 278, 124, 98, 93, 94),
        mmap=222, mprotect=226, prlimit64=261, clone3=435,
    ),
}  # fmt: skip


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def is_available() -> bool:
    """Whether the kernel has it and the machine's calls are known here."""
    if _system.MACHINE not in _MACHINES:
        return False
    try:
        _system.prctl(_PR_SET_SECCOMP, _MODE_FILTER, None)
    except OSError as error:
        return error.errno == errno.EFAULT  # it looked for a filter where none is
    return False


def restrict() -> None:
    """For this process, for ever; OSError."""
    code = _program(_MACHINES[_system.MACHINE])
    program = _Program(len(code) // _LINE_BYTES, code)
    _system.prctl(_system.PR_SET_NO_NEW_PRIVS, 1)
    _system.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program))


def _program(machine: _Machine) -> bytes:
    """The filter: instructions of eight bytes, whose jumps count from the next one."""
    lines = [
        _line(_LOAD, _MACHINE),
        _line(_EQUAL, machine.audit, 1, 0),
        _line(_ANSWER, _KILL),
        _line(_LOAD, _NUMBER),
    ]
    for number in machine.calls:
        lines += [_line(_EQUAL, number, 0, 1), _line(_ANSWER, _ALLOW)]
    for number in (machine.mmap, machine.mprotect):  # no memory that can be executed
        lines += [
            _line(_EQUAL, number, 0, 4),
            _line(_LOAD, _argument(2)),
            _line(_ANY_BIT, _EXECUTABLE, 0, 1),
            _line(_ANSWER, _NOT_PERMITTED),
            _line(_ANSWER, _ALLOW),
        ]
    lines += [  # limits may be asked for, and not be set
        _line(_EQUAL, machine.prlimit64, 0, 6),
        _line(_LOAD, _argument(2)),
        _line(_EQUAL, 0, 0, 3),
        _line(_LOAD, _argument(2) + 4),
        _line(_EQUAL, 0, 0, 1),
        _line(_ANSWER, _ALLOW),
        _line(_ANSWER, _NOT_PERMITTED),
        _line(_EQUAL, machine.clone3, 0, 1),  # as from a kernel that is older, so that the C library asks for clone
        _line(_ANSWER, _NOT_IMPLEMENTED),
        _line(_ANSWER, _NOT_PERMITTED),
    ]
    return b"".join(lines)


def _line(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, operand)


def _argument(number: int) -> int:
    """Where the lower half of an argument stands; both machines are little-endian."""
    return _ARGUMENTS + 8 * number
