"""Every decoder that smp has, forward and backward, against smp's: ``python -m tests.benchmarks.bench_decoders``.

At equal structure, width and dropout, both sides in channels_last, on levels with the channels of ResNet-18 and a 1x1
classifier of K classes on top. ``--shape`` is that of images and logits; H and W are multiples of 128, as smp needs
them. Ratios are medians over interleaved rounds, of each round's two times: below 1, segcli is faster. Memory is the
peak of live tensor bytes as in ``bench_dice``, beyond levels and weights.
"""

import statistics
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from segmentation_models_pytorch import decoders as smp
from torch import Tensor, nn

from segcli.decoders.deeplab_v3 import DeepLabV3
from segcli.decoders.deeplab_v3_plus import DeepLabV3Plus
from segcli.decoders.fpn import FPN
from segcli.decoders.linknet import LinkNet
from segcli.decoders.manet import MANet
from segcli.decoders.pan import PAN
from segcli.decoders.pspnet import PSPNet
from segcli.decoders.segformer import SegFormer
from segcli.decoders.unet import UNet
from segcli.decoders.unet_plus_plus import UNetPlusPlus
from segcli.decoders.upernet import UPerNet
from segcli.features import FeatureSpec
from tests.benchmarks.bench_dice import interleaved, peak_bytes
from tests.benchmarks.shape import shape_arguments

RESNET18 = [FeatureSpec(channels, 2**level) for level, channels in enumerate((64, 64, 128, 256, 512), start=1)]
AT_16, AT_8 = ([FeatureSpec(f.channels, min(f.stride, stride)) for f in RESNET18] for stride in (16, 8))
CHANNELS = [3, *(f.channels for f in RESNET18)]
WIDTHS = [256, 128, 64, 32, 16]
Pair = tuple[str, nn.Module, nn.Module, Sequence[FeatureSpec]]


def pairs() -> Iterator[Pair]:
    """Yield names, smp's decoders, ours, and their levels."""
    deeplab = smp.deeplabv3.decoder
    yield "FPN", smp.fpn.decoder.FPNDecoder(CHANNELS), FPN(RESNET18), RESNET18
    yield "UNet", smp.unet.decoder.UnetDecoder(CHANNELS, WIDTHS), UNet(RESNET18), RESNET18
    theirs = smp.unetplusplus.decoder.UnetPlusPlusDecoder(CHANNELS, WIDTHS)
    yield "UNetPlusPlus", theirs, UNetPlusPlus(RESNET18, inner_width="level"), RESNET18
    ours = UPerNet(RESNET18, width=256, dropout=0.0, norm_levels=True)
    yield "UPerNet", smp.upernet.decoder.UPerNetDecoder(CHANNELS), ours, RESNET18
    theirs = smp.segformer.decoder.SegformerDecoder(CHANNELS)
    yield "SegFormer", theirs, SegFormer(RESNET18, dropout=0.0, levels=5), RESNET18
    ours = DeepLabV3(AT_8, smooth=True, dropout=0.5)
    yield "DeepLabV3", deeplab.DeepLabV3Decoder(512, 256, (12, 24, 36), False, 0.5), ours, AT_8
    theirs = deeplab.DeepLabV3PlusDecoder(CHANNELS, 5, 256, (12, 24, 36), 16, True, 0.5)
    ours = DeepLabV3Plus(AT_16, rates=[12, 24, 36], convs=1, smooth=True, align_corners=True, dropout=0.5)
    yield "DeepLabV3Plus", theirs, ours, AT_16
    ours = PSPNet(AT_8, kernel_size=1, align_corners=True, dropout=0.2)
    yield "PSPNet", smp.pspnet.decoder.PSPDecoder(CHANNELS), ours, AT_8
    yield "LinkNet", smp.linknet.decoder.LinknetDecoder(CHANNELS), LinkNet(RESNET18, kernel_size=4), RESNET18
    yield "PAN", smp.pan.decoder.PANDecoder(CHANNELS, 5, 32), PAN(AT_16, align_corners=True), AT_16
    yield "MANet", smp.manet.decoder.MAnetDecoder(CHANNELS, WIDTHS), MANet(RESNET18), RESNET18


def main() -> None:
    args = shape_arguments(__doc__, default=[2, 12, 128, 128])
    batch, classes, height, width = args.shape
    for name, theirs, ours, specs in pairs():
        levels = [
            torch.randn(batch, f.channels, height // f.stride, width // f.stride)
            .to(memory_format=torch.channels_last)
            .requires_grad_()
            for f in specs
        ]
        image = torch.empty(batch, 3, height, width)
        steps = {
            "smp": step_of(theirs, lambda image=image, levels=levels: [image, *levels], classes),
            "segcli": step_of(ours, lambda levels=levels: list(levels), classes),
        }
        times = interleaved(steps, args.repeats)
        peaks = {side: peak_bytes(step, levels[0]) for side, step in steps.items()}
        ratio = statistics.median(a / b for a, b in zip(times["segcli"], times["smp"], strict=True))
        print(
            f"{name:14} smp {statistics.median(times['smp']) * 1e3:7.1f} ms {peaks['smp'] / 2**20:7.1f} MiB   "
            f"segcli {statistics.median(times['segcli']) * 1e3:7.1f} ms {peaks['segcli'] / 2**20:7.1f} MiB   "
            f"{ratio:.2f}x time {peaks['segcli'] / peaks['smp']:.2f}x memory"
        )


def step_of(decoder: nn.Module, given: Callable[[], list[Tensor]], classes: int) -> Callable[[], None]:
    """Return a step of training that leaves no gradients behind."""
    with torch.no_grad():
        channels = decoder(given()).shape[1]
    model = nn.Sequential(decoder, nn.Conv2d(channels, classes, 1)).to(memory_format=torch.channels_last)
    return partial(step, model, given)


def step(model: nn.Module, given: Callable[[], list[Tensor]]) -> None:
    levels = given()
    model(list(levels)).square().mean().backward()
    for tensor in (*model.parameters(), *levels):
        tensor.grad = None


if __name__ == "__main__":
    main()
