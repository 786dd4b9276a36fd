import subprocess
import sys
from pathlib import Path

import pytest

from segcli.config.errors import ConfigError
from segcli.sweeps.cell_lock import CellLock


def test_only_one_holds_it(tmp_path: Path) -> None:
    first, second = CellLock(tmp_path / "sweep" / "a.lock"), CellLock(tmp_path / "sweep" / "a.lock")
    assert first.acquire()
    first.name_process(123)
    assert not second.acquire()
    assert second.holder() == "process 123"
    first.release()
    assert second.acquire()
    assert first.holder() == "another process"
    second.release()


def test_a_child_keeps_it_when_its_parent_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    code = (
        "import pathlib, subprocess, sys, os\n"
        "from segcli.sweeps.cell_lock import CellLock\n"
        f"lock = CellLock(pathlib.Path({str(path)!r})); lock.acquire()\n"
        "child = subprocess.Popen([sys.executable, '-c', 'input()'], pass_fds=lock.inherited)\n"
        "print(child.pid, flush=True); os.kill(os.getpid(), 9)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdin is not None
    assert parent.stdout is not None
    assert int(parent.stdout.readline()) > 0
    parent.wait()
    lock = CellLock(path)
    assert not lock.acquire()
    parent.stdin.close()  # the child reads the end of its input, and ends
    parent.stdout.read()  # until the child has closed it, too
    parent.stdout.close()
    assert lock.acquire()
    lock.release()


def test_a_release_holds_for_what_the_child_left_running(tmp_path: Path) -> None:
    lock, other = CellLock(tmp_path / "a.lock"), CellLock(tmp_path / "a.lock")
    assert lock.acquire()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=lock.inherited) as child:
        lock.release()
        assert other.acquire()
        other.release()
        child.communicate(b"\n")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"cannot write to .*file/sweep"):
        CellLock(tmp_path / "file" / "sweep" / "a.lock").acquire()
