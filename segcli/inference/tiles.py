"""Predict an image tile by tile, in a band of memory as high as one tile."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

Forward = Callable[[Tensor, int, list[int]], Tensor]
"""Maps tiles ``(n B, C, h, w)``, their top row and their n left columns, to ``(n B, K, h, w)`` probabilities."""


@dataclass(frozen=True)
class Tiling:
    """How an image is cut.

    Attributes:
        height: Of the image, in pixels.
        width: Of the image.
        tile: Height and width of a tile; where the image is smaller, as large as that.
        overlap: Pixels that neighbours share at least; the last of a row or column is moved back into the image.
    """

    height: int
    width: int
    tile: int
    overlap: int

    @property
    def rows(self) -> list[int]:
        """First rows of tiles."""
        return _starts(self.height, self.tile, self.overlap)

    @property
    def columns(self) -> list[int]:
        """First columns of tiles."""
        return _starts(self.width, self.tile, self.overlap)

    @property
    def tile_size(self) -> tuple[int, int]:
        """Height and width of every tile."""
        return min(self.tile, self.height), min(self.tile, self.width)

    def weights(self) -> Tensor:
        """Return what each pixel of a tile counts, ``(h, w)`` float32 above 0: a cosine ramp over the overlap.

        Without it the seams between tiles stay visible, as the predictions of two tiles differ most at their borders.
        """
        vertical, horizontal = (_ramp(size, self.overlap) for size in self.tile_size)
        return vertical[:, None] * horizontal


_ROWS = 128
"""That are yielded at once: what is made of them is small beside the sums."""


def tiled(
    tiling: Tiling, read: Callable[[int, int], Tensor], forward: Forward, num_outputs: int, at_once: int = 1
) -> Iterator[Tensor]:
    """Yield the weighted mean of the tiles' probabilities, band by band from the top.

    What is kept in memory is one row of tiles and its sums: ``(K + 1) * tile * W`` float32 numbers for each of B
    images, whatever the height.

    Args:
        tiling: How the images are cut.
        read: Maps first and last row, which is not included, to ``(B, C, rows, W)`` pixels.
        forward: Predicts tiles.
        num_outputs: Probabilities per pixel, ``K``.
        at_once: Tiles that are predicted at once.

    Yields:
        ``(B, K, rows, W)`` float32; the rows of all together are those of the image.
    """
    height, width = tiling.tile_size
    rows, columns, weights = tiling.rows, tiling.columns, tiling.weights()
    sums, total = torch.zeros(0), torch.zeros(height, tiling.width)
    for place, top in enumerate(rows):
        strip = read(top, top + height)
        if not len(sums):
            weights, total = weights.to(strip.device), total.to(strip.device)
            sums = torch.zeros(len(strip), num_outputs, height, tiling.width, device=strip.device)
        for first in range(0, len(columns), at_once):
            lefts = columns[first : first + at_once]
            found = forward(torch.cat([strip[..., left : left + width] for left in lefts]), top, lefts)
            for left, each in zip(lefts, found.float().chunk(len(lefts)), strict=True):
                sums[..., left : left + width].addcmul_(each, weights)
                total[:, left : left + width] += weights
        done = (rows[place + 1] if place + 1 < len(rows) else tiling.height) - top
        for first in range(0, done, _ROWS):
            rows_of_band = slice(first, min(first + _ROWS, done))
            yield sums[..., rows_of_band, :] / total[rows_of_band]
        _move_up(sums, done)
        _move_up(total, done)


def _starts(size: int, tile: int, overlap: int) -> list[int]:
    if size <= tile:
        return [0]
    step = tile - overlap
    return [min(place * step, size - tile) for place in range(math.ceil((size - tile) / step) + 1)]


def _ramp(size: int, overlap: int) -> Tensor:
    """Return weights that rise over the overlap and fall again, above 0."""
    ramp = torch.ones(size)
    length = min(overlap, size // 2)
    if length:
        rising = torch.sin((torch.arange(length) + 0.5) / length * (math.pi / 2)) ** 2
        ramp[:length], ramp[size - length :] = rising, rising.flip(0)
    return ramp


def _move_up(band: Tensor, rows: int) -> None:
    """Drop the first rows of a band, and begin as many at its end."""
    kept = band.shape[-2] - rows
    if kept > 0:
        band[..., :kept, :] = band[..., rows:, :].clone()
    band[..., max(kept, 0) :, :] = 0
