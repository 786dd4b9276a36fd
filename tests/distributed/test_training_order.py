"""A step of n devices takes the images, transformed the same way, that one device with n times the batch would take."""

import json
from collections.abc import Iterator
from pathlib import Path

import albumentations as A
import pytest

from segcli.datamodules.shapes_data_module import ShapesDataModule
from tests.distributed.recorder import signature

EPOCHS, STEPS = 2, 3


def steps_of_one_device(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str]]]:
    monkeypatch.setenv("PL_GLOBAL_SEED", "0")
    data = ShapesDataModule(
        train_size=24, val_size=6, test_size=4, image_size=32, batch_size=8, train_transforms=[A.HorizontalFlip()]
    )
    data.setup("fit")
    loader = data.train_dataloader()
    for epoch in range(EPOCHS):
        loader.sampler.set_epoch(epoch)  # type: ignore[attr-defined]  # the sampler of the datamodule has it
        yield from map(signature, loader)


def test_two_devices_take_the_steps_of_one(trained_on_two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (json.loads((trained_on_two / f"steps_{rank}.json").read_text()) for rank in range(2))
    together = [sorted(map(tuple, a + b)) for a, b in zip(first, second, strict=True)]
    assert together == [sorted(step) for step in steps_of_one_device(monkeypatch)]
    assert len(together) == EPOCHS * STEPS


def test_devices_see_different_images_and_an_epoch_all_of_them(trained_on_two: Path) -> None:
    shares = [json.loads((trained_on_two / f"steps_{rank}.json").read_text()) for rank in range(2)]
    for epoch in range(EPOCHS):
        own = [step for share in shares for step in share[epoch * STEPS : (epoch + 1) * STEPS]]
        names = [name for step in own for name, _ in step]
        assert sorted(names) == [f"train_{number:05d}" for number in range(24)]
