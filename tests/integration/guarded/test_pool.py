"""Whose files a child reads, how long it lives, and what remains of it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.fakes.takeover import ANYTHING, SMALL, code_of, file_that_does, run

from malha.guarded import GuardedError, Limits, pool, run_guarded
from malha.guarded.limits import MEBIBYTE

PID = "[__import__('os').getpid()]"
SLOW_PID = "__import__('time').sleep(0.2) or __import__('os').getpid()"
"""Late enough not to wait for others that would go out together with it."""

SERVER = "[__import__('os').getppid()]"


def child_of(owner: str | None, expression: str = PID) -> int:
    """The process that reads the owner's next file."""
    return run(expression, owner=owner)[0]


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def end(pid: int) -> None:
    """Kill a process that this one has started, itself or through others; any other number is an error."""
    [process] = [one for one in psutil.Process().children(recursive=True) if one.pid == pid]
    process.kill()


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_child_reads_several_files_of_one_owner() -> None:
    assert child_of("ana") == child_of("ana")


def test_no_child_reads_for_two() -> None:
    run("[setattr(__import__('pickle'), 'seen', 'the salaries')]", owner="ana")
    assert run("[getattr(__import__('pickle'), 'seen', None)]", owner="bia") == [None]
    assert run("[getattr(__import__('pickle'), 'seen', None)]") == [None]
    assert run("[getattr(__import__('pickle'), 'seen', None)]", owner="ana") == ["the salaries"]


def test_a_child_without_an_owner_reads_one_file() -> None:
    first, second = child_of(None), child_of(None)
    assert first != second
    assert is_gone(first)
    assert is_gone(second)


def test_other_limits_are_another_child() -> None:
    run(PID, SMALL, owner="ana")
    first = run(PID, SMALL, owner="ana")
    assert run(PID, Limits(memory_bytes=MEBIBYTE * 64), owner="ana") != first


@pytest.mark.parametrize("expression", ["1 / 0", "['x' * 10 ** 9]", "__import__('os')._exit(0)"])
def test_a_child_to_which_anything_happened_reads_no_more(expression: str) -> None:
    before = child_of("ana")
    with pytest.raises(GuardedError):
        run(expression, owner="ana")
    assert is_gone(before)
    assert child_of("ana") != before


def test_a_child_is_ended_after_many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "MOST_JOBS", 3)
    run("1 / 1 and [1]", owner="ana")
    children = [child_of("carla") for _ in range(7)]
    assert [children.count(child) for child in dict.fromkeys(children)] == [3, 3, 1]


@pytest.mark.parametrize("expression", [f"[len({'x' * MEBIBYTE!r})]", f"['x' * {MEBIBYTE}]"])
def test_a_child_that_read_or_told_much_reads_no_more(expression: str) -> None:
    before = child_of("ana")
    run(expression, Limits(), owner="dora")
    after = run(PID, Limits(), owner="dora")
    run(expression, Limits(), owner="dora")
    assert run(PID, Limits(), owner="dora") != after
    assert child_of("ana") == before


def test_only_a_few_children_wait() -> None:
    children = [child_of(f"owner {number}") for number in range(pool.MOST_WAITING + 3)]
    assert sum(not is_gone(child) for child in children) == pool.MOST_WAITING


def test_a_child_that_died_while_it_waited_is_replaced() -> None:
    child = child_of("ana")
    end(child)
    wait_until(lambda: is_gone(child))
    assert run("[1]", owner="ana") == [1]


@pytest.mark.parametrize("harm", ["setattr(__import__('io'), 'BytesIO', None)", "HOARD"])
def test_what_an_earlier_file_did_to_the_child_is_no_verdict_on_the_next(harm: str) -> None:
    hoard = "setattr(__import__('io'), 'hoard', bytearray(100 * 2 ** 20))"
    before = run(f"[{harm.replace('HOARD', hoard)} or __import__('os').getpid()]", owner="ana")
    assert run("[len(bytearray(100 * 2 ** 20)), __import__('os').getpid()]", owner="ana")[0] == 100 * MEBIBYTE
    assert is_gone(*before)


def test_a_child_that_goes_on_speaking_reads_no_more() -> None:
    before = child_of("eva")
    run("[__import__('os').write(4, b'.\\0\\0\\0\\0' * 2)][:0]", owner="eva")
    assert child_of("eva") != before


def test_a_server_that_was_killed_is_started_again() -> None:
    [server] = run(SERVER)
    end(server)
    wait_until(lambda: is_gone(server))
    assert run("[1]") == [1]


def test_a_server_that_is_killed_takes_its_children_along_and_the_file_is_told() -> None:
    endless = "([__import__('os').getpid(), __import__('os').getppid()] for _ in iter(int, 1))"
    values = run_guarded(ANYTHING, file_that_does(endless))
    child, server = next(values)
    end(server)
    with pytest.raises(GuardedError):
        for _ in values:
            pass
    wait_until(lambda: is_gone(child))
    assert run("[1]") == [1]


def test_a_target_that_cannot_be_loaded_is_a_fault_of_ours() -> None:
    with pytest.raises(RuntimeError, match="nothing_of_this_name"):
        list(run_guarded("nothing_of_this_name:read", b""))


