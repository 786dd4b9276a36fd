import math
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from segcli.loop.run_progress import seed_step, tell_progress


class Annealed(nn.Module):
    progress: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("progress", torch.tensor(0.0), persistent=False)


def trainer(step: int = 0, total: float = 40, **others: Any) -> Any:  # noqa: ANN401  (stands for Lightning's)
    return SimpleNamespace(global_step=step, estimated_stepping_batches=total, **others)


@pytest.mark.parametrize(("step", "total", "share"), [(0, 40, 0), (10, 40, 0.25), (50, 40, 1), (3, math.inf, 0)])
def test_every_module_that_asks_is_told(step: int, total: float, share: float) -> None:
    model = nn.ModuleDict({"a": Annealed(), "b": nn.Sequential(nn.Linear(1, 1), Annealed())})

    tell_progress(model, trainer(step, total))

    assert [each.progress.item() for each in model.modules() if isinstance(each, Annealed)] == [share, share]
    assert not [name for name in model.state_dict() if "progress" in name]


def test_what_is_random_follows_from_seed_epoch_batch_and_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PL_GLOBAL_SEED", "3")
    drawn = set()
    for epoch, batch, rank in ((0, 0, 0), (0, 0, 0), (0, 1, 0), (1, 0, 0), (0, 0, 1)):
        seed_step(trainer(current_epoch=epoch, global_rank=rank), batch)
        drawn.add(torch.rand(1).item())
    assert len(drawn) == 4
