from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from segcli.callbacks.current_batch import CurrentBatch
from segcli.cli.main import main
from segcli.experiment.errors.limits import is_of_one_value, of_images, of_interval


def test_a_batch_norm_of_one_image_is_explained(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "-c", str(tiny), "--data.batch_size=1"]) == 2  # the deepest map is 1 x 1

    assert "a batch norm got one value per channel, of one image" in capsys.readouterr().err


def test_images_that_a_model_cannot_take_are_named() -> None:
    batch = CurrentBatch()
    assert str(of_images(ValueError("too small"), batch)) == "too small"
    batch.paths = ["a.png"]
    assert str(of_images(ValueError("too small"), batch)) == "too small\n  in a batch of a.png"


def test_one_value_is_known_by_the_message() -> None:
    assert is_of_one_value(ValueError("Expected more than 1 value per channel when training, got [1, 8, 1, 1]"))
    assert not is_of_one_value(ValueError("x"))


def test_an_interval_beyond_the_epoch_names_what_fits() -> None:
    trainer: Any = SimpleNamespace(num_training_batches=3, val_check_interval=5)
    problem = of_interval(ValueError("`val_check_interval` (5) must be"), trainer)
    assert problem is not None
    assert "got 5, more than the 3 batches of an epoch" in str(problem)
    assert of_interval(ValueError("x"), trainer) is None
