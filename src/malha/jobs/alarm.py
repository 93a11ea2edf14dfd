"""The last resort against a handler that hangs: the kernel ends the process.

Celery's own time limits do the same from the worker's main process, at the price of a timer for each message.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def ended_after(seconds: float) -> Generator[None]:
    """End this process with SIGALRM when the block takes longer, even if it never comes back from C code.

    Only the main thread can be watched, which is where a pool of processes runs its tasks; elsewhere this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
