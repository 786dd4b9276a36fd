"""Reading windows of a large GeoTIFF beside reading it whole: time and memory, each in a process of its own.

    python -m tests.benchmarks.bench_windows [SIDE]

Writes a tiled, compressed scene of SIDE x SIDE pixels (8000) of three channels with its mask, reads 64 of its windows
of 512 pixels, spread over it, as a data set does, and then whole as it does without data.window. Prints milliseconds
and the most resident memory beyond that of the imports, and ratios. POSIX only.
"""

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from segcli.datamodules.pattern_data_module import PatternDataModule
from tests.datasets.part_files import PLACED, write_scene

WINDOW, WINDOWS = 512, 64
_TILES = {"blockxsize": 256, "blockysize": 256}


def most_memory() -> int:
    """Most resident memory of this process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def write(root: Path, side: int) -> None:
    rng = np.random.default_rng(0)
    block = rng.integers(0, 256, (side // 8, side // 8, 3), dtype=np.uint8)
    pixels = np.tile(block, (8, 8, 1))
    write_scene(root / "images/a.tif", pixels, **_TILES, **PLACED)
    write_scene(root / "masks/a.tif", (pixels[..., 0] > 127).astype(np.uint8), **_TILES, **PLACED)


def read(root: Path, window: int | None) -> tuple[float, float, int]:
    """Return seconds to list and per sample, and bytes at most."""
    before, start = most_memory(), time.perf_counter()
    patterns = {"image": "images/{name}.tif", "mask": "masks/{name}.tif"}
    keys = {"classes": ["low", "high"], "image_mode": "native", "val_fraction": 0.0, "window": window}
    data = PatternDataModule(str(root), **patterns, **keys)  # type: ignore[arg-type]
    data.prepare("train")
    dataset = data.datasets["train"]
    listed = time.perf_counter() - start
    chosen = np.unique(np.linspace(0, len(dataset) - 1, WINDOWS).astype(int))
    start = time.perf_counter()
    for index in chosen:
        dataset.load(int(index))
    return listed, (time.perf_counter() - start) / len(chosen), most_memory() - before


def apart(run: Callable[..., object], *arguments: object) -> object:
    """Return what a function returns in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(run, arguments)


def main() -> None:
    side = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    with tempfile.TemporaryDirectory() as folder:
        apart(write, Path(folder), side)
        found = {name: apart(read, Path(folder), window) for name, window in (("windows", WINDOW), ("whole", None))}
    (listed, window, small), (_, whole, large) = found["windows"], found["whole"]  # type: ignore[misc]
    print(f"listing: {1000 * listed:.0f} ms")
    print(f"a window of {WINDOW} px: {1000 * window:.1f} ms, {small / 2**20:.0f} MiB at most")
    print(f"all of {side} px: {1000 * whole:.0f} ms, {large / 2**20:.0f} MiB at most")
    print(f"whole / window: time {whole / window:.0f}, memory {large / max(1, small):.1f}")


if __name__ == "__main__":
    main()
