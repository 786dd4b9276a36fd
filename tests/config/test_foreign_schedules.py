import inspect
from pathlib import Path

import pytest
from torch.optim import lr_scheduler

from segcli.cli.main import main
from segcli.config.compose import compose
from segcli.config.errors import ConfigError

OF_TORCH = sorted(
    name
    for name, cls in vars(lr_scheduler).items()
    if inspect.isclass(cls) and issubclass(cls, lr_scheduler.LRScheduler) and not name.startswith("_")
)
OWN = """
from torch.optim.lr_scheduler import StepLR


class Short(StepLR):
    def __init__(self, optimizer, step_size: int = 2):
        super().__init__(optimizer, step_size)


class Inherited(StepLR):
    pass


class Open(StepLR):
    def __init__(self, optimizer, **kwargs):
        super().__init__(optimizer, 2)
"""


def _told(file: Path, path: str) -> str:
    with pytest.raises(ConfigError) as raised:
        compose([file], ["--model.schedule", path])
    (problem,) = raised.value.problems
    assert problem.key == "model.schedule"
    assert "takes optimizer and total_steps, and is stepped after every optimizer step" in problem.message
    return problem.message


@pytest.mark.parametrize(
    "path",
    [
        *(f"torch.optim.lr_scheduler.{name}" for name in OF_TORCH),
        *("torch.optim.swa_utils.SWALR", "timm.scheduler.CosineLRScheduler", "timm.scheduler.tanh_lr.TanhLRScheduler"),
    ],
)
def test_a_scheduler_of_a_package_is_told_at_once_what_a_schedule_must_be(tiny: Path, path: str) -> None:
    told = _told(tiny, path)

    base = path.rpartition(".")[2] if path.startswith("torch.") else "LRScheduler"
    assert f"calls {base}'s, and name it my_schedule.MySchedule" in told


def test_what_is_similar_is_named(tiny: Path) -> None:
    assert "model.schedule: Cosine is similar; or derive" in _told(tiny, "timm.scheduler.CosineLRScheduler")
    assert "similar" not in _told(tiny, "torch.optim.lr_scheduler.LambdaLR")


@pytest.mark.parametrize("name", ["Short", "Inherited"])
def test_a_scheduler_of_ones_own_must_take_the_length_of_the_run(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    Path("own_schedules.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(Path.cwd()))

    assert "give its __init__ the argument total_steps: int" in _told(tiny, f"own_schedules.{name}")
    compose([tiny], ["--model.schedule", "own_schedules.Open"])


def test_the_remedy_for_a_scheduler_of_torch_trains(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("my_schedule.py").write_text(
        "from torch.optim import Optimizer\n"
        "from torch.optim.lr_scheduler import CosineAnnealingLR\n\n\n"
        "class MySchedule(CosineAnnealingLR):\n"
        "    def __init__(self, optimizer: Optimizer, total_steps: int) -> None:\n"
        "        super().__init__(optimizer, total_steps)\n"
    )
    monkeypatch.syspath_prepend(str(Path.cwd()))

    assert main(["fit", "-c", str(tiny), "--model.schedule", "my_schedule.MySchedule"]) == 0
