"""Setup of a data set of many files that earlier runs know, against a walk through its folders that looks at each file.

    python -m tests.benchmarks.bench_large [--images 50000] [--rounds 3]

Writes as many images and masks of 16 x 16 pixels, all different, into a temporary folder, and lets a first run know
them. Then prints, for each way to find them, the median CPU seconds of both sides, which take turns in one process, the
median of their ratios, and by how much the most memory of the process grew. Setup is the listing, pairing and splits,
the fingerprint, the check of all masks, unused files and the record of the splits; loaders are made after it.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from PIL import Image

from segcli.callbacks.provenance import Provenance
from segcli.datamodules.pattern_data_module import PatternDataModule
from segcli.datasets import known_files

CLASSES = ["background", "object"]
PATTERNS = {"image": "images/{name}.png", "mask": "labels/{name}.png"}
SPLIT = {"image": "{split}/images/{name}.png", "mask": "{split}/labels/{name}.png"}
WAYS: dict[str, dict[str, Any]] = {
    "two folders": {},
    "two folders, groups": {"group": "{clip}_*"},
    "patterns": PATTERNS,
    "patterns with {split}": SPLIT,
    "patterns with {split}, groups": {**SPLIT, "group": "{clip}_*"},
    "manifest": {"manifest": "list.csv", "group": "clip"},
}


class Passport(dict[str, Any]):
    """What a run records, in memory."""

    def add(self, **entries: object) -> None:
        self.update(entries)


def write(root: Path, images: int) -> None:
    random = np.random.default_rng(0)
    lines = ["image,mask,split,clip"]
    for number in range(images):
        clip, split = f"c{number // 100:04d}", "val" if number % 5 == 0 else "train"
        name = f"{clip}_{number:06d}.png"
        for kind, shape, most in (("images", (16, 16, 3), 256), ("labels", (16, 16), 2)):
            folder, other = root / "plain" / kind, root / "split" / split / kind
            if number < 2:
                folder.mkdir(parents=True, exist_ok=True)
                other.mkdir(parents=True, exist_ok=True)
            Image.fromarray(random.integers(0, most, shape, dtype=np.uint8)).save(folder / name, compress_level=1)
            os.link(folder / name, other / name)
        lines.append(f"images/{name},labels/{name},{split},{clip}")
    (root / "plain" / "list.csv").write_text("\n".join(lines) + "\n")


def walk(folder: Path) -> None:
    left = [str(folder)]
    while left:
        with os.scandir(left.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    left.append(entry.path)
                else:
                    entry.stat()


def setup(root: Path, runs: Path, keys: dict[str, Any]) -> None:
    data = PatternDataModule(str(root), classes=CLASSES, cache="off", **keys)
    data.setup("fit")
    trainer = SimpleNamespace(datamodule=data, default_root_dir=str(runs), state=SimpleNamespace(fn="fit"))
    Provenance(cast(Any, Passport()))._data(cast(Any, trainer))


def seconds(run: Callable[[], object]) -> float:
    start = time.process_time()  # other work on the machine disturbs it less than wall time
    run()
    return time.process_time() - start


def peak_mb() -> float:
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def in_another_process(run: Callable[[], object]) -> None:
    """Run something whose memory is not to count for what comes later."""
    child = os.fork()
    if child == 0:
        run()
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0:
        raise SystemExit("a round failed")


def compare(what: str, root: Path, keys: dict[str, Any], rounds: int) -> None:
    before = peak_mb()
    times = [(seconds(lambda: walk(root)), seconds(lambda: setup(root, root.parent, keys))) for _ in range(rounds)]
    listed, took = (statistics.median(column) for column in zip(*times, strict=True))
    ratio = statistics.median(ours / theirs for theirs, ours in times)
    grown = peak_mb() - before
    print(f"{what}: walk {listed:.2f} s, setup {took:.2f} s, {ratio:.1f}x; {grown:+.0f} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SEGCLI_CACHE"] = str(Path(folder) / "cache")
        write(Path(folder), options.images)
        time.sleep(1.5 * known_files.RACY_NS / 1e9)
        print(f"imported package: {peak_mb():.0f} MB", flush=True)
        for what, keys in WAYS.items():
            root = Path(folder) / ("split" if "{split}" in keys.get("image", "") else "plain")
            in_another_process(partial(setup, root, Path(folder), keys))
            in_another_process(partial(compare, what, root, keys, options.rounds))


if __name__ == "__main__":
    main()
