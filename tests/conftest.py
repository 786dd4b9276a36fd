import gc
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from segcli.cli.main import main
from segcli.experiment import run
from segcli.experiment.job import Job
from segcli.experiment.quiet import OF_THE_MACHINE

ANY_MACHINE = (*OF_THE_MACHINE, "This DataLoader will create .* worker processes")
"""Warnings that tests meet on some machines only: errors elsewhere would be errors of the machine."""
LAUNCHERS = ("SLURM_", "TORCHELASTIC_", "LSB_", "SEGCLI_RUN_FOLDER", "SEGCLI_TRACEBACK")
RANKS = ("RANK", "LOCAL_RANK", "NODE_RANK", "GROUP_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "FORCE_COLOR")
SIZES = ("COLUMNS", "LINES")  # readline, which pytest imports, sets them for the processes that it starts

os.environ["OMP_NUM_THREADS"] = "1"  # in processes that tests start
gc.disable()  # until the tests are collected
for variable in [name for name in os.environ if name in (*RANKS, *SIZES) or name.startswith(LAUNCHERS)]:
    del os.environ[variable]  # tests do the same from within a job


LONGEST = (
    "test_documents_output.py",
    "test_secrets.py",
    "cli/test_mangled_experiments.py",
    "test_survival.py",
    "test_documents.py",
    "test_speed.py",
    "test_notebook.py",
    "test_experiments.py",
    "test_nasty_values.py",
    "cli/test_sweep.py",
    "experiment/test_model_cost.py",
    "callbacks/test_best_checkpoint.py",
    "distributed/test_launchers.py",
    "distributed/test_scores.py",
    "test_stored_damage.py",
    "comparison/page/test_page.py",
)
"""Files that several cores begin with: one that came last would keep a single core busy."""


def pytest_configure(config: pytest.Config) -> None:
    for message in ANY_MACHINE:
        config.addinivalue_line("filterwarnings", f"ignore:{message}")
    config.option.loadscopereorder = False  # else the files with most tests come first, many of which take no time


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {Path(__file__).parent / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path, len(order)))


def pytest_collection_finish() -> None:
    """Spare the garbage collector what is imported and collected by now: all of it stays."""
    gc.enable()
    gc.freeze()


TINY = """
data:
  class_path: ShapesDataModule
  train_size: 24
  val_size: 6
  test_size: 4
  image_size: 32
  batch_size: 8
  train_transforms: [HorizontalFlip]
model:
  backbone: {name: test_resnet.r160_in1k, pretrained: false}
  decoder: {class_path: FPN, pyramid_channels: 32, segmentation_channels: 64}
  schedule: {warmup_steps: 2}
trainer: {max_epochs: 2, log_every_n_steps: 2}
pictures: {count: 2}
"""


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """On tensors this small a second thread waits more than it works: a training takes 2.5 times the CPU."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def _no_power_cut() -> Iterator[None]:
    """Tests kill processes, not the machine: what is written need not reach the disk, which takes a run 0.1 s."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Masks that tests find right are not kept with the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGCLI_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


CLASS_PATH = re.compile(r'"class_path": "([^"]*)"')
OF_TRAINING = ("optimizer", "schedule", "parameter_groups", "freezing", "metrics")
"""Keys of a model that do not change its FLOPs and parameters, nor whether its parts go together."""


@pytest.fixture(autouse=True, scope="session")
def _counted_once() -> Iterator[None]:
    """FLOPs and parameters of one model stay what they are: to count them is a quarter of a tiny training."""
    count, known = run._size, dict[str, Any]()

    def count_once(job: Job) -> Any:  # noqa: ANN401  (as the function returns it)
        tree = job.experiment.expanded()
        model = {key: value for key, value in tree["model"].items() if key not in OF_TRAINING}
        text = json.dumps([model, tree["data"]], default=str)
        if any(not path.startswith(("segcli.", "albumentations.")) for path in CLASS_PATH.findall(text)):
            return count(job)  # of a class that the next test defines anew
        if text not in known:
            known[text] = count(job)
        return known[text]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "_size", count_once)
        yield


@pytest.fixture(autouse=True)
def _search_path() -> Iterator[None]:
    """``main`` puts the working directory first; the next test must not find the modules of this one."""
    before = list(sys.path)
    yield
    sys.path[:] = before


@contextmanager
def working_directory(path: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An experiment that trains in a second, in an empty working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(TINY)
    return tmp_path / "tiny.yaml"


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run folder of that experiment, trained once for all tests; do not change it."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "tiny.yaml").write_text(TINY)
    with working_directory(folder):
        assert main(["fit", "-c", "tiny.yaml"]) == 0
    return folder / "runs" / "tiny" / "1"


@pytest.fixture
def copied(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The trained run, to be changed; its path from the working directory."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(trained, tmp_path / "runs" / "tiny" / "1")
    return Path("runs/tiny/1")


@pytest.fixture
def in_trained(trained: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Path of the best checkpoint from the working directory, a copy: numbered folders start at 1 in every test."""
    folder = tmp_path_factory.mktemp("in_trained")
    shutil.copytree(trained.parents[2], folder, dirs_exist_ok=True)
    monkeypatch.chdir(folder)
    return Path("runs/tiny/1/checkpoints/best.ckpt")


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run git in an empty repository, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(variable, raising=False)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "A")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "a@example.org")

    def _git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    _git("init", "--quiet", "--initial-branch", "main")
    return _git


@pytest.fixture
def repository(git: Callable[..., str], tmp_path: Path) -> Path:
    """Three experiments over one parent, committed on main; the working directory."""
    files = {
        "experiments/base/data.yaml": "data: {class_path: ShapesDataModule, batch_size: 8}\n",
        "experiments/a.yaml": "# First.\nextends: base/data.yaml\nmodel: {decoder: FPN}\n",
        "experiments/b.yaml": "# Second.\nextends: a.yaml\nmodel: {decoder: UNet}\n",
        "experiments/c.yaml": "# Third.\ndata: ShapesDataModule\nvars: {n: 3}\ntrainer: {max_epochs: '${vars.n}'}\n",
        ".gitignore": "runs/\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    git("add", "-A")
    git("commit", "--quiet", "-m", "Start")
    return tmp_path
