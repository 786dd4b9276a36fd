"""Batches of an evaluation, drawn with a seed: regions of some size, with ignored pixels."""

from collections.abc import Sequence

import torch
from torch import Tensor

from segcli.metrics.evaluated import Evaluated
from segcli.sample import IGNORE_INDEX
from segcli.task_kind import KINDS, TaskName

CLASSES = {"multiclass": 3, "binary": 2, "multilabel": 2}


def evaluated(logits: Tensor, mask: Tensor, task: TaskName = "multiclass", paths: Sequence[str] = ()) -> Evaluated:
    """Return what the task makes of ``(B, C, H, W)`` logits and a mask."""
    kind = KINDS[task]
    prediction = kind.predict(logits)
    classes = 2 if task == "binary" else logits.shape[1]
    matrices = kind.metric(classes).count(prediction, mask)
    names = list(paths) or [str(index) for index in range(len(mask))]
    return Evaluated(prediction, mask, matrices, names, lambda: kind.probabilities(logits))


def predicted(prediction: Tensor, mask: Tensor, classes: int = 2) -> Evaluated:
    """Return the batch of ``(B, H, W)`` predictions of classes that exclude each other."""
    logits = torch.nn.functional.one_hot(prediction.long(), classes).movedim(-1, 1).float() * 8 - 4
    return evaluated(logits, mask)


def drawn(task: TaskName, size: int = 4, seed: int = 0, shape: tuple[int, int] = (24, 31)) -> tuple[Tensor, Tensor]:
    """Return logits and a mask of blobs that are alike, with an ignored block and, in one image, an absent class."""
    generator = torch.Generator().manual_seed(seed)
    channels = 1 if task == "binary" else CLASSES[task]
    coarse = torch.randn(size, channels, 4, 5, generator=generator) * 3
    smooth = torch.nn.functional.interpolate(coarse, shape, mode="bilinear")
    logits = smooth + torch.randn(size, channels, *shape, generator=generator)
    mask = KINDS[task].predict(smooth)
    mask[0][mask[0] == 1] = 0
    mask[1:, ..., 5:9, 3:12] = IGNORE_INDEX
    return logits, mask


def perfect(mask: Tensor, task: TaskName) -> Tensor:
    """Return logits that are right and sure of it; where ignored, of the first class, or no."""
    known = torch.where(mask == IGNORE_INDEX, 0, mask).long()
    if task == "multiclass":
        return torch.nn.functional.one_hot(known, CLASSES[task]).movedim(-1, 1).float() * 200 - 100
    return ((known if mask.ndim == 4 else known[:, None]).float() * 200) - 100
