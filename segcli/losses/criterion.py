"""The contract of what compares a whole prediction with a mask, and how it is cut into parts that add up."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from segcli.datasets.mask_targets import TargetFunction
from segcli.losses.running_sums import RunningSums
from segcli.losses.summed_loss import Sums
from segcli.prediction import Prediction
from segcli.sample import Batch
from segcli.score_spec import LOSS


class IncomparableError(ValueError):
    """A loss cannot compare what a model predicts; the message says why, and what to do."""


class Criterion(ABC):
    """Compare a prediction with a mask, in P parts: each is a function of sums that are added up over batches.

    That makes ``val/loss`` the loss of the split and, where a part allows it, accumulated gradients those of one large
    batch. One that stands in an experiment is a module, too. For a loss of logits alone, derive from
    :class:`~segcli.losses.base.Loss` instead.
    """

    @property
    @abstractmethod
    def names(self) -> Sequence[str]:
        """What each part is called."""

    @property
    @abstractmethod
    def averages(self) -> Sequence[str]:
        """What the value of each part for a split is the mean of, in words that are kept with it."""

    @abstractmethod
    def sums(self, prediction: Prediction, mask: Tensor) -> list[Sums]:
        """Map a prediction and a ``(B, H, W)`` or ``(B, K, H, W)`` mask to the sums of each part.

        Of a prediction with extra ones, the parts may come once more for each of them.
        """

    @abstractmethod
    def values(self, sums: Sequence[Sums]) -> list[Tensor]:
        """Map sums, of one batch or of many, to the value of each part, scalars."""

    @abstractmethod
    def combine(self, values: Sequence[Tensor]) -> Tensor:
        """Map the value of each part to the loss, a scalar."""

    @abstractmethod
    def weigh(self, mask: Tensor, channels: int) -> Sequence[Tensor]:
        """Return what a batch weighs in each part, scalars from 0 up.

        Args:
            mask: ``(B, H, W)`` or ``(B, K, H, W)`` integers.
            channels: Logits per pixel, K.
        """

    @property
    def mask_targets(self) -> Mapping[str, TargetFunction]:
        """What the loaders are to compute of each mask, in their workers: functions by name."""
        return {}

    def batch_sums(self, prediction: Prediction, batch: Batch) -> list[Sums]:
        """Return :meth:`sums` of a batch; one with :attr:`mask_targets` finds in it those that were computed."""
        return self.sums(prediction, batch["mask"])

    def mismatch(self, prediction: Prediction, multilabel: bool = False) -> str:
        """Return why a prediction is of a kind that cannot be compared, and what to do; empty if it can be.

        Args:
            prediction: One of a training or of an evaluation, which has no extra ones.
            multilabel: Whether masks have a channel per class.
        """
        return ""

    def refusal(self, prediction: Prediction, multilabel: bool = False) -> str:
        """Return why a training with such predictions is refused, and what to do; empty if it is not.

        Args:
            prediction: One of a training.
            multilabel: Whether masks have a channel per class.
        """
        return self.mismatch(prediction, multilabel)

    def of_batches(self) -> list[str]:
        """Return the names of parts whose value for a split depends on how it is cut into batches."""
        return []

    def of_large_batches(self) -> list[str]:
        """Return the names of parts whose accumulated gradients are not those of one large batch."""
        return []

    def definition(self, batch_size: int) -> list[str]:
        """Return what the value for a split is the mean of, a sentence for each part.

        Args:
            batch_size: Images per batch and device in evaluation.
        """
        cut = f", of at most {batch_size} (data.val_batch_size)"
        return [
            f"{name}: mean over {what}{cut if name in self.of_batches() else ''}"
            for name, what in zip(self.names, self.averages, strict=True)
        ]

    def weights(self, mask: Tensor, channels: int) -> Tensor:
        """Return :meth:`weigh` as ``(P,)`` float64 on CPUs and most GPUs, float32 on Apple's."""
        exact = torch.float64 if mask.device.type != "mps" else torch.float32
        return torch.stack([weight.to(exact) for weight in self.weigh(mask, channels)])

    def mean(self, added: RunningSums) -> float:
        """Return the loss of everything that was added on all devices, NaN if nothing was."""
        return self.means(added)[LOSS]

    def means(self, added: RunningSums) -> dict[str, float]:
        """Return the loss of everything that was added on all devices, and beside it each part, without its weight.

        Returns:
            ``loss``, NaN if nothing was added; if there are several parts, ``loss_<part>`` of each, numbered where two
            share a name, and ``loss_extra_1_<part>`` and so on of extra predictions.
        """
        sums = added.compute(reduce=True)
        if not sums:
            return {LOSS: math.nan}
        values = self.values(sums)
        means = {LOSS: float(self.combine(values))}
        if len(values) > 1:
            names = part_names(self.names, len(values))
            means |= {name: float(value) for name, value in zip(names, values, strict=True)}
        return means


def part_names(names: Sequence[str], count: int) -> list[str]:
    """Return what the values of parts are logged as, those of extra predictions too.

    Args:
        names: Of the P parts.
        count: Of values, a multiple of P: first those of the main prediction.
    """
    seen: dict[str, int] = {}
    found = []
    for number in range(count):
        extra, place = divmod(number, len(names))
        name = f"{LOSS}_{f'extra_{extra}_' if extra else ''}{names[place]}"
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return found
