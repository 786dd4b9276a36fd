"""Every loss against torch's cross entropy, forward and backward: ``python -m tests.benchmarks.bench_losses``.

Ratios are medians over interleaved rounds, of each round's two times. Memory is the peak of live tensor bytes as in
``bench_dice``. Multilabel rows have a mask of K channels; they too are compared with the softmax of the first row.
ClDiceLoss, which takes a hundred times as long, is left out.
"""

import argparse
import statistics

import segmentation_models_pytorch as smp
import torch
from torch import Tensor, nn

from segcli.datasets.mask_targets import MaskTargets, Targets
from segcli.losses.binned_lovasz_loss import BinnedLovaszLoss
from segcli.losses.boundary_loss import BoundaryLoss
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.dice_loss import DiceLoss
from segcli.losses.focal_loss import FocalLoss
from segcli.losses.generalised_dice_loss import GeneralisedDiceLoss
from segcli.losses.jaccard_loss import JaccardLoss
from segcli.losses.lovasz_loss import LovaszLoss
from segcli.losses.mcc_loss import MCCLoss
from segcli.losses.ohem_cross_entropy_loss import OhemCrossEntropyLoss
from segcli.losses.summed_loss import Sums
from segcli.losses.top_k_cross_entropy_loss import TopKCrossEntropyLoss
from segcli.losses.tversky_loss import TverskyLoss
from segcli.losses.weighted_sum import WeightedSum
from segcli.sample import IGNORE_INDEX
from tests.benchmarks.bench_dice import Step, interleaved, peak_bytes, step

LOSSES = (
    CrossEntropyLoss(),
    OhemCrossEntropyLoss(),
    TopKCrossEntropyLoss(),
    FocalLoss(),
    DiceLoss(),
    JaccardLoss(),
    TverskyLoss(),
    GeneralisedDiceLoss(),
    MCCLoss(),
    LovaszLoss(),
    BinnedLovaszLoss(),
    BoundaryLoss(),
)
THEIRS = (
    smp.losses.FocalLoss("multiclass", ignore_index=IGNORE_INDEX),
    smp.losses.LovaszLoss("multiclass", ignore_index=IGNORE_INDEX),
)


class Apart(nn.ModuleList):
    """A sum of losses that do not know of each other."""

    def forward(self, logits: Tensor, mask: Tensor) -> Tensor:
        return torch.stack([loss(logits, mask) for loss in self]).sum()


class Loaded(BoundaryLoss):
    """With distances that loaders computed."""

    def __init__(self, mask: Tensor, channels: int) -> None:
        super().__init__()
        self.known = MaskTargets(self.mask_targets, channels).completed(mask, None)

    def sums(self, logits: Tensor, mask: Tensor, targets: Targets | None = None) -> Sums:
        return super().sums(logits, mask, self.known)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", type=int, nargs=4, default=[8, 12, 256, 256], metavar=("B", "K", "H", "W"))
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    batch, classes, height, width = args.shape
    logits = torch.randn(*args.shape)
    mask = torch.randint(classes, (batch, height, width), dtype=torch.uint8)
    labels = torch.randint(2, logits.shape, dtype=torch.uint8)
    mask[:, : height // 20] = labels[:, :, : height // 20] = IGNORE_INDEX
    torch_loss = nn.CrossEntropyLoss(ignore_index=IGNORE_INDEX)
    steps: dict[str, Step] = {"torch cross entropy": lambda: step(torch_loss, logits, mask.long())}
    for loss in LOSSES:
        steps[type(loss).__name__] = lambda loss=loss: step(loss, logits, mask)
    both = WeightedSum([CrossEntropyLoss(), DiceLoss()])
    steps["CrossEntropyLoss + DiceLoss"] = lambda: step(both, logits, mask)
    steps["the same, nothing shared"] = lambda: step(Apart([CrossEntropyLoss(), DiceLoss()]), logits, mask)
    smoothed = DiceLoss(label_smoothing=0.1)
    steps["DiceLoss label_smoothing"] = lambda: step(smoothed, logits, mask)
    steps["LovaszLoss per_image"] = lambda: step(LovaszLoss(per_image=True), logits, mask)
    loaded = Loaded(mask, classes)
    steps["BoundaryLoss, targets loaded"] = lambda: step(loaded, logits, mask)
    for loss in LOSSES:
        steps[f"{type(loss).__name__} multilabel"] = lambda loss=loss: step(loss, logits, labels)
    for loss in THEIRS:
        steps[f"smp {type(loss).__name__}"] = lambda loss=loss: step(loss, logits, mask.long())
    times = interleaved(steps, args.repeats)
    peaks = {name: peak_bytes(run, logits) for name, run in steps.items()}
    first = next(iter(steps))
    for name in steps:
        ratio = statistics.median(a / b for a, b in zip(times[name], times[first], strict=True))
        print(
            f"{name:28} {statistics.median(times[name]) * 1e3:7.1f} ms {ratio:6.2f}x"
            f"  {peaks[name] / 2**20:7.1f} MiB {peaks[name] / peaks[first]:5.2f}x"
        )


if __name__ == "__main__":
    main()
