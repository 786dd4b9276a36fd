"""Start the command line in several processes, as Lightning, torchrun and SLURM do."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

LAUNCHER_VARIABLES = re.compile(r"RANK|LOCAL_RANK|NODE_RANK|GROUP_RANK|WORLD_SIZE|MASTER_.*|SLURM_.*|TORCHELASTIC_.*")
TIMEOUT_S = 300
SEGCLI = (sys.executable, "-m", "segcli")


def on(devices: int) -> list[str]:
    """Return the settings of a trainer with so many processes on the CPU, and equally many images per step."""
    strategy = ["--trainer.strategy", "ddp"] if devices > 1 else []
    return ["--trainer.accelerator", "cpu", "--trainer.devices", str(devices), *strategy]


def environment(**variables: object) -> dict[str, str]:
    """Return the environment of a process that no launcher has started yet, with more variables."""
    mine = {key: value for key, value in os.environ.items() if not LAUNCHER_VARIABLES.fullmatch(key)}
    mine.pop("SEGCLI_RUN_FOLDER", None)  # that of another test
    return {**mine, "OMP_NUM_THREADS": "1", **{key: str(value) for key, value in variables.items()}}


def start(words: Sequence[str], folder: Path, **variables: object) -> subprocess.Popen[str]:
    """Start one process."""
    pipe = subprocess.PIPE
    return subprocess.Popen(words, cwd=folder, env=environment(**variables), stdout=pipe, stderr=pipe, text=True)


def finish(processes: Sequence[subprocess.Popen[str]]) -> list[subprocess.CompletedProcess[str]]:
    """Wait for processes; none may hang."""
    done = []
    try:
        for process in processes:
            out, err = process.communicate(timeout=TIMEOUT_S)
            done.append(subprocess.CompletedProcess(process.args, process.returncode, out, err))
    finally:
        for process in processes:
            process.kill()
    return done


def lightning(
    words: Sequence[str], folder: Path, command: Sequence[str] = SEGCLI, **variables: object
) -> subprocess.CompletedProcess[str]:
    """Start one process, from which Lightning starts the others."""
    return finish([start([*command, *words], folder, **variables)])[0]


def torchrun(words: Sequence[str], folder: Path, devices: int) -> subprocess.CompletedProcess[str]:
    """Start all processes by torchrun."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(devices)]
    return finish([start([*launcher, "-m", "segcli", *words], folder)])[0]


def slurm(words: Sequence[str], folder: Path, devices: int) -> list[subprocess.CompletedProcess[str]]:
    """Start all processes with the environment that ``srun`` gives the tasks of a job on one node."""
    return finish([start([*SEGCLI, *words], folder, **task) for task in tasks_of_slurm(devices)])


def tasks_of_slurm(devices: int) -> list[dict[str, object]]:
    """Return the environment of each."""
    job = {
        "SLURM_JOB_ID": os.getpid(),
        "SLURM_JOB_NAME": "segcli",
        "SLURM_NTASKS": devices,
        "SLURM_NTASKS_PER_NODE": devices,
        "SLURM_NNODES": 1,
        "SLURM_NODEID": 0,
        "SLURM_NODELIST": "127.0.0.1",
        "MASTER_PORT": free_port(),
    }
    return [{**job, "SLURM_PROCID": rank, "SLURM_LOCALID": rank} for rank in range(devices)]


def free_port() -> int:
    """Return a port on which nothing listens yet."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
