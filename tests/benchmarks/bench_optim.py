"""Fused against plain optimizers, one step: ``python -m tests.benchmarks.bench_optim``.

Gradients are set once; only ``step`` is timed, plain and fused in turn. Plain is what torch chooses by itself: a loop
over the parameters on a CPU, ``foreach`` on a GPU. Ratios are medians of ratios within a round.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import timm
import torch
from torch.optim import Optimizer

from segcli.optim.adamw import AdamW
from segcli.optim.sgd import SGD

KINDS: dict[str, Callable[..., Optimizer]] = {"AdamW": AdamW, "SGD": SGD}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", default=["tf_efficientnet_lite0", "resnet50", "vit_small_patch16_224"])
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    for name in args.models:
        for kind, build in KINDS.items():
            plain, fused = (with_gradients(name, build, args.device, fused) for fused in (False, True))
            rounds = [(seconds(plain, args.device), seconds(fused, args.device)) for _ in range(args.repeats + 2)][2:]
            a, b = (statistics.median(column) * 1e3 for column in zip(*rounds, strict=True))
            ratio = statistics.median(slow / fast for slow, fast in rounds)
            print(f"{kind:6} {name:24} plain {a:8.2f} ms   fused {b:8.2f} ms   {ratio:5.2f}x faster")


def with_gradients(name: str, build: Callable[..., Optimizer], device: str, fused: bool) -> Optimizer:
    model = timm.create_model(name).to(device)
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 1e-3)
    return build(model.parameters(), lr=1e-5, fused=fused)


def seconds(optimizer: Optimizer, device: str) -> float:
    start = time.perf_counter()
    optimizer.step()
    if device != "cpu":
        torch.accelerator.synchronize()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
