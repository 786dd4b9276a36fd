from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch._dynamo.exc import TorchDynamoException

from segcli.callbacks.current_batch import CurrentBatch
from segcli.cli.main import main
from segcli.config.errors import ConfigError
from segcli.experiment.errors.limits import explained
from segcli.layers.resize import resize
from segcli.sample import DataError


def trainer() -> Any:  # noqa: ANN401  (stands for Lightning's)
    return SimpleNamespace(
        callbacks=[],
        precision="32-true",
        accumulate_grad_batches=1,
        lightning_module=None,
        strategy=SimpleNamespace(root_device=torch.device("cpu")),
    )


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError(), "out of memory on the CPU"),
        (TorchDynamoException("x"), "was not compiled"),
        (
            ValueError("Expected more than 1 value per channel when training, got"),
            "or data.batch_size so that every batch",
        ),
    ],
)
def test_limits_are_explained(error: Exception, told: str) -> None:
    with pytest.raises((ConfigError, DataError), match=told), explained(trainer()):
        raise error


@pytest.mark.parametrize(("error", "raw"), [(ValueError("x"), False), (MemoryError(), True)])
def test_other_errors_and_raw_ones_stay(error: Exception, raw: bool) -> None:
    with pytest.raises(type(error)) as caught, explained(trainer(), raw=raw):
        raise error
    assert caught.value is error


def test_a_batch_norm_of_one_image_is_explained(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "-c", str(tiny), "--data.batch_size=1"]) == 2  # the deepest map is 1 x 1

    assert "a batch norm got one value per channel, of one image" in capsys.readouterr().err


def test_the_batch_is_watched() -> None:
    run = trainer()
    with explained(run):
        assert [type(callback) for callback in run.callbacks] == [CurrentBatch]


def test_images_that_a_model_cannot_take_are_named() -> None:
    run = trainer()

    def step() -> None:
        batch = {"image": torch.zeros(1, 3, 8, 8), "path": ["a.png"]}
        run.callbacks[0].on_test_batch_start(run, None, batch, 0)
        resize(batch["image"])  # type: ignore[arg-type]  # it raises a ValueError of segcli's

    with pytest.raises(DataError, match=r"both or neither.*\n  in a batch of a\.png"), explained(run):
        step()
