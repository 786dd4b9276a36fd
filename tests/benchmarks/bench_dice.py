"""Dice against segmentation-models-pytorch, forward and backward: ``python -m tests.benchmarks.bench_dice``.

Times are interleaved medians. Memory is the peak of live tensor bytes beyond those alive before the step (logits and
mask), from the allocation events of torch's profiler, in one further step.
"""

import statistics
import time
from collections.abc import Callable

import segmentation_models_pytorch as smp
import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.dice_loss import DiceLoss
from segcli.sample import IGNORE_INDEX
from tests.benchmarks.shape import shape_arguments

Step = Callable[[], None]


def main() -> None:
    args = shape_arguments(__doc__)
    batch, classes, height, width = args.shape
    logits = torch.randn(batch, classes, height, width)
    mask = torch.randint(classes, (batch, height, width), dtype=torch.uint8)
    mask[:, : height // 20] = IGNORE_INDEX
    ours, theirs = DiceLoss(), smp.losses.DiceLoss("multiclass", ignore_index=IGNORE_INDEX)
    steps = {
        "cross entropy": lambda: step(CrossEntropyLoss(), logits, mask),
        "segcli Dice": lambda: step(ours, logits, mask),
        "smp Dice": lambda: step(theirs, logits, mask.long()),
    }
    times = interleaved(steps, args.repeats)
    peaks = {name: peak_bytes(run, logits) for name, run in steps.items()}
    for name in steps:
        print(f"{name:14} {statistics.median(times[name]) * 1e3:7.1f} ms  {peaks[name] / 2**20:7.1f} MiB")
    speed = statistics.median(a / b for a, b in zip(times["smp Dice"], times["segcli Dice"], strict=True))
    print(
        f"Dice is {speed:.2f}x faster (goal 2.5), at {peaks['segcli Dice'] / peaks['smp Dice']:.2f}x memory (goal 0.55)"
    )


def step(loss: torch.nn.Module, logits: Tensor, mask: Tensor) -> None:
    logits.requires_grad_().grad = None
    loss(logits, mask).backward()


def interleaved(steps: dict[str, Step], repeats: int) -> dict[str, list[float]]:
    """Return seconds of every step in every round; every other round runs them in reverse order."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(repeats + 1):
        for name, run in list(steps.items())[:: -1 if number % 2 else 1]:
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    return {name: values[1:] for name, values in times.items()}  # the first round warms up


def peak_bytes(run: Step, logits: Tensor) -> int:
    logits.grad = None  # freed before, so that the step does not seem to give memory back
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        run()
    live = peak = 0
    for event in sorted(memory_events(profiler), key=lambda e: e.start_ns()):
        live += event.nbytes()
        peak = max(peak, live)
    return peak


def memory_events(profiler: profile) -> list[torch._C._autograd._KinetoEvent]:
    return [e for e in profiler.profiler.kineto_results.events() if e.name() == "[memory]"]


if __name__ == "__main__":
    main()
