"""What a child cannot do, however thoroughly a file has taken it over."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from tests.fakes.takeover import attempt, run

from malha.guarded import _landlock, _seccomp

pytestmark = pytest.mark.skipif(not _seccomp.is_available(), reason="this kernel has no seccomp filters")

DENIED = "PermissionError 1"
"""EPERM, which is the filter's answer; Landlock's is EACCES."""


@pytest.mark.parametrize(
    "statement",
    [
        "open('/etc/hostname')",
        "open('/proc/self/environ')",
        "open('/dev/null', 'w')",
        "open('/tmp/malha-never-written', 'w')",
        "os.stat('/')",
        "os.listdir('/')",
        "os.getcwd()",
        "os.unlink('/tmp/malha-never-written')",
        "os.memfd_create('x')",
        "os.pipe()",
        "os.dup(0)",
    ],
)
def test_no_file(statement: str) -> None:
    assert attempt(statement) == DENIED


@pytest.mark.parametrize(
    "statement",
    [
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
        "socket.socketpair()",
        "_system.prctl(0, _system._LIBC.connect(3, b'', 0))",  # on the connection that it has
        "_system.syscall(425, 8, b' ' * 120)",  # io_uring_setup: the way around a filter
    ],
)
def test_no_network(statement: str) -> None:
    assert attempt(statement) == DENIED


@pytest.mark.parametrize(
    "statement",
    [
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "os.kill(1, 0)",  # signal 0 is none: whoever may send it may send others
        "os.kill(os.getppid(), 0)",
        "os.kill(os.getpid(), 0)",
        "os.setsid()",
        "os.setuid(0)",
        "_system._checked(_system._LIBC.ptrace(16, os.getppid(), 0, 0))",
        "_system._checked(_system._LIBC.process_vm_readv(os.getppid(), 0, 0, 0, 0, 0))",
        "_system.prctl(_system.PR_SET_PDEATHSIG, 0)",
    ],
)
def test_no_other_process(statement: str) -> None:
    assert attempt(statement) == DENIED


def test_no_thread() -> None:
    assert attempt("import _thread; _thread.start_new_thread(print, ())") == "RuntimeError None"


def test_no_memory_that_can_be_executed() -> None:
    mmap = "_system._LIBC.mmap(None, 4096, {}, 0x22, -1, 0)"
    assert attempt(f"_system._checked({mmap.format(3)} != -1 and 0)") == "done"
    assert attempt(f"_system._checked({mmap.format(7)} == -1 and -1)") == DENIED


def test_limits_may_be_asked_for_and_not_set() -> None:
    limits = "import resource; resource.{}(resource.RLIMIT_CORE{})"
    assert attempt(limits.format("getrlimit", "")) == "done"
    assert attempt(limits.format("setrlimit", ", (0, 0)")) != "done"


def test_none_of_our_variables_and_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret")
    assert set(*run("[list(__import__('os').environ)]")) <= {"LD_LIBRARY_PATH", "LC_CTYPE"}


_LOOK = """
told = []
for n in range(64):
    try:
        sys.modules["os"].lseek(n, 0, 1)
        told.append("file")
    except OSError as error:
        told += ["pipe"] if error.errno == 29 else []
"""


def test_nothing_is_open_but_an_empty_device_and_the_way_to_the_parent() -> None:
    [found] = run(f"[(lambda scope: exec({_LOOK!r}, scope) or scope['told'])({{'sys': __import__('sys')}})]")
    assert found == ["file", "file", "file", "pipe"]


def sealed(lines: str, *locks: str) -> str:
    """What a fresh interpreter prints that loads lxml, closes the doors and goes on."""
    close = "\n".join(f"malha.guarded.{lock}.restrict()" for lock in locks)
    imports = "import os, socket, malha.guarded._landlock, malha.guarded._seccomp\nfrom lxml import etree\n"
    # A process that may open no file cannot write what it covered.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    command = [sys.executable, "-c", imports + close + "\n" + lines]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environ)
    assert not done.stderr, done.stderr
    return done.stdout.strip()


ENTITY = """
parser = etree.XMLParser(resolve_entities=True, load_dtd=True, no_network=False)
try:
    root = etree.fromstring('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', parser)
    print(root.text or "nothing")
except etree.XMLSyntaxError as error:
    print("nothing")
"""


@pytest.mark.parametrize("locks", [("_landlock",), ("_seccomp",), ("_landlock", "_seccomp")])
def test_an_entity_that_names_a_file_brings_nothing_even_to_a_parser_that_would_follow_it(locks: tuple[str]) -> None:
    assert "root:" in sealed(ENTITY)
    assert sealed(ENTITY, *locks) == "nothing"


@pytest.mark.skipif(not _landlock.is_available(), reason="this kernel has no Landlock")
@pytest.mark.parametrize("statement", ["open('/etc/passwd')", "os.listdir('/')", "open('/tmp/malha-never', 'w')"])
def test_landlock_alone_keeps_files_away(statement: str) -> None:
    assert sealed(f"try: {statement}\nexcept PermissionError as error: print(error.errno)", "_landlock") == "13"
