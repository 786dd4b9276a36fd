"""What benchmarks of decoders, losses and metrics ask for on their command line."""

import argparse
from collections.abc import Sequence

import torch


def shape_arguments(description: str | None, default: Sequence[int] = (8, 12, 360, 480)) -> argparse.Namespace:
    """Return ``shape`` (B, K, H, W), ``repeats`` and ``threads``; let torch use so many threads, and seed it."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--shape", type=int, nargs=4, default=list(default), metavar=("B", "K", "H", "W"))
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    return args
