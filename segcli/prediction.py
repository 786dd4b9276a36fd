"""What a network says of a batch of images, before it is brought to the size of the images."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from segcli.layers.full_precision import full_precision
from segcli.layers.matrix_resize import matrix_resize, pays_off
from segcli.layers.point_samples import pixels_at
from segcli.layers.resize import resize
from segcli.sample import IGNORE_INDEX

Size = tuple[int, int]

_LEAST = 1e-8
"""A probability whose logarithm float32 still holds well."""
_MOST = 1 - 1e-6
"""One whose complement it does."""


class Prediction(ABC):
    """What a head makes of features; whatever form it has, there are logits of every pixel.

    Args:
        size: Height and width in pixels of what was predicted: the images with their padding.
        extra: What only training has: predictions of auxiliary heads or of earlier layers, the last layer last.
    """

    def __init__(self, size: Size, extra: Sequence["Prediction"] = ()) -> None:
        self.size, self.extra = size, tuple(extra)
        self._of_size: tuple[Size, Tensor] | None = None

    @property
    @abstractmethod
    def num_outputs(self) -> int:
        """Logits per pixel, ``K``."""

    def logits(self, size: Size) -> Tensor:
        """Return ``(B, K, H, W)`` float32 logits of images of ``size``, which were padded below and to the right."""
        if self._of_size is None or self._of_size[0] != size:
            height, width = size
            with full_precision(self._predicted):
                self._of_size = size, self._whole()[..., :height, :width]
        return self._of_size[1]

    def compared(self, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``(B, K, H, W)`` logits and what of a mask a loss compares them with; all of it.

        Args:
            mask: ``(B, H, W)`` or ``(B, K, H, W)``.
        """
        height, width = mask.shape[-2:]
        return self.logits((height, width)), mask

    def compared_at_map(self, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return what :meth:`compared` does, of a prediction that has a map at the stride of the map."""
        return self.compared(mask)

    @property
    @abstractmethod
    def _predicted(self) -> Tensor:
        """Any tensor of what was predicted."""

    @abstractmethod
    def _whole(self) -> Tensor:
        """Return ``(B, K, H, W)`` float32 logits with the padding; nothing is cast meanwhile."""


class DensePrediction(Prediction):
    """Logits at the stride of a map.

    Args:
        map: ``(B, K, h, w)`` logits.
        size: As in :class:`Prediction`.
        extra: As in :class:`Prediction`.
    """

    def __init__(self, map: Tensor, size: Size, extra: Sequence[Prediction] = ()) -> None:  # noqa: A002  (as in loss_at)
        super().__init__(size, extra)
        self.map = map

    @property
    def num_outputs(self) -> int:
        """Logits per pixel, ``K``."""
        return self.map.shape[1]

    def compared_at_map(self, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return the ``(B, K, h, w)`` map and the labels of the pixels that its pixels' centres lie in.

        Those in the padding are ignored.
        """
        height, width = self.map.shape[-2:]
        return self.map.float(), mask_at_map(mask, self.size, (height, width))

    @property
    def _predicted(self) -> Tensor:
        return self.map

    def _whole(self) -> Tensor:
        # losses and label maps are up to 1.5 times faster on contiguous logits; still small, they are cheap to convert
        low = self.map.to(torch.float32, memory_format=torch.contiguous_format)
        return matrix_resize(low, self.size) if pays_off(low) else resize(low, size=self.size)


class EdgePrediction(DensePrediction):
    """Logits of one kind, ``(B, 1, h, w)``: whether a pixel lies at an edge between classes; an extra prediction."""


class PointPrediction(DensePrediction):
    """Logits at points of a map, for training as in PointRend (Kirillov et al., 2020), section 4.

    Args:
        values: ``(B, K, P)`` logits.
        points: ``(B, P, 2)``, x and y from 0 to 1 of ``size``.
        map: ``(B, K, h, w)`` logits of what is not at points.
        size: As in :class:`Prediction`.
    """

    def __init__(self, values: Tensor, points: Tensor, map: Tensor, size: Size) -> None:  # noqa: A002  (as above)
        super().__init__(map, size)
        self.values, self.points = values, points

    def compared_at_map(self, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return what :meth:`compared` does: points are those of the image."""
        return self.compared(mask)

    def compared(self, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``(B, K, 1, P)`` logits and the ``(B, 1, P)`` or ``(B, K, 1, P)`` mask of the pixels they lie in.

        Points in the padding are ignored.
        """
        labels = padded_mask(mask, self.size).flatten(-2)
        pixels = pixels_at(self.points, self.size)
        if mask.ndim > 3:
            pixels = pixels[:, None].expand(-1, labels.shape[1], -1)
        return self.values.float()[:, :, None], labels.gather(-1, pixels).unsqueeze(-2)

    def _whole(self) -> Tensor:
        pixels = pixels_at(self.points, self.size)[:, None].expand(-1, self.num_outputs, -1)
        whole = super()._whole()
        return whole.flatten(2).scatter(2, pixels, self.values.float()).reshape(whole.shape)


class MaskPrediction(Prediction):
    """Masks of queries and what each query is, as in MaskFormer (Cheng et al., 2021), https://arxiv.org/abs/2107.06278.

    Logits of pixels are logarithms of probabilities (section 3.4): the sum over queries of class times mask, normalised
    over classes. Of the binary task, where there is nothing to normalise over, it is the logit of the probability that
    any query is the foreground there, 1 - product(1 - class times mask).

    Args:
        masks: ``(B, Q, h, w)`` logits of the Q queries' masks.
        classes: ``(B, Q, K + 1)`` logits of what each is, the last that it is nothing.
        size: As in :class:`Prediction`.
        extra: As in :class:`Prediction`.
    """

    def __init__(self, masks: Tensor, classes: Tensor, size: Size, extra: Sequence["MaskPrediction"] = ()) -> None:
        super().__init__(size, extra)
        self.masks, self.classes = masks, classes

    @property
    def num_outputs(self) -> int:
        """Logits per pixel, ``K``."""
        return self.classes.shape[-1] - 1

    @property
    def _predicted(self) -> Tensor:
        return self.masks

    def _whole(self) -> Tensor:
        classes = self.classes.float().softmax(dim=-1)[..., :-1]
        if torch.compiler.is_exporting():  # the batch has any number of images then
            sums = self._sums(self.masks, classes)
        else:  # an image at a time: all masks of a batch at full size would be many times the logits
            each = zip(self.masks[:, None], classes[:, None], strict=True)
            sums = torch.cat([self._sums(*one) for one in each])
        if self.num_outputs == 1:
            return (-torch.expm1(sums)).clamp(min=_LEAST).log() - sums
        return (sums / sums.sum(dim=1, keepdim=True).clamp(min=_LEAST)).clamp(min=_LEAST).log()

    def _sums(self, masks: Tensor, classes: Tensor) -> Tensor:
        """Map ``(B, Q, h, w)`` masks and ``(B, Q, K)`` probabilities to ``(B, K, H, W)`` sums over queries.

        Of the binary task they are those of the logarithm of what each query leaves to the background.
        """
        whole = resize(masks.float().contiguous(), size=self.size).sigmoid()
        if self.num_outputs == 1:
            return torch.log1p(-(classes[..., None] * whole).clamp(max=_MOST)).sum(dim=1, keepdim=True)
        return torch.einsum("bqk,bqhw->bkhw", classes, whole)


def mask_at_map(mask: Tensor, size: Size, map_size: Size) -> Tensor:
    """Return the labels of the pixels that the centres of a map's pixels lie in.

    Args:
        mask: ``(..., H, W)``.
        size: Height and width of the image with its padding, which is ignored.
        map_size: ``h, w`` of the map.

    Returns:
        ``(..., h, w)``.
    """
    rows, columns = (
        ((torch.arange(low, device=mask.device) + 0.5) * (whole / low)).long()
        for whole, low in zip(size, map_size, strict=True)
    )
    return padded_mask(mask, size)[..., rows[:, None], columns]


def padded_mask(mask: Tensor, size: Size) -> Tensor:
    """Return a ``(..., H, W)`` mask as large as what was predicted, with the padding ignored."""
    below, right = (whole - own for whole, own in zip(size, mask.shape[-2:], strict=True))
    return F.pad(mask, (0, right, 0, below), value=IGNORE_INDEX)