def test_threads_share_the_pool() -> None:
    seen: list[Any] = []

    def read(number: int) -> None:
        seen.extend(run(f"[{number}] * 3", owner=f"{number % 3}"))

    threads = [threading.Thread(target=read, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == sorted(list(range(12)) * 3)


def test_cancelling_ends_the_child_and_says_so() -> None:
    is_cancelled = threading.Event()
    endless = file_that_does(f"({SLOW_PID} if n == 0 else max(0 for _ in iter(int, 1)) for n in range(2))")
    values = run_guarded(ANYTHING, endless, is_cancelled=is_cancelled.is_set)
    child = next(values)
    is_cancelled.set()
    with pytest.raises(GuardedError) as raised:
        next(values)
    assert raised.value.code == "cancelled"
    assert is_gone(child)


def test_what_nobody_wants_any_more_is_not_begun() -> None:
    with pytest.raises(GuardedError) as raised:
        list(run_guarded(ANYTHING, file_that_does("[1]"), is_cancelled=lambda: True))
    assert raised.value.code == "cancelled"


@pytest.mark.parametrize(
    "said",
    [
        "b'=\\0\\0\\0\\2{]'",
        "b'?\\0\\0\\0\\1' + b'1'",
        "b'=\\xff\\xff\\xff\\xff'",
        "b'!\\0\\0\\0\\2[]'",
        'b\'!\\0\\0\\0\\x0c{"code":"no"}\'',
    ],
)
def test_a_child_that_says_what_no_child_says_is_not_believed(said: str) -> None:
    assert code_of(f"[[__import__('os').write(n, {said}) for n in (0, 3, 4, 5)]]") in {"crashed", "output"}


PARENT = """
import sys, time
sys.path.insert(0, {root!r})
from tests.fakes.takeover import ANYTHING, file_that_does
from malha.guarded import run_guarded
pids = "[__import__('os').getpid(), __import__('os').getppid()]"
if {waits}:
    [found] = run_guarded(ANYTHING, file_that_does(f"[{{pids}}]"), owner="ana")
else:
    first = f"__import__('time').sleep(0.2) or {{pids}}"
    busy = file_that_does(f"(({{first}}) if n == 0 else max(0 for _ in iter(int, 1)) for n in range(2))")
    values = run_guarded(ANYTHING, busy)
    found = next(values)
{between}
print(*found, flush=True)
time.sleep(60)
"""


@pytest.fixture(params=[True, False], ids=["waiting", "busy"])
def parent(request: pytest.FixtureRequest) -> Iterator[Callable[[str], tuple[Any, list[int]]]]:
    """Starts a process that has a child, after some more lines; gives it and the processes that it named."""
    started: list[subprocess.Popen[str]] = []

    def start(between: str = "") -> tuple[subprocess.Popen[str], list[int]]:
        root = str(request.config.rootpath)
        lines = PARENT.format(root=root, waits=request.param, between=between)
        process = subprocess.Popen([sys.executable, "-c", lines], stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        return process, [int(word) for word in process.stdout.readline().split()]

    yield start
    for process in started:
        with process:
            process.kill()


def test_nothing_outlives_a_parent_that_is_killed(parent: Callable[..., Any]) -> None:
    process, pids = parent()
    assert len(pids) == 2
    assert not any(is_gone(pid) for pid in pids)
    process.kill()
    wait_until(lambda: all(is_gone(pid) for pid in pids))


def test_nothing_outlives_a_parent_whose_own_fork_lives_on(parent: Callable[..., Any]) -> None:
    fork = "import os\nforked = os.fork()\nif forked == 0:\n    time.sleep(10)\n    os._exit(0)\nfound.append(forked)"
    process, [child, server, forked] = parent(fork)
    process.kill()
    wait_until(lambda: is_gone(child) and is_gone(server))
    assert not is_gone(forked)


def test_a_forked_process_has_children_of_its_own(parent: Callable[..., Any]) -> None:
    read = """
import os
forked = os.fork()
if forked == 0:
    [own] = run_guarded(ANYTHING, file_that_does(f"[{pids}]"))
    print(*own, flush=True)
    os._exit(0)
os.waitpid(forked, 0)
"""
    process, own = parent(read)  # the forked process prints first
    found = [int(word) for word in process.stdout.readline().split()]
    assert not set(own) & set(found)
    wait_until(lambda: is_gone(own[1]))  # its server ends with it
    assert not any(is_gone(pid) for pid in found[:2])


def test_the_interpreter_ends_in_peace_with_a_file_half_read() -> None:
    lines = PARENT.format(root=str(Path.cwd()), waits=False, between="time.sleep = lambda _: None")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", lines], capture_output=True, text=True, timeout=60, check=True
    )
    assert not done.stderr
    pids = [int(word) for word in done.stdout.split()]
    wait_until(lambda: all(is_gone(pid) for pid in pids))


def test_a_child_waits_while_nobody_asks(parent: Callable[..., Any]) -> None:
    endless = file_that_does("(__import__('os').getpid() for _ in iter(int, 1))")
    with closing(run_guarded(ANYTHING, endless, Limits())) as values:
        child = psutil.Process(next(values))
        wait_until(lambda: child.status() == psutil.STATUS_SLEEPING)
        used = child.cpu_times().user
        time.sleep(0.3)
        assert child.cpu_times().user - used < 0.1
