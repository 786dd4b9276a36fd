"""The command line in copies of this process, which has imported torch already: a new interpreter takes seconds to."""

import contextlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from segcli.cli.main import main
from tests.distributed.launch import free_port

LIMIT_S = 120


def _can_fork() -> bool:
    """Return whether a copy can train: not once torch has threads of its own for gradients, as after compiling."""
    pid = os.fork()
    if not pid:
        code = 1
        with contextlib.suppress(RuntimeError):
            torch.ones(1, requires_grad=True).sum().backward()
            code = 0
        os._exit(code)
    return os.waitpid(pid, 0)[1] == 0


def _work(words: list[str], folder: Path, variables: dict[str, str], said: list[str], is_alone: bool) -> None:
    if is_alone:
        os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ |= variables
    for number, path in enumerate(said, start=1):
        os.dup2(os.open(path, os.O_WRONLY), number)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1, closefd=False) for number in (1, 2))
    sys.argv = ["segcli", *words]
    warnings.resetwarnings()  # those of pytest are errors
    sys.exit(main(words))


class Fork:
    """``segcli`` at work in a copy of this process; in a new one where torch does not let a copy train.

    Args:
        words: The command line.
        folder: Its working directory.
        variables: Its environment.
        is_alone: Whether it leads a session of its own, as what a shell starts does.
    """

    def __init__(self, words: Sequence[str], folder: Path, variables: dict[str, str], is_alone: bool = False) -> None:
        self.words = ["segcli", *words]
        self._said = [tempfile.NamedTemporaryFile() for _ in range(2)]  # noqa: SIM115  (finish closes them)
        work = (list(words), folder, variables, [file.name for file in self._said], is_alone)
        context = multiprocessing.get_context("fork" if _can_fork() else "spawn")
        self._process = context.Process(target=_work, args=work)  # type: ignore[attr-defined]
        self._process.start()
        self.pid = self._process.pid

    def is_at_work(self) -> bool:
        return self._process.is_alive()

    def kill(self) -> None:
        self._process.kill()

    def finish(self) -> subprocess.CompletedProcess[str]:
        """Wait for its end, which must be soon."""
        self._process.join(LIMIT_S)
        was_late = self.is_at_work()
        self.kill()
        self._process.join()
        texts = []
        for file in self._said:
            texts.append(file.read().decode())
            file.close()
        assert not was_late, texts
        return subprocess.CompletedProcess(self.words, self._process.exitcode or 0, *texts)


def fork(words: Sequence[str], folder: Path, **variables: object) -> subprocess.CompletedProcess[str]:
    """Run one command line, with more variables in its environment."""
    return Fork(words, folder, os.environ | {name: str(value) for name, value in variables.items()}).finish()


def forked_ranks(words: Sequence[str], folder: Path, devices: int) -> list[subprocess.CompletedProcess[str]]:
    """Run one command line on several ranks, with the environment that ``torchrun`` gives them."""
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port(), "WORLD_SIZE": devices, "LOCAL_WORLD_SIZE": devices}
    place |= {"GROUP_RANK": 0, "TORCHELASTIC_RUN_ID": "none"}
    return forked_tasks(words, folder, [{**place, "RANK": rank, "LOCAL_RANK": rank} for rank in range(devices)])


def forked_tasks(
    words: Sequence[str], folder: Path, tasks: Sequence[Mapping[str, object]]
) -> list[subprocess.CompletedProcess[str]]:
    """Run one command line once for each environment, all at the same time."""
    at_work = [Fork(words, folder, os.environ | {name: str(value) for name, value in task.items()}) for task in tasks]
    return [each.finish() for each in at_work]
