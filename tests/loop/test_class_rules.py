import csv
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from segcli.cli.main import main
from segcli.datamodules.shapes_data_module import ShapesDataModule
from segcli.datasets.class_counts import ClassCounts
from segcli.loop.class_rules import fit_class_weights, found_weights, reserve_class_weights
from segcli.loop.stored_loss import counts_in
from segcli.losses.class_balance import class_balance
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.dice_loss import DiceLoss
from segcli.losses.weighted_sum import WeightedSum
from segcli.sample import DataError

CLASSES = ("background", "circle", "square", "triangle")


def trainer(first: bool = True, told: object = None) -> Any:  # noqa: ANN401  (stands for Lightning's)
    """One of two devices: the first counts, the other is told."""
    data = ShapesDataModule(train_size=3, val_size=1, image_size=32)
    if first:
        data.setup("fit")
    strategy = SimpleNamespace(broadcast=lambda found: found if first else told)
    return SimpleNamespace(datamodule=data, strategy=strategy, is_global_zero=first)


def test_weights_follow_from_the_training_split_on_all_devices() -> None:
    losses = [
        WeightedSum([CrossEntropyLoss("balanced"), DiceLoss(class_weights="enet"), CrossEntropyLoss([1.0] * 4)])
        for _ in ("first", "other")
    ]
    first = trainer()

    fit_class_weights(losses[0], first)
    fit_class_weights(losses[1], trainer(first=False, told=first.datamodule.class_counts()))

    found = [found_weights(loss, CLASSES) for loss in losses]
    assert found[0] == found[1]
    assert list(found[0]) == ["balanced", "enet"]
    pixels = first.datamodule.class_counts().pixels
    shares = [weight * n for weight, n in zip(found[0]["balanced"].values(), pixels, strict=True)]
    assert shares == pytest.approx([shares[0]] * 4, rel=1e-4)


def test_without_a_rule_nothing_is_counted() -> None:
    assert fit_class_weights(CrossEntropyLoss([1.0, 2.0]), trainer(first=False)) is None
    assert found_weights(CrossEntropyLoss([1.0, 2.0]), ("a", "b")) == {}


def test_an_error_of_the_first_device_is_that_of_all() -> None:
    with pytest.raises(DataError, match=r"x\.png is broken"):
        fit_class_weights(CrossEntropyLoss("balanced"), trainer(first=False, told=DataError("x.png is broken")))


def test_a_class_that_does_not_occur_and_weights_without_effect_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    data = trainer()
    counts = data.datamodule.class_counts()
    data.datamodule.class_counts = lambda: counts._replace(pixels=(5, 5, 0, 5))
    with pytest.raises(DataError, match="CrossEntropyLoss: weights by balanced got no training pixel of 'square'"):
        fit_class_weights(CrossEntropyLoss("balanced"), data)

    data.datamodule.class_counts = lambda: counts._replace(pixels=(10**6,) * 4)
    fit_class_weights(WeightedSum([CrossEntropyLoss("balanced"), DiceLoss(class_weights="balanced")]), data)
    assert capsys.readouterr().err == "note: weights by balanced: all are between 1.000 and 1.000, no effect\n"


def test_weights_have_their_place_before_they_are_known_and_keep_it() -> None:
    loss = CrossEntropyLoss("balanced")

    reserve_class_weights(loss, 4)

    assert {name: value.shape for name, value in loss.named_buffers()} == {"class_weights.values": (4,)}
    assert not loss.state_dict()
    loss.fit_to(ClassCounts(CLASSES, *[(2,) * 4] * 4))
    reserve_class_weights(loss, 4)
    assert loss.class_weights.values is not None
    assert loss.class_weights.values.tolist() == [1.0] * 4


def test_a_run_that_is_resumed_counts_nothing() -> None:
    known = ClassCounts(CLASSES, (1, 2, 3, 4), *[(10,) * 4] * 3)
    loss, first = CrossEntropyLoss("balanced"), trainer()
    first.datamodule.class_counts = lambda: pytest.fail("the split was counted")

    assert fit_class_weights(loss, first, known) == known

    expected = [each * 4 / (1 + 1 / 2 + 1 / 3 + 1 / 4) for each in (1, 1 / 2, 1 / 3, 1 / 4)]
    assert list(found_weights(loss, CLASSES)["balanced"].values()) == pytest.approx(expected, abs=1e-6)


def test_a_run_keeps_its_weights_for_later_measurements(tiny: Path) -> None:
    words = ["--model.loss.class_weights", "median_frequency", "--trainer.callbacks", "EMA"]
    assert main(["fit", "-c", str(tiny), "--trainer.max_epochs", "1", *words]) == 0
    run = Path("runs/tiny/1")
    recorded = json.loads((run / "passport.json").read_text())["class_weights"]["median_frequency"]
    content = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    kept = counts_in(content, CLASSES)
    assert kept is not None
    assert class_balance(kept, "median_frequency") == pytest.approx(list(recorded.values()), abs=1e-6)
    assert list(recorded) == list(CLASSES)
    assert not [name for name in content["state_dict"] if name.startswith("loss.")]

    assert main(["validate", "--ckpt_path", str(run / "checkpoints" / "last.ckpt")]) == 0
    assert main(["validate", "--ckpt_path", str(run / "checkpoints" / "last.ckpt"), "--model.loss", "LovaszLoss"]) == 0

    losses = [_last_loss(folder) for folder in (run, run / "validate" / "1")]
    assert losses[1] == pytest.approx(losses[0])


def _last_loss(folder: Path) -> float:
    with (folder / "metrics.csv").open() as file:
        return [float(row["val/loss"]) for row in csv.DictReader(file) if row["val/loss"]][-1]
