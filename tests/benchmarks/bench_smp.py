"""``segcli fit`` against a script of smp and stock Lightning: ``python -m tests.benchmarks.bench_smp``.

The same FPN on the same timm backbone from random weights, the same images on disk, crops, batches and epochs,
validation included. The script, ``smp_script.py``, is written as smp's CamVid notebook does it: albumentations with
Normalize and ToTensorV2, smp's loss, ``get_stats`` in every step, torch's default AdamW, fp32. Ours is ``segcli fit``
with its defaults: channels_last, fused AdamW, callbacks, loggers, pictures and checkpoints. Each fit is a process of
its own; wall times of ``trainer.fit`` and of the whole process, taking turns. Small settings measure fixed costs only.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = 11
SHARES = {"train": 0.8, "val": 0.2}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="tf_efficientnet_lite0", help="a model of timm")
    parser.add_argument("--images", type=int, default=80)
    parser.add_argument("--image_px", type=int, nargs=2, default=[360, 480], help="height and width on disk")
    parser.add_argument("--crop_px", type=int, default=256)
    parser.add_argument("--batch_size", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--precision", default="32-true")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_data(folder, args.images, args.image_px)
        (folder / "ours.yaml").write_text(experiment(folder, args))
        rounds = [(theirs(folder, args), ours(folder)) for _ in range(args.rounds)]
    for position, what in enumerate(("trainer.fit", "process")):
        slow = [pair[0][position] for pair in rounds]
        fast = [pair[1][position] for pair in rounds]
        ratio = statistics.median(a / b for a, b in zip(slow, fast, strict=True))
        medians = f"{statistics.median(slow):7.1f} s   segcli {statistics.median(fast):7.1f} s"
        print(f"{what:12} smp + Lightning {medians}   {ratio:.2f}x faster")


def write_data(folder: Path, count: int, size: list[int]) -> None:
    """Write smooth coloured noise and masks of blobs, as PNG, split in train and val."""
    generator = np.random.default_rng(0)
    height, width = size
    for split, share in SHARES.items():
        for kind in ("images", "labels"):
            (folder / "data" / split / kind).mkdir(parents=True)
        for index in range(max(1, round(count * share))):
            coarse = Image.fromarray(generator.integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8))
            coarse.resize((width, height), Image.Resampling.BICUBIC).save(
                folder / "data" / split / "images" / f"{index:04}.png"
            )
            blobs = generator.integers(0, CLASSES, (height // 40, width // 40), dtype=np.uint8)
            Image.fromarray(blobs).resize((width, height), Image.Resampling.NEAREST).save(
                folder / "data" / split / "labels" / f"{index:04}.png"
            )


def experiment(folder: Path, args: argparse.Namespace) -> str:
    return f"""
model: {{backbone: {{name: {args.model}, pretrained: false}}, decoder: FPN, schedule: null}}
data:
  class_path: FolderDataModule
  root: {folder / "data"}
  classes: [{", ".join(f"c{i}" for i in range(CLASSES))}]
  batch_size: {args.batch_size}
  num_workers: {args.workers}
  train_transforms: [{{class_path: RandomCrop, height: {args.crop_px}, width: {args.crop_px}}}, HorizontalFlip]
trainer: {{max_epochs: {args.epochs}, precision: {args.precision}, accelerator: auto, devices: 1}}
run: {{root: {folder / "runs"}}}
"""


def ours(folder: Path) -> tuple[float, float]:
    """Return seconds of the fit and of the process."""
    code = (
        "import sys, time, pytorch_lightning as pl; from segcli.cli.main import main\n"
        "original = pl.Trainer.fit\n"
        "def fit(*args, **kwargs):\n"
        "    start = time.perf_counter(); original(*args, **kwargs); print('\\n', time.perf_counter() - start)\n"
        "pl.Trainer.fit = fit\n"
        "import contextlib, io; out = io.StringIO()\n"
        "with contextlib.redirect_stdout(out): code = main(['fit', '-c', sys.argv[1]])\n"
        "print(next(line for line in out.getvalue().splitlines() if line.strip().replace('.', '').isdigit()))\n"
        "sys.exit(code)"
    )
    start = time.perf_counter()
    command = [sys.executable, "-c", code, str(folder / "ours.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.splitlines()[-1]), time.perf_counter() - start


def theirs(folder: Path, args: argparse.Namespace) -> tuple[float, float]:
    """Return seconds of the fit and of the process."""
    start = time.perf_counter()
    options = json.dumps(vars(args) | {"classes": CLASSES})
    command = [sys.executable, "-m", "tests.benchmarks.smp_script", str(folder / "data"), options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.splitlines()[-1]), time.perf_counter() - start


if __name__ == "__main__":
    main()
