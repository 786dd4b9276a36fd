"""Test-time augmentation: views of an image whose predictions are turned back and averaged."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from segcli.layers.resize import resize

SCALES = (1.0, 0.75, 1.25)
LEAST_PX = 32
"""Height and width below which no view is scaled."""


@dataclass(frozen=True)
class View:
    """One way to look at an image.

    Attributes:
        hflip: Whether left and right change places.
        vflip: Whether top and bottom do.
        transposed: Whether rows and columns do, before that.
        scale: Height and width over those of the image.
    """

    hflip: bool = False
    vflip: bool = False
    transposed: bool = False
    scale: float = 1.0

    def of(self, images: Tensor) -> Tensor:
        """Return ``(B, C, H, W)`` images as they are seen, of the same type: of integers, rounded."""
        seen = images.transpose(-2, -1) if self.transposed else images
        seen = seen.flip(self._axes) if self._axes else seen
        size = self._size(seen)
        if size == tuple(seen.shape[-2:]):
            return seen
        scaled = torch.nn.functional.interpolate(
            seen.float(), size, mode="bilinear", align_corners=False, antialias=self.scale < 1
        )
        return scaled if images.is_floating_point() else scaled.round().to(images.dtype)

    def back(self, maps: Tensor, size: tuple[int, int]) -> Tensor:
        """Return ``(B, K, h, w)`` of a view as it is of the images, ``(B, K, H, W)``.

        Args:
            maps: What was predicted.
            size: ``H, W``.
        """
        whole = resize(maps, size=size[::-1] if self.transposed else size)
        flipped = whole.flip(self._axes) if self._axes else whole
        return flipped.transpose(-2, -1) if self.transposed else flipped

    @property
    def _axes(self) -> list[int]:
        return [axis for axis, is_flipped in ((-1, self.hflip), (-2, self.vflip)) if is_flipped]

    def _size(self, images: Tensor) -> tuple[int, int]:
        height, width = (max(round(side * self.scale), min(side, LEAST_PX)) for side in images.shape[-2:])
        return height, width


def views(names: Sequence[str], trained: Iterable[str] = ()) -> tuple[View, ...]:
    """Return the views that ``inference.tta`` names, the image itself first.

    Args:
        names: ``hflip``, ``vflip``, ``flips``, ``scales``.
        trained: Class names of the transforms of the training, which ``flips`` follows.

    Raises:
        ValueError: If ``flips`` is asked for and the training had none.
    """
    known = [_FLIPS[name] for name in trained if name in _FLIPS]
    if "flips" in names and not known:
        raise ValueError(
            "inference.tta got flips, but data.train_transforms has none of "
            f"{', '.join(_FLIPS)}: a view that the training never saw makes predictions worse; leave it out, or name "
            "hflip or vflip"
        )
    flips = [(False, False, False)]
    for axes in (*(known if "flips" in names else ()), *(_AXES[name] for name in names if name in _AXES)):
        for axis in axes:
            flips += [tuple(value or at == axis for at, value in enumerate(flip)) for flip in flips]  # type: ignore[misc]
    scales = SCALES if "scales" in names else SCALES[:1]
    return tuple(View(*flip, scale) for scale in scales for flip in dict.fromkeys(flips))


def averaged(seen: Sequence[View], images: Tensor, forward: Callable[[Tensor, View], Tensor]) -> Tensor:
    """Return the mean over views of what is predicted of each.

    Args:
        seen: Views.
        images: ``(B, C, H, W)``.
        forward: Maps images as a view shows them to ``(B, K, h, w)`` probabilities.
    """
    size = (images.shape[-2], images.shape[-1])
    total = seen[0].back(forward(seen[0].of(images), seen[0]), size)
    for view in seen[1:]:
        total = total + view.back(forward(view.of(images), view), size)
    return total / len(seen)


_H, _V, _T = 0, 1, 2
_AXES = {"hflip": (_H,), "vflip": (_V,)}
_FLIPS = {
    "HorizontalFlip": (_H,),
    "VerticalFlip": (_V,),
    "D4": (_H, _V, _T),
    "SquareSymmetry": (_H, _V, _T),
    "RandomRotate90": (_H, _V, _T),
    "Transpose": (_T,),
}
"""Transforms of albumentations after which an image may be mirrored, and along which axes."""
