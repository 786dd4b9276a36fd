"""The metric's update against torchmetrics' data-set IoU: ``python -m tests.benchmarks.bench_metrics``.

From logits (argmax included on both sides) and from label maps, interleaved medians in one run. Ratios hold on a busy
machine only as far as both sides wait for the same cores; ``--threads 1`` is the steadier figure.
"""

import statistics
import time
from collections.abc import Callable

import torch
from torchmetrics.classification import MulticlassJaccardIndex

from segcli.inference.label_map import label_map
from segcli.metrics.segmentation_metric import SegmentationMetric
from segcli.sample import IGNORE_INDEX
from tests.benchmarks.shape import shape_arguments

Step = Callable[[], object]


def main() -> None:
    args = shape_arguments(__doc__)
    batch, classes, height, width = args.shape
    logits = torch.randn(batch, classes, height, width)
    nhwc = logits.contiguous(memory_format=torch.channels_last)
    mask = torch.randint(classes, (batch, height, width), dtype=torch.uint8)
    mask[:, : height // 20] = IGNORE_INDEX
    labels, truth = label_map(logits), mask.long()
    ours = SegmentationMetric(classes)
    theirs = MulticlassJaccardIndex(classes, ignore_index=IGNORE_INDEX, validate_args=False)
    pairs: dict[str, tuple[Step, Step, str]] = {
        "from logits": (lambda: ours.update(label_map(logits), mask), lambda: theirs.update(logits, truth), "goal 4"),
        "from logits, channels last": (
            lambda: ours.update(label_map(nhwc), mask),
            lambda: theirs.update(nhwc, truth),
            "not what the segmenter gives",
        ),
        "from label maps": (lambda: ours.update(labels, mask), lambda: theirs.update(labels, truth), "goal 5"),
    }
    for name, (mine, other, note) in pairs.items():
        rounds = [(seconds(mine), seconds(other)) for _ in range(args.repeats + 1)][1:]  # the first warms up
        a, b = (statistics.median(column) * 1e3 for column in zip(*rounds, strict=True))
        ratio = statistics.median(slow / fast for fast, slow in rounds)
        print(f"{name:28} segcli {a:7.1f} ms   torchmetrics {b:7.1f} ms   {ratio:5.1f}x faster ({note})")
    torch.testing.assert_close(ours.compute().mean_iou.float(), theirs.compute())  # same number of updates of each


def seconds(step: Step) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
