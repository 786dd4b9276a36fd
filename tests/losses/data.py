"""Batches of every form of task, and the plain definition of a mean over classes."""

import importlib
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from segcli.losses.base import Loss
from segcli.prediction import DensePrediction
from segcli.registry import names
from segcli.sample import IGNORE_INDEX


def loss_class(name: str) -> type:
    module, _, class_name = names("losses")[name].partition(":")
    return getattr(importlib.import_module(module), class_name)


OF_LOGITS = [name for name in names("losses") if issubclass(loss_class(name), Loss)]
"""Registered losses but for those of whole predictions."""

FORMS = ("multiclass", "binary", "multilabel")


def batch(form: str) -> tuple[Tensor, Tensor]:
    """Logits and a mask with ignored pixels, an image without class 1, and one that is ignored altogether."""
    torch.manual_seed(0)
    channels = 1 if form == "binary" else 4
    mask = torch.randint(max(2, channels), (4, 6, 10), dtype=torch.uint8)
    if form == "multilabel":
        mask = torch.randint(2, (4, channels, 6, 10), dtype=torch.uint8)
        mask[0, 1, 3:] = IGNORE_INDEX  # for one label only
        mask[:, 2] = 0  # a label that occurs nowhere
    elif form == "multiclass":
        mask[mask == 2] = 3
    mask[0, ..., :2, :] = IGNORE_INDEX
    mask[1][mask[1] == 1] = 0
    mask[2] = IGNORE_INDEX
    return torch.randn(4, channels, 6, 10, requires_grad=True), mask


def probabilities(logits: Tensor, mask: Tensor) -> Tensor:
    return logits.softmax(1) if mask.ndim == 3 and logits.shape[1] > 1 else logits.sigmoid()


def by_class(scores: Tensor, mask: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    for label, score in enumerate(scores.unbind(1)):
        truth = mask if mask.ndim == 3 else mask[:, label]
        positive = label if mask.ndim == 3 and scores.shape[1] > 1 else 1
        yield score, truth == positive, truth != IGNORE_INDEX


def class_average(
    scores: Tensor,
    mask: Tensor,
    per_image: bool,
    absent: str,
    loss: Callable[[Tensor, Tensor], Tensor],
    weights: Sequence[float] | None = None,
) -> Tensor:
    """Average ``loss(scores, truth)`` over classes and, if asked for, images, of pixels that are not ignored."""
    terms, sizes = [], []
    of_class = [1.0] * scores.shape[1] if weights is None else weights[-scores.shape[1] :]
    for image in [slice(i, i + 1) for i in range(len(mask))] if per_image else [slice(None)]:
        for weight, (score, true, valid) in zip(of_class, by_class(scores[image], mask[image]), strict=True):
            if valid.any() and ((true & valid).any() or absent == "count"):
                terms.append(weight * loss(score[valid], true[valid].to(scores.dtype)))
                sizes.append(weight)
    return torch.stack(terms).sum() / sum(sizes)


def million(form: str) -> tuple[Tensor, Tensor]:
    """A million pixels, of which three are of class 1, and hard to see."""
    torch.manual_seed(0)
    logits = torch.randn(1, 1 if form == "binary" else 2, 1000, 1000)
    logits[:, -1] -= 9
    mask = torch.zeros(1, 1000, 1000, dtype=torch.uint8)
    mask[0, 0, :3] = 1
    if form == "multilabel":
        mask = torch.stack([torch.randint(2, (1, 1000, 1000), dtype=torch.uint8), mask], dim=1)
    return logits.requires_grad_(), mask


def dense(logits: Tensor) -> DensePrediction:
    """A prediction whose map is as large as the image."""
    height, width = logits.shape[-2:]
    return DensePrediction(logits, (height, width))
