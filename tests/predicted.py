"""Predictions for tests: those of a model, and others that are right in part."""

from pathlib import Path

import numpy as np
from PIL import Image

from segcli.datamodules.shapes_data_module import ShapesDataModule
from segcli.datasets.sample_dataset import SampleDataset
from segcli.segmenter import Segmenter


def write_model_predictions(checkpoint: Path, folder: Path) -> Path:
    """Write what a checkpoint of the tiny experiment predicts for its validation images."""
    data, segmenter = _validation(), Segmenter.from_checkpoint(checkpoint)
    folder.mkdir()
    for index, name in enumerate(data.ids()):
        Image.fromarray(np.asarray(segmenter.predict(data.load(index)[0]), np.uint8)).save(folder / f"{name}.png")
    return folder


def write_noisy_masks(folder: Path, seed: int = 0, name: str = "{name}.png", values: tuple[int, ...] = ()) -> Path:
    """Write the masks of the tiny experiment's validation images with a fifth of the pixels drawn anew.

    Args:
        folder: Made anew.
        seed: Of the pixels.
        name: Of the files.
        values: What stands for each class in place of its index.
    """
    draw, data = np.random.default_rng(seed), _validation()
    folder.mkdir()
    for index, called in enumerate(data.ids()):
        labels = np.array(data.load_mask(index))
        wrong = draw.random(labels.shape) < 0.2
        labels[wrong] = draw.integers(0, 4, int(wrong.sum()))
        if values:
            labels = np.array(values, np.uint8)[labels]
        Image.fromarray(labels).save(folder / name.format(name=called))
    return folder


def _validation() -> SampleDataset:
    data = ShapesDataModule(train_size=24, val_size=6, test_size=4, image_size=32, batch_size=8)
    data.prepare("val")
    return data.datasets["val"]
