"""Training steps of FPN in other memory layouts and precisions: ``python -m tests.benchmarks.bench_speed``.

fp32 NCHW against channels_last, channels_last with bf16 autocast, and, with ``--compile``, compiled too: the same
model, batch, loss and optimizer. Steps take turns within a round; ratios are medians of ratios within a round.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial

import torch

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.decoders.fpn import FPN
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.optim.adamw import AdamW
from segcli.segmenter import Segmenter, SegmenterSettings

CLASSES = 11


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", default=["tf_efficientnet_lite0", "resnet50"])
    parser.add_argument("--batch_size", type=int, default=8)
    parser.add_argument("--size_px", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--checkpointing", action="store_true", help="also with gradient checkpointing")
    parser.add_argument("--compile", action="store_true", help="also compiled, which takes minutes to start")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    for name in args.models:
        image = torch.randint(0, 256, (args.batch_size, 3, args.size_px, args.size_px), dtype=torch.uint8)
        mask = torch.randint(0, CLASSES, (args.batch_size, args.size_px, args.size_px), dtype=torch.uint8)
        make = partial(step, name, image, mask)
        kinds = {
            "fp32 NCHW": make(channels_last=False),
            "channels_last": make(),
            "channels_last bf16": make(bf16=True),
        }
        if args.checkpointing:
            kinds["channels_last checkpointed"] = make(checkpointing=True)
        if args.compile:
            kinds["channels_last bf16 compiled"] = make(bf16=True, compiled=True)
        found = [[seconds(run) for run in kinds.values()] for _ in range(args.rounds + 1)][1:]
        for kind, column in zip(kinds, zip(*found, strict=True), strict=True):
            ratio = statistics.median(first / mine for (first, *_), mine in zip(found, column, strict=True))
            median = statistics.median(column)
            print(
                f"{name:24} {kind:28} {median * 1e3:8.1f} ms   {args.batch_size / median:7.1f} images/s   {ratio:5.2f}x"
            )


def step(
    name: str,
    image: torch.Tensor,
    mask: torch.Tensor,
    channels_last: bool = True,
    bf16: bool = False,
    checkpointing: bool = False,
    compiled: bool = False,
) -> Callable[[], None]:
    """Return one training step of a model of its own."""
    torch.manual_seed(0)
    backbone = TimmBackbone(name, pretrained=False, gradient_checkpointing=checkpointing)
    model = Segmenter(backbone, FPN(backbone.features), CLASSES, SegmenterSettings(channels_last=channels_last))
    if compiled:
        model.compile()
    loss, optimizer = CrossEntropyLoss(), AdamW(model.parameters())

    def run() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            value = loss(model(image), mask)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()

    return run


def seconds(run: Callable[[], None]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
