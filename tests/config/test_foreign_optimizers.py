import inspect
from pathlib import Path

import pytest
import torch

from segcli.cli.main import main
from segcli.config.compose import compose
from segcli.config.errors import ConfigError
from segcli.config.foreign_optimizers import _REFUSED, refusal

OF_TORCH = sorted(
    name for name, cls in vars(torch.optim).items() if inspect.isclass(cls) and issubclass(cls, torch.optim.Optimizer)
)
WORKING = sorted(set(OF_TORCH) - set(_REFUSED))


def _steps(name: str) -> bool:
    """Return whether an optimizer trains a convolution as models here have it."""
    layer = torch.nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
    before = layer.weight.detach().clone()
    optimizer = getattr(torch.optim, name)(layer.parameters())

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = layer(torch.ones(2, 3, 8, 8).to(memory_format=torch.channels_last)).square().mean()
        value.backward()
        return value

    optimizer.step(loss)
    return not torch.equal(before, layer.weight)


@pytest.mark.parametrize("name", WORKING)
def test_an_optimizer_of_torch_trains(tiny: Path, name: str) -> None:
    compose([tiny], ["--model.optimizer", f"torch.optim.{name}"])
    assert _steps(name)


@pytest.mark.parametrize("name", sorted(_REFUSED))
def test_or_is_refused_with_what_to_use(tiny: Path, name: str) -> None:
    with pytest.raises(ConfigError) as raised:
        compose([tiny], ["--model.optimizer", f"torch.optim.{name}"])
    (problem,) = raised.value.problems
    assert problem.key == "model.optimizer"
    assert problem.message.startswith(f"torch.optim.{name} ")
    assert problem.message.endswith("; use AdamW or SGD, or another one of torch, such as torch.optim.NAdam")


def test_what_is_refused_does_not_train() -> None:
    assert set(_REFUSED) <= set(OF_TORCH)
    with pytest.raises(ValueError, match="only supports 2D"):
        _steps("Muon")
    with pytest.raises(RuntimeError, match="does not support dense gradients"):
        _steps("SparseAdam")


def test_ones_own_of_that_name_is_none_of_torch() -> None:
    assert refusal("mine.Muon") == ""


def test_the_remedy_trains(tiny: Path) -> None:
    words = ["--model.optimizer", "torch.optim.NAdam", "--trainer.max_epochs", "1"]
    assert main(["fit", "-c", str(tiny), *words]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", WORKING)
def test_a_run_with_it_ends_well(tiny: Path, name: str) -> None:
    words = ["--model.optimizer", f"torch.optim.{name}", "--trainer.max_epochs", "1"]
    assert main(["fit", "-c", str(tiny), *words]) == 0
