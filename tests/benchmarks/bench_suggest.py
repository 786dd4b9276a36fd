"""What `segcli suggest` is worth on generated shapes: ``python -m tests.benchmarks.bench_suggest FOLDER``.

``--scores CKPT`` needs no training: Spearman's rank correlation between how unsure a model is of an image, by each
measure and each way to sum up pixels, and its error there, 1 minus the mean IoU of the classes that the image has.

Else it is a study of a pool of images in files. Per seed, a model is trained on 10 random images; then one on these and
10 that are suggested by it, and one on these and 10 random ones, with the same number of steps. To spare trainings,
seeds after the second share its first model. All are measured on 300 other images.
"""

import argparse
import csv
import random
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import spearmanr

from segcli.cli.main import main as segcli
from segcli.datasets.shapes_dataset import ShapesDataset
from segcli.experiment.open_predictor import open_predictor
from segcli.metrics.segmentation_metric import SegmentationMetric
from segcli.suggest.uncertainty import MEASURES, uncertainty_map

SIZE_PX, POOL, TESTED, FIRST, MORE = 96, 400, 300, 10, 10
EXPERIMENT = """
extends: segcli:quickstart
data: !replace
  class_path: PatternDataModule
  root: {root}
  manifest: {manifest}
  classes: [background, circle, square, triangle]
  batch_size: 5
  train_transforms: [HorizontalFlip]
seed_everything: {seed}
trainer: {{max_epochs: {epochs}, check_val_every_n_epoch: {epochs}, enable_progress_bar: false, logger: true}}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scores", type=Path, help="a checkpoint of the quickstart")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=300)
    args = parser.parse_args()
    scores(args.scores) if args.scores is not None else study(args.folder.resolve(), args.seeds, args.steps)


def study(folder: Path, seeds: int, steps: int) -> None:
    """Train, and print how good each model is."""
    names = write_pool(folder)
    found: dict[str, list[float]] = {"10 random": [], "20, 10 of them suggested": [], "20 random": []}
    for seed in range(seeds):
        start = min(seed, 1)
        first = random.Random(start).sample(names, FIRST)
        others = [name for name in names if name not in first]
        if seed == start:
            begun = trained(folder, f"first_{start}", first, start, steps)
        suggested = [*first, *suggest(folder, begun, f"suggested_{start}")]
        chosen = [*first, *random.Random(100 + seed).sample(others, MORE)]
        by_suggestion = trained(folder, f"suggested_{seed}", suggested, seed, steps)
        by_chance = trained(folder, f"random_{seed}", chosen, seed, steps)
        for what, checkpoint in zip(found, (begun, by_suggestion, by_chance), strict=True):
            found[what].append(tested(checkpoint))
            print(f"seed {seed}  {what:26} mIoU {found[what][-1]:.4f}", flush=True)
    for what, values in found.items():
        print(f"{what:26} mean {statistics.mean(values):.4f}  {' '.join(f'{value:.4f}' for value in values)}")


def scores(checkpoint: Path) -> None:
    """Print how well uncertainty tells which images the model errs on."""
    predictor, ways = open_predictor([checkpoint]), _ways()
    found: dict[str, list[float]] = {f"{by}, {way}": [] for by in MEASURES for way in ways}
    errors = []
    dataset = ShapesDataset("train", POOL, SIZE_PX, 5)
    for index in range(POOL):
        image, mask = dataset.load(index)
        assert mask is not None
        probabilities = predictor.probabilities(image[None])[0]
        errors.append(1 - _mean_iou(probabilities.argmax(0), mask))
        for by in MEASURES:
            values = uncertainty_map(probabilities, False, by)
            for way, sum_up in ways.items():
                found[f"{by}, {way}"].append(sum_up(values))
    print(f"{POOL} images, mean IoU of an image {1 - np.mean(errors):.3f}")
    for what, values in found.items():
        print(f"{what:28} rho {spearmanr(values, errors).statistic:.3f}")


def _ways() -> dict[str, Callable[[NDArray[np.float32]], float]]:
    return {
        "mean": lambda values: float(values.mean()),
        "highest tenth": lambda values: float(np.sort(values, axis=None)[-values.size // 10 :].mean()),
        "highest hundredth": lambda values: float(np.sort(values, axis=None)[-values.size // 100 :].mean()),
    }


def _mean_iou(labels: NDArray[np.int64], mask: NDArray[np.uint8]) -> float:
    present = np.unique(mask)
    return float(np.mean([((labels == k) & (mask == k)).sum() / ((labels == k) | (mask == k)).sum() for k in present]))


def write_pool(folder: Path) -> list[str]:
    """Write images and masks; return the names of those of the pool."""
    for split, number in (("train", POOL), ("val", 10)):
        dataset = ShapesDataset(split, number, SIZE_PX, 5)
        for index in range(number):
            for name, pixels in zip((f"{split}_images", "masks"), dataset.load(index), strict=True):
                path = folder / name / f"{split}_{index:04d}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(np.asarray(pixels)).save(path)
    return [f"train_{index:04d}" for index in range(POOL)]


def trained(folder: Path, name: str, images: Sequence[str], seed: int, steps: int) -> Path:
    """Train on images of the pool; return the last checkpoint."""
    rows = [(f"train_images/{each}.png", f"masks/{each}.png", "train") for each in images]
    rows += [(f"val_images/val_{at:04d}.png", f"masks/val_{at:04d}.png", "val") for at in range(10)]
    with (folder / f"{name}.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("image", "mask", "split"), *rows])
    epochs = steps // (len(images) // 5)
    text = EXPERIMENT.format(root=folder, manifest=f"{name}.csv", seed=seed, epochs=epochs)
    (folder / f"{name}.yaml").write_text(text)
    assert segcli(["fit", "-c", str(folder / f"{name}.yaml"), f"--run.root={folder / 'runs'}"]) == 0
    return sorted((folder / "runs" / name).iterdir())[-1] / "checkpoints" / "last.ckpt"


def suggest(folder: Path, checkpoint: Path, name: str) -> list[str]:
    """Return the names of images that are suggested."""
    output = folder / f"{name}_list"
    words = ["suggest", "--ckpt_path", str(checkpoint), str(folder / "train_images"), "--n", str(MORE)]
    if not output.exists():
        assert segcli([*words, "--output", str(output)]) == 0
    return [Path(line).stem for line in (output / "suggestions.txt").read_text().splitlines()]


def tested(checkpoint: Path) -> float:
    """Return the mean IoU over images that no training saw."""
    predictor, metric = open_predictor([checkpoint]), SegmentationMetric(4)
    dataset = ShapesDataset("test", TESTED, SIZE_PX, 5)
    for index in range(TESTED):
        image, mask = dataset.load(index)
        labels = torch.from_numpy(predictor.labels(image[None]).astype(np.int64))
        metric.update(labels, torch.from_numpy(np.asarray(mask))[None])
    return float(metric.compute().mean_iou)


if __name__ == "__main__":
    main()
