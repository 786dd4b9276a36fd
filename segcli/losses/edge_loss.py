"""Balanced cross entropy of edges: HED (Xie and Tu, 2015), https://arxiv.org/abs/1504.06375, equation 2.

-b sum_edge log p - (1 - b) sum_other log(1 - p), with p the probability of an edge and b the share of pixels that are
none, so that the few edges weigh as much as all others together. PIDNet (Xu et al., 2023),
https://arxiv.org/abs/2206.02066, has it beside the loss of classes. Deviations from HED: the mean over pixels instead
of the sum, and the share of the batch instead of each image; edges follow from the mask of classes.
"""

import copy
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segcli.datasets.mask_targets import TargetFunction
from segcli.losses.base import Loss
from segcli.losses.class_edges import class_edges
from segcli.losses.criterion import Criterion
from segcli.losses.dense_criterion import DenseCriterion
from segcli.losses.summed_loss import Sums
from segcli.prediction import EdgePrediction, Prediction
from segcli.sample import Batch


class EdgeLoss(nn.Module, Criterion):
    """Add to a loss of classes that of their edges, which ``EdgeHead`` in ``model.auxiliary`` predicts in training.

    Evaluation has no edges: ``val/loss`` is the loss of classes alone. Ignored pixels, and those as near to one as an
    edge is wide, are neither edge nor not.

    Args:
        loss: Of the classes, with their class_weights.
        weight: Factor of the loss of edges, from 0 up. With a share s of edges that loss is 2 s (1 - s) times the mean
            of the cross entropies of edges and of others, so that factors above 1 are usual.
        radius_px: How far from another class, in rows and in columns, a pixel is an edge, at least 1.

    Raises:
        ValueError: If ``weight`` or ``radius_px`` is out of range.
    """

    def __init__(self, loss: Loss, weight: float = 1.0, radius_px: int = 2) -> None:
        super().__init__()
        if not 0 <= weight < float("inf"):
            raise ValueError(f"EdgeLoss got weight {weight}, expected a number from 0 up; 1.0 is usual.")
        if radius_px < 1:
            raise ValueError(f"EdgeLoss got radius_px {radius_px}, expected at least 1; 2 is usual.")
        self.loss, self.weight, self.radius_px = loss, weight, radius_px
        self._classes = DenseCriterion(loss)

    @property
    def names(self) -> Sequence[str]:
        """Names of the classes' losses, and of that of edges."""
        return [*self._classes.names, "edges"]

    @property
    def averages(self) -> Sequence[str]:
        """What the value of each part is the mean of."""
        return [*self._classes.averages, "pixels that are not near an ignored one, balanced; in training alone"]

    @property
    def mask_targets(self) -> Mapping[str, TargetFunction]:
        """What the loss of classes asks for."""
        return self._classes.mask_targets

    def mismatch(self, prediction: Prediction, multilabel: bool = False) -> str:
        """Return why a prediction of classes is of a kind that cannot be compared, and what to do; empty if it can."""
        return self._classes.mismatch(_alone(prediction), multilabel)

    def refusal(self, prediction: Prediction, multilabel: bool = False) -> str:
        """Return why a training with such predictions is refused, and what to do; empty if it is not."""
        edges = [each for each in prediction.extra if isinstance(each, EdgePrediction)]
        if not edges:
            return "EdgeLoss compares edges, which nothing predicts; add EdgeHead to model.auxiliary"
        if len(prediction.extra) > 1:
            return (
                f"EdgeLoss compares one EdgeHead beside the decoder, but training has {len(prediction.extra)} extra "
                "predictions (of model.auxiliary, or of the decoder itself); leave the others out"
            )
        return self._classes.refusal(_alone(prediction), multilabel)

    def batch_sums(self, prediction: Prediction, batch: Batch) -> list[Sums]:
        """Return :meth:`sums` of a batch, with the targets that were computed."""
        return [*self._classes.batch_sums(_alone(prediction), batch), *self._edge_sums(prediction, batch["mask"])]

    def sums(self, prediction: Prediction, mask: Tensor) -> list[Sums]:
        """Map a prediction and a ``(B, H, W)`` or ``(B, K, H, W)`` mask to sums of classes and, in training, edges."""
        return [*self._classes.sums(_alone(prediction), mask), *self._edge_sums(prediction, mask)]

    def values(self, sums: Sequence[Sums]) -> list[Tensor]:
        """Map sums, of one batch or of many, to the loss of each part, scalars."""
        count = len(self._classes.names)
        return [*self._classes.values(sums[:count]), *(_balanced(*each) for each in sums[count:])]

    def combine(self, values: Sequence[Tensor]) -> Tensor:
        """Map the loss of each part to the whole, a scalar."""
        count = len(self._classes.names)
        return sum((self.weight * each for each in values[count:]), start=self._classes.combine(values[:count]))

    def weigh(self, mask: Tensor, channels: int) -> Sequence[Tensor]:
        """Return what a batch weighs in each part; in that of edges, its images."""
        return [*self._classes.weigh(mask, channels), torch.tensor(len(mask), device=mask.device)]

    def of_batches(self) -> list[str]:
        """Return the names of parts whose value for a split depends on how it is cut into batches."""
        return self._classes.of_batches()

    def of_large_batches(self) -> list[str]:
        """Return the names of parts whose accumulated gradients are not those of one large batch."""
        return [*self._classes.of_large_batches(), "edges"]

    def _edge_sums(self, prediction: Prediction, mask: Tensor) -> list[Sums]:
        height, width = mask.shape[-2:]
        edges = class_edges(mask, self.radius_px) if prediction.extra else mask
        return [_sums(each.logits((height, width)).squeeze(1), edges) for each in prediction.extra]


def _alone(prediction: Prediction) -> Prediction:
    """Return a prediction without its extra ones."""
    if not prediction.extra:
        return prediction
    alone = copy.copy(prediction)
    alone.extra = ()
    return alone


def _sums(logits: Tensor, edges: Tensor) -> Sums:
    """Map ``(B, H, W)`` logits and edges to the cross entropy of edges, that of other pixels, and how many each are."""
    is_edge, is_other = edges == 1, edges == 0
    of_edges, of_others = F.softplus(-logits) * is_edge, F.softplus(logits) * is_other
    return of_edges.sum(), of_others.sum(), is_edge.sum(), is_other.sum()


def _balanced(of_edges: Tensor, of_others: Tensor, edges: Tensor, others: Tensor) -> Tensor:
    """Map the sums to the balanced mean, 0 where there is no pixel, or no edge."""
    pixels = (edges + others).clamp(min=1)
    return (others / pixels * of_edges + edges / pixels * of_others) / pixels
