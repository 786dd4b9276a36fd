"""FPN and U-Net on a GPU, eager and compiled, against smp: ``python -m tests.benchmarks.bench_gpu``.

Training steps of ResNet-50 at 512x512 in bf16 autocast, in a bare loop: forward, cross entropy, backward, fused AdamW,
on one batch that lies on the device. smp runs as its users run it (NCHW, eager, float image), and in channels_last. The
share of the device's peak is that of matrix operations counted by torch's FlopCounterMode against ``--peak_tflops``
(dense bf16 of the data sheet: A100 312, H100 SXM 989, H200 989).
"""

import argparse
import statistics
import time
from collections.abc import Callable

import segmentation_models_pytorch as smp
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.decoders.fpn import FPN
from segcli.decoders.unet import UNet
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.optim.adamw import AdamW
from segcli.segmenter import Segmenter

CLASSES = 19
DECODERS = {"FPN": FPN, "UNet": UNet}
THEIRS = {"FPN": smp.FPN, "UNet": smp.Unet}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="resnet50")
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument("--size_px", type=int, default=512)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peak_tflops", type=float, default=989.0)
    parser.add_argument("--device", default="cuda", help="cpu only to try the script")
    args = parser.parse_args()
    if args.device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("bench_gpu needs a GPU that torch can use; there is none.")
    torch.backends.cudnn.benchmark = True
    shape = (args.batch_size, 3, args.size_px, args.size_px)
    image = torch.randint(0, 256, shape, dtype=torch.uint8, device=args.device)
    mask = torch.randint(0, CLASSES, (shape[0], *shape[2:]), dtype=torch.uint8, device=args.device)
    for decoder in DECODERS:
        kinds = {
            "smp, NCHW": theirs(args, decoder, image, mask, channels_last=False),
            "smp, channels_last": theirs(args, decoder, image, mask, channels_last=True),
            "segcli, eager": ours(args, decoder, image, mask, compiled=False),
            "segcli, compiled": ours(args, decoder, image, mask, compiled=True),
        }
        with FlopCounterMode(display=False) as counter:
            kinds["segcli, eager"]()
        tflop = counter.get_total_flops() / 1e12
        for run in kinds.values():
            timed(run, 3, args.device)  # compiles, and lets cuDNN choose
        found = [[timed(run, args.steps, args.device) for run in kinds.values()] for _ in range(args.rounds)]
        for kind, column in zip(kinds, zip(*found, strict=True), strict=True):
            seconds = statistics.median(column)
            ratio = statistics.median(first / mine for (first, *_), mine in zip(found, column, strict=True))
            speed, share = args.batch_size / seconds, tflop / seconds / args.peak_tflops
            print(f"{decoder:5} {kind:20} {speed:8.1f} images/s   {ratio:5.2f}x   {share:6.1%} of peak", flush=True)


def ours(args: argparse.Namespace, decoder: str, image: Tensor, mask: Tensor, compiled: bool) -> Callable[[], None]:
    backbone = TimmBackbone(args.model, pretrained=False)
    model = Segmenter(backbone, DECODERS[decoder](backbone.features), CLASSES).to(args.device)
    if compiled:
        model.compile()
    return step(model, CrossEntropyLoss(), lambda: (image, mask), args.device)


def theirs(
    args: argparse.Namespace, decoder: str, image: Tensor, mask: Tensor, channels_last: bool
) -> Callable[[], None]:
    model = THEIRS[decoder](f"tu-{args.model}", encoder_weights=None, classes=CLASSES).to(args.device)
    order = torch.channels_last if channels_last else torch.contiguous_format
    ready = ((image.float() / 255 - 0.45) / 0.225).contiguous(memory_format=order)  # as from Normalize and ToTensorV2
    labels = mask.long()
    return step(model.to(memory_format=order), nn.CrossEntropyLoss(), lambda: (ready, labels), args.device)


def step(
    model: nn.Module, loss: nn.Module, batch: Callable[[], tuple[Tensor, Tensor]], device: str
) -> Callable[[], None]:
    model.train()
    optimizer = AdamW(model.parameters())

    def run() -> None:
        image, mask = batch()
        with torch.autocast(device, torch.bfloat16):
            value = loss(model(image), mask)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()

    return run


def timed(run: Callable[[], None], steps: int, device: str) -> float:
    """Return seconds per step."""
    if device == "cuda":
        torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(steps):
        run()
    if device == "cuda":
        torch.cuda.synchronize()
    return (time.perf_counter() - start) / steps


if __name__ == "__main__":
    main()
