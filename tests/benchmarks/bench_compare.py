"""What it costs to compare a hundred runs: ``python -m tests.benchmarks.bench_compare [--runs 100]``.

The runs lie on disk as ``fit`` writes them: 101 images, 11 classes, 12 epochs, four groups. The figure is that of the
whole process, beside one that only imports NumPy and scipy.special.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.run_folders import write_run

IMAGES, CLASSES, EPOCHS, GROUPS = 101, 11, 12, 4


def write(folder: Path, number: int) -> None:
    """Write one run of CamVid's size."""
    rng = np.random.default_rng(number)
    truth = np.random.default_rng(0).integers(500, 40_000, (IMAGES, CLASSES))
    wrong = (truth * rng.uniform(0.1, 0.3, truth.shape)).astype(np.int64)
    counts = np.zeros((IMAGES, CLASSES, CLASSES), np.int64)
    for k in range(CLASSES):
        counts[:, k, k] = truth[:, k] - wrong[:, k]
        counts[:, k, (k + 1) % CLASSES] = wrong[:, k]
    names = [f"class {k}" for k in range(CLASSES)]
    curve = tuple(1 - 0.5 / (epoch + 1) for epoch in range(EPOCHS))
    config = {"trainer": {"max_epochs": EPOCHS, "precision": str(number % GROUPS)}}
    where = folder / "runs" / str(number)
    write_run(where, number, images=IMAGES, counts=counts, curve=curve, config=config, classes=names)


def seconds(words: list[str], folder: Path) -> float:
    """Return how long a process takes."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *words], cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    """Print the medians of interleaved rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    typed = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(typed.runs):
            write(folder, number)
        commands = {
            "import numpy, scipy.special": ["-c", "import numpy, scipy.special"],
            f"compare {typed.runs} runs": ["-m", "segcli", "compare", "runs"],
            f"compare {typed.runs} runs, with the page": ["-m", "segcli", "compare", "runs", "--html", "r.html"],
        }
        found: dict[str, list[float]] = {what: [] for what in commands}
        for _ in range(typed.rounds):
            for what, words in commands.items():
                found[what].append(seconds(words, folder))
    base = statistics.median(found["import numpy, scipy.special"])
    for what, times in found.items():
        print(f"{what:40} {statistics.median(times):6.2f} s  {statistics.median(times) / base:5.1f}x")


if __name__ == "__main__":
    main()
