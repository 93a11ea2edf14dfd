"""Executes a command as an unprivileged account, bound to its parent's life: `launch.py UID GID SIGNAL CWD COMMAND...`.

A program of its own and not a `preexec_fn`, because code between fork and exec is unsafe beside threads.
"""

from __future__ import annotations

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    uid, gid, death_signal = (int(argument) for argument in arguments[:3])
    folder, *command = arguments[3:]
    parent = os.getppid()
    libc = ctypes.CDLL(None)  # before the account changes: it may not be able to read this interpreter
    if uid != os.geteuid():
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    os.chdir(folder)
    if sys.platform == "linux":
        # After setuid, which clears it. Without it (macOS) servers outlive a killed keeper; the next one ends them.
        libc.prctl(_PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:
            sys.exit("the parent process is gone")
    os.execv(command[0], command)  # noqa: S606 - replacing this process is the purpose


if __name__ == "__main__":
    main(sys.argv[1:])
