"""Images per CPU second: our loading against the style of tutorials, and the fused crop against three transforms.

    python -m tests.benchmarks.bench_loading [--images 60] [--rounds 7]

Prints medians, and the median of the ratios of every round; the two sides take turns in one process and decode every
image from disk. CamVid is looked for in SEGCLI_TEST_DATA.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
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


class Tutorial(torch.utils.data.Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Decode by Pillow, crop, flip, normalise to float and make tensors, all in the worker."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.transform = A.Compose([*CROP_AND_FLIP, A.Normalize(), ToTensorV2()])

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


def compare(what: str, images: int, rounds: int, theirs: Callable[[], object], ours: Callable[[], object]) -> None:
    theirs(), ours()  # warm the file cache
    times = [(seconds(theirs), seconds(ours)) for _ in range(rounds)]
    slow, fast = (images / statistics.median(column) for column in zip(*times, strict=True))
    ratio = statistics.median(a / b for a, b in times)
    print(f"{what}: {slow:.0f} -> {fast:.0f} images per CPU second, {ratio:.2f}x")


def exhaust(loader: torch.utils.data.DataLoader[object]) -> None:
    for _ in loader:
        pass


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    if not ROOT.is_dir():
        raise SystemExit(f"{ROOT} is missing; SEGCLI_TEST_DATA names the folder above data/camvid.")

    torch.set_num_threads(1)  # as in a worker
    cv2.setNumThreads(0)
    data = CamVidDataModule(str(ROOT), limit=options.images, batch_size=4, train_transforms=CROP_AND_FLIP)
    data.setup("fit")
    names = [Path(path).name for path in data.datasets["train"].paths()]
    tutorial = torch.utils.data.DataLoader(Tutorial(names), batch_size=4, shuffle=True, drop_last=True)
    ours = data.train_dataloader()
    compare("tutorial -> ours", len(names), options.rounds, lambda: exhaust(tutorial), lambda: exhaust(ours))

    pairs = [data.datasets["train"].load(index) for index in range(min(20, len(names)))]
    chain = A.Compose(
        [
            A.RandomScale((-0.5, 1.0), p=1.0),
            A.PadIfNeeded(SIZE, SIZE, fill=0, fill_mask=255),
            A.RandomCrop(SIZE, SIZE),
        ]
    )
    fused = A.Compose([RandomScaledCrop(SIZE, scale=(0.5, 2.0))])

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
