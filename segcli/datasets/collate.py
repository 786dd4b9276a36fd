"""From samples to a batch."""

from collections.abc import Sequence

import torch

from segcli.sample import Batch, DataError, Sample


def collate(samples: Sequence[Sample]) -> Batch:
    """Stack samples of one size; images come out ``(B, C, H, W)`` in channels-last order, which trains faster.

    Raises:
        DataError: If two samples differ in size; names both and what to add.
    """
    first = samples[0]
    for other in samples:
        if other["image"].shape != first["image"].shape:
            raise DataError(
                f"a batch got images of different sizes: {_size(first)} and {_size(other)}.\n"
                "  Add RandomScaledCrop, or PadIfNeeded and RandomCrop, to data.train_transforms, or set "
                "data.batch_size to 1. In data.val_transforms, images of one size must keep one size."
            )
    batch = Batch(
        image=torch.stack([s["image"].permute(1, 2, 0) for s in samples]).permute(0, 3, 1, 2),
        path=[s["path"] for s in samples],
        size=[s["size"] for s in samples],
    )
    if "mask" in first:
        batch["mask"] = torch.stack([s["mask"] for s in samples])
    if "targets" in first:
        batch["targets"] = {name: torch.stack([s["targets"][name] for s in samples]) for name in first["targets"]}
    if first.get("is_filler"):
        batch["is_filler"] = True
    return batch


def _size(sample: Sample) -> str:
    height, width = sample["image"].shape[1:]
    return f"{sample['path']} ({height} x {width} px)"
