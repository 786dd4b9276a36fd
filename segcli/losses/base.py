"""The contract of a loss."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from torch import Tensor, nn

from segcli.datasets.class_counts import ClassCounts
from segcli.losses.class_weights import ClassWeights


class Loss(nn.Module, ABC):
    """Compare logits with a mask, whose shape says which classes exclude each other.

    - Multiclass: ``K >= 2`` and a ``(B, H, W)`` mask of class indices; a softmax over the classes.
    - Binary: ``K = 1`` and a ``(B, H, W)`` mask of 0 and 1; a sigmoid.
    - Multilabel: a ``(B, K, H, W)`` mask of 0 and 1 for each label and pixel; K sigmoids.

    ``forward`` is all that a loss needs. Of a loss that has no more, ``val/loss`` is the mean over batches and depends
    on their size; one whose value follows from sums over pixels derives from
    :class:`~segcli.losses.mean_loss.MeanLoss` or :class:`~segcli.losses.summed_loss.SummedLoss`.
    """

    @abstractmethod
    def forward(self, logits: Tensor, mask: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` logits and a ``(B, H, W)`` or ``(B, K, H, W)`` integer mask to a scalar.

        Pixels where the mask is ``segcli.sample.IGNORE_INDEX`` count neither above nor below the line; with several
        labels, for each label by itself. Where all are ignored, the result is 0 and differentiable.
        """

    @property
    def needs_neighbours(self) -> bool:
        """Whether pixels must lie as in the image, so that points of a prediction cannot be compared."""
        return False

    @property
    def shares_softmax(self) -> bool:
        """Whether it takes a softmax, if there is one, from :mod:`segcli.losses.shared_softmax`, with other losses."""
        return False

    def fit_to(self, counts: ClassCounts) -> None:
        """Learn, before the first use, what follows from the training split: class weights that are named by a rule.

        Args:
            counts: Pixels of its classes.

        Raises:
            ValueError: If a class that has to be weighed does not occur.
        """
        for weights in self.class_rules():
            weights.fit_to(counts)

    def class_rules(self) -> list[ClassWeights]:
        """Return the class weights, of this loss and those in it, that follow from the training split by a rule."""
        return [part for part in self.modules() if isinstance(part, ClassWeights) and part.rule is not None]

    def leaves(self) -> Sequence["Loss"]:
        """Return the losses that this one is made of by :meth:`combine`, or itself."""
        return (self,)

    def combine(self, values: Iterator[Tensor]) -> Tensor:
        """Map the values of the :meth:`leaves`, scalars in their order, to that of this loss; take no others."""
        return next(values)


def sigmoid_mask(logits: Tensor, mask: Tensor) -> Tensor | None:
    """Return the mask with one channel per sigmoid, or None where the classes share a softmax.

    Args:
        logits: ``(B, K, H, W)``.
        mask: ``(B, H, W)`` or ``(B, K, H, W)`` integers, as :class:`Loss` describes them.

    Returns:
        ``(B, K, H, W)`` with values 0, 1 and ``IGNORE_INDEX`` for the binary and the multilabel task.

    Raises:
        ValueError: If the mask is neither ``(B, H, W)`` nor ``(B, K, H, W)``.
    """
    batch, classes, *size = logits.shape
    if mask.shape == logits.shape:
        return mask
    if mask.shape != (batch, *size):
        raise ValueError(
            f"Loss got a mask of shape {tuple(mask.shape)} for logits of shape {tuple(logits.shape)}, expected "
            f"{(batch, *size)} or, with several labels per pixel, {tuple(logits.shape)}."
        )
    return mask.unsqueeze(1) if classes == 1 else None
