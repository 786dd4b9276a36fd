import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from segcli.runs.checkpoint_file import CheckpointWriteError, WholeCheckpoints


def test_a_checkpoint_is_read_back_without_running_code(tmp_path: Path) -> None:
    file = tmp_path / "checkpoints" / "last.ckpt"
    WholeCheckpoints().save_checkpoint({"x": torch.arange(3)}, file)
    assert torch.equal(WholeCheckpoints().load_checkpoint(file, weights_only=True)["x"], torch.arange(3))
    assert [path.name for path in file.parent.iterdir()] == ["last.ckpt"]
    assert file.stat().st_mode & 0o777 == 0o644


def test_a_full_disk_leaves_the_previous_checkpoint(tmp_path: Path) -> None:
    file = tmp_path / "last.ckpt"
    WholeCheckpoints().save_checkpoint({"x": 1}, file)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))  # a write beyond it fails as on a full disk
    try:
        with pytest.raises(
            CheckpointWriteError, match=r"cannot write checkpoint .*last.ckpt: File too large; the prev"
        ):
            WholeCheckpoints().save_checkpoint({"x": torch.zeros(1_000_000)}, file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert torch.load(file, weights_only=True) == {"x": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["last.ckpt"]


KILLED_WHILE_WRITING = """
import os, signal, sys
import torch
from segcli.runs.checkpoint_file import WholeCheckpoints
def save(checkpoint, file):
    file.write(b"half of it")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
torch.save = save
WholeCheckpoints().save_checkpoint({}, sys.argv[1])
"""


def test_a_kill_while_writing_leaves_the_previous_checkpoint_and_the_next_write_cleans_up(tmp_path: Path) -> None:
    file = tmp_path / "last.ckpt"
    WholeCheckpoints().save_checkpoint({"x": 1}, file)
    killed = subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, str(file)], check=False, env=os.environ)
    assert killed.returncode == -signal.SIGKILL
    assert torch.load(file, weights_only=True) == {"x": 1}
    assert len(list(tmp_path.iterdir())) == 2
    WholeCheckpoints().save_checkpoint({"x": 2}, file)
    assert [path.name for path in tmp_path.iterdir()] == ["last.ckpt"]


def test_without_a_previous_checkpoint_another_place_is_advised(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file is in the way")
    with pytest.raises(CheckpointWriteError, match=r"choose another place with --run.root"):
        WholeCheckpoints().save_checkpoint({"x": 1}, tmp_path / "runs" / "last.ckpt")
