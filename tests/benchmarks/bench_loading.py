"""Images per CPU second: our loading against the style of tutorials, and the fused crop against three transforms.

    python -m tests.benchmarks.bench_loading [--images 60] [--rounds 7]

Prints medians, and the median of the ratios of every round; the sides take turns in one process. The style of tutorials
decodes every image from disk, normalises it and makes floats; ours does so from disk, and from a warm cache of decoded
images. CamVid is looked for in SEGCLI_TEST_DATA.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from segcli.transforms.random_scaled_crop import RandomScaledCrop

# isort: split
import albumentations as A
import cv2
import numpy as np
import torch
from albumentations.pytorch import ToTensorV2
from PIL import Image

from segcli.datamodules.camvid_data_module import CamVidDataModule

ROOT = Path(os.environ.get("SEGCLI_TEST_DATA", "../shared")) / "data" / "camvid"
SIZE = 256
CROP_AND_FLIP = [A.RandomCrop(SIZE, SIZE), A.HorizontalFlip()]
IN_THREE = [
    A.RandomScale((-0.5, 1.0), p=1.0),
    A.PadIfNeeded(SIZE, SIZE, fill=0, fill_mask=255),
    A.RandomCrop(SIZE, SIZE),
]
COLOURS = A.ColorJitter((0.7, 1.3), (0.7, 1.3), (0.7, 1.3), (-0.05, 0.05), p=0.8)
FUSED = RandomScaledCrop(SIZE, scale=(0.5, 2.0))
STYLES = {
    "crop + flip": (CROP_AND_FLIP, CROP_AND_FLIP),
    "scale + crop + flip": ([*IN_THREE, A.HorizontalFlip()], [FUSED, A.HorizontalFlip()]),
    "segcli:augment": ([*IN_THREE, A.HorizontalFlip(), COLOURS], [FUSED, A.HorizontalFlip(), COLOURS]),
}
"""Transforms of the tutorial's side, and ours with the same distribution."""


class Tutorial(torch.utils.data.Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Decode by Pillow, transform, normalise to float and make tensors, all in the worker."""

    def __init__(self, names: list[str], transforms: list[A.BasicTransform]) -> None:
        self.names = names
        self.transform = A.Compose([*transforms, A.Normalize(), ToTensorV2()])

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        image = np.array(Image.open(ROOT / "train" / self.names[index]).convert("RGB"))
        mask = np.array(Image.open(ROOT / "trainannot" / self.names[index]))
        result = self.transform(image=image, mask=mask)
        return result["image"], result["mask"].long()


def seconds(run: Callable[[], object]) -> float:
    start = time.process_time()  # all in one thread; other work on the machine disturbs it less than wall time
    run()
    return time.process_time() - start


def compare(what: str, images: int, rounds: int, theirs: Callable[[], object], *ours: Callable[[], object]) -> None:
    for run in (theirs, *ours):  # warm the file cache
        run()
    times = [[seconds(run) for run in (theirs, *ours)] for _ in range(rounds)]
    speeds = [images / statistics.median(column) for column in zip(*times, strict=True)]
    ratios = [statistics.median(row[0] / row[side] for row in times) for side in range(1, len(speeds))]
    shown = ", ".join(f"{speed:.0f} ({ratio:.2f}x)" for speed, ratio in zip(speeds[1:], ratios, strict=True))
    print(f"{what}: {speeds[0]:.0f} -> {shown} images per CPU second")


def exhaust(loader: torch.utils.data.DataLoader[object]) -> None:
    for _ in loader:
        pass


def _prepared(transforms: list[A.BasicTransform], images: int, cache: str) -> CamVidDataModule:
    data = CamVidDataModule(str(ROOT), limit=images, batch_size=4, train_transforms=transforms, cache=cache)
    data.setup("fit")
    return data


def _compare_starts(folder: str, images: int, rounds: int) -> None:
    """Decode 20 images, and set up a data module with a warm cache until its first batch is there."""
    data = _prepared(CROP_AND_FLIP, images, folder)

    def decode() -> None:
        for index in range(min(20, images)):
            data.datasets["train"].load(index)

    compare("20 images decoded -> first batch of a warm cache", 1, rounds, decode, lambda: _first_batch(folder, images))


def _first_batch(folder: str, images: int) -> object:
    return next(iter(_prepared(CROP_AND_FLIP, images, folder).train_dataloader()))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    if not ROOT.is_dir():
        raise SystemExit(f"{ROOT} is missing; SEGCLI_TEST_DATA names the folder above data/camvid.")

    torch.set_num_threads(1)  # as in a worker
    cv2.setNumThreads(0)
    with tempfile.TemporaryDirectory() as folder:
        for what, (transforms, own) in STYLES.items():
            decoding, cached = (_prepared(own, options.images, cache) for cache in ("off", folder))
            names = [Path(path).name for path in decoding.datasets["train"].paths()]
            tutorial = torch.utils.data.DataLoader(
                Tutorial(names, transforms), batch_size=4, shuffle=True, drop_last=True
            )
            loaders = tutorial, decoding.train_dataloader(), cached.train_dataloader()
            runs = [partial(exhaust, loader) for loader in loaders]
            compare(f"{what}: tutorial -> ours, cached", len(names), options.rounds, *runs)
        _compare_starts(folder, options.images, options.rounds)

    pairs = [decoding.datasets["train"].load(index) for index in range(min(20, len(names)))]
    chain, fused = A.Compose(IN_THREE), A.Compose([FUSED])

    def apply(compose: A.Compose) -> None:
        for image, mask in pairs:
            compose(image=image, mask=mask)

    compare(
        "scale, pad, crop -> RandomScaledCrop",
        len(pairs),
        5 * options.rounds,
        lambda: apply(chain),
        lambda: apply(fused),
    )


if __name__ == "__main__":
    main()
