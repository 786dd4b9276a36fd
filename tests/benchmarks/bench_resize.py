"""The final resize by matrices against torch's interpolate: ``python -m tests.benchmarks.bench_resize``.

CPU time of forward and backward, of the forward pass alone without a gradient, interleaved; medians of ratios.
"""

import argparse
import statistics
import time

import torch
from torch import Tensor

from segcli.layers.matrix_resize import LARGEST, matrix_resize
from segcli.layers.resize import resize

CASES = ((8, 12, 24, 96), (8, 12, 64, 256), (8, 150, 64, 256), (8, 12, LARGEST, 4 * LARGEST), (1, 12, 256, 1024))
"""Images, classes, and sides of the map and of the image in pixels."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    for batch, classes, low, high in CASES:
        x, upper = torch.randn(batch, classes, low, low), torch.randn(batch, classes, high, high)
        for has_gradient in (True, False):
            times = [
                (seconds(x, upper, True, has_gradient), seconds(x, upper, False, has_gradient))
                for _ in range(args.repeats + 1)
            ][1:]
            ratio = statistics.median(theirs / ours for ours, theirs in times)
            what = "forward and backward" if has_gradient else "forward alone"
            print(f"{batch} x {classes:3}  {low:3} to {high:4} px  {what:20}  interpolate takes {ratio:.2f}x as long")


def seconds(x: Tensor, upper: Tensor, by_matrix: bool, has_gradient: bool) -> float:
    """Return the CPU time of one resize to the size of ``upper``."""
    size = upper.shape[-2], upper.shape[-1]
    low = x.clone().requires_grad_(has_gradient)
    start = time.process_time()
    found = matrix_resize(low, size) if by_matrix else resize(low, size=size)
    if has_gradient:
        found.backward(upper)
    return time.process_time() - start


if __name__ == "__main__":
    main()
