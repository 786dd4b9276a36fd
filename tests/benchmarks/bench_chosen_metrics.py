"""What each metric of ``model.metrics`` costs: ``python -m tests.benchmarks.bench_chosen_metrics``.

Medians of interleaved rounds, as a ratio to the confusion counts of the same batch, which every validation takes. The
batch is one of regions with a little noise, as a trained model predicts them. Ratios hold on a busy machine only as far
as both sides wait for the same cores.
"""

import importlib
import statistics
import time
from collections.abc import Callable

import torch

from segcli.inference.label_map import label_map
from segcli.metrics.base import Metric
from segcli.metrics.evaluated import Evaluated
from segcli.metrics.segmentation_metric import SegmentationMetric
from segcli.registry import names
from segcli.sample import IGNORE_INDEX
from tests.benchmarks.shape import shape_arguments


def main() -> None:
    args = shape_arguments(__doc__)
    batch, classes, height, width = args.shape
    coarse = torch.randn(batch, classes, 8, 10) * 4
    smooth = torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear")
    logits = smooth + torch.randn_like(smooth) * 0.3
    mask = label_map(smooth)
    mask[:, : height // 20] = IGNORE_INDEX
    labels, counted = label_map(logits), SegmentationMetric(classes)
    matrices = counted.count(labels, mask)
    paths = [str(index) for index in range(batch)]

    def update(metrics: list[Metric]) -> Callable[[], None]:
        def step() -> None:
            seen = Evaluated(labels, mask, matrices, paths, lambda: torch.softmax(logits, dim=1))
            for metric in metrics:
                metric.update(seen)

        return step

    chosen = {name: _metric(path, classes) for name, path in names("metrics").items()}
    cases = {name: [metric] for name, metric in chosen.items()}
    cases["SurfaceDice and HD95"] = [chosen["SurfaceDice"], chosen["HD95"]]
    for name, metrics in cases.items():
        step = update(metrics)
        rounds = [(seconds(lambda: counted.update(labels, mask)), seconds(step)) for _ in range(args.repeats + 1)][
            1:
        ]  # the first warms up
        base, own = (statistics.median(column) * 1e3 for column in zip(*rounds, strict=True))
        ratio = statistics.median(slow / fast for fast, slow in rounds)
        print(f"{name:25} {own:8.1f} ms   counts {base:7.1f} ms   {ratio:6.1f}x")
        for metric in metrics:
            metric.reset()


def _metric(path: str, classes: int) -> Metric:
    module, _, name = path.partition(":")
    metric: Metric = getattr(importlib.import_module(module), name)()
    metric.begin("multiclass", classes)
    return metric


def seconds(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
