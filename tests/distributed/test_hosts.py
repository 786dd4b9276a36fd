"""Two hosts, as two network namespaces joined by a cable; the disk is shared."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.distributed.launch import SEGCLI, finish, free_port, start

pytestmark = pytest.mark.slow
FIRST = "10.213.77.1"
FIT = ["fit", "-c", "tiny.yaml", "--data.batch_size", "4", "--data.val_size", "7", "--data.val_batch_size", "2"]
ON_TWO = ["--trainer.accelerator", "cpu", "--trainer.devices", "1", "--trainer.num_nodes", "2"]


def ip(words: str) -> None:
    subprocess.run(["ip", *words.split()], capture_output=True, text=True, check=True)


@pytest.fixture
def hosts() -> Iterator[tuple[str, str]]:
    """Names of two namespaces that reach each other over the interface ``cable``."""
    names = tuple(f"segcli{free_port()}{end}" for end in "ab")
    try:
        for name in names:
            ip(f"netns add {name}")
        ip(f"-n {names[0]} link add cable type veth peer name cable netns {names[1]}")
        for number, name in enumerate(names, start=1):
            ip(f"-n {name} addr add 10.213.77.{number}/24 dev cable")
            ip(f"-n {name} link set cable up")
            ip(f"-n {name} link set lo up")
        yield names[0], names[1]
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"network namespaces need root and iproute2: {getattr(error, 'stderr', None) or error}")
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


@pytest.mark.parametrize("launcher", ["lightning", "torchrun"])
def test_two_hosts_make_one_run(hosts: tuple[str, str], folder: Path, launcher: str) -> None:
    processes = []
    for number, host in enumerate(hosts):
        where = {"MASTER_ADDR": FIRST, "MASTER_PORT": 29511, "NODE_RANK": number}
        torchrun = [sys.executable, "-m", "torch.distributed.run", "--nnodes", "2", "--node_rank", str(number)]
        torchrun += ["--master_addr", FIRST, "--master_port", "29511", "--nproc_per_node", "1", "-m", "segcli"]
        start_by = {"lightning": list(SEGCLI), "torchrun": torchrun}[launcher]
        variables = {"GLOO_SOCKET_IFNAME": "cable", "TP_SOCKET_IFNAME": "cable"}
        words = ["ip", "netns", "exec", host, *start_by, *FIT, *ON_TWO, "--trainer.strategy", "ddp"]
        processes.append(start(words, folder, **variables, **(where if launcher == "lightning" else {})))
    done = finish(processes)
    assert [process.returncode for process in done] == [0, 0], done[0].stderr + done[1].stderr
    assert [path.name for path in (folder / "runs" / "tiny").iterdir()] == ["1"]
    run = folder / "runs" / "tiny" / "1"
    assert json.loads((run / "passport.json").read_text())["status"] == "finished"
    assert sorted(path.name for path in (run / "checkpoints").iterdir()) == ["best.ckpt", "last.ckpt"]
    lines = done[0].stdout.splitlines()
    assert sum(line.startswith("epoch ") for line in lines) == 2
    assert done[0].stdout.count("run folder") == 1
    assert done[1].stdout == ""
    best, epoch = _best(run), json.loads((run / "val_scores.json").read_text())
    assert best == epoch["classes"]


def _best(run: Path) -> object:
    """Return the scores of the best checkpoint as one process on one host measures them."""
    words = ["validate", "--ckpt_path", str(run / "checkpoints" / "best.ckpt"), "--trainer.accelerator", "cpu"]
    only = ["--trainer.devices", "1", "--trainer.num_nodes", "1", "--trainer.strategy", "auto"]
    (done,) = finish([start([*SEGCLI, *words, *only], run.parent.parent.parent)])
    assert done.returncode == 0, done.stderr
    return json.loads((run / "validate" / "1" / "val_scores.json").read_text())["classes"]
