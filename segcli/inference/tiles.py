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
        vertical, horizontal = self._ramps()
        return vertical[:, None] * horizontal

    def totals(self) -> tuple[Tensor, Tensor]:
        """Return the sums of the weights of all tiles along height and width; that of a pixel is their product."""
        vertical, horizontal = self._ramps()
        return _total(self.rows, self.height, vertical), _total(self.columns, self.width, horizontal)

    def _ramps(self) -> tuple[Tensor, Tensor]:
        height, width = self.tile_size
        return _ramp(height, self.overlap), _ramp(width, self.overlap)


Reduced = tuple[Tensor, ...]


def tiled(
    tiling: Tiling,
    read: Callable[[int, int], Tensor],
    forward: Forward,
    reduce: Callable[[Tensor], Reduced],
    at_once: int = 1,
) -> Iterator[Reduced]:
    """Yield what is made of the weighted mean of the tiles' probabilities, band by band from the top.

    What is kept in memory are the pixels of one row of tiles, the sums of a tile, and those of the rows that a row of
    tiles shares with the next: ``K * overlap * W`` float32 numbers for each of B images, twice, whatever the height.

    Args:
        tiling: How the images are cut.
        read: Maps first and last row, which is not included, to ``(B, C, rows, W)`` pixels.
        forward: Predicts tiles.
        reduce: Maps ``(B, K, rows, columns)`` probabilities to what is wanted of them, each ``(..., rows, columns)``.
        at_once: Tiles that are predicted at once.

    Yields:
        What is wanted, each ``(..., rows, W)``; the rows of all together are those of the image.
    """
    height, width = tiling.tile_size
    rows, columns, weights = tiling.rows, tiling.columns, tiling.weights()
    above: Tensor | None = None
    of_rows, of_columns = tiling.totals()
    for place, top in enumerate(rows):
        done = (rows[place + 1] if place + 1 < len(rows) else tiling.height) - top
        strip = read(top, top + height)
        weights, of_rows, of_columns = (each.to(strip.device) for each in (weights, of_rows, of_columns))
        total_of_rows = of_rows[top : top + done, None]
        sums, below, wanted = torch.zeros(0), torch.zeros(0), Reduced()
        for at, (left, found) in enumerate(_predicted(strip, top, columns, width, forward, at_once)):
            kept = sums.shape[-1]
            weighted = found.mul_(weights)
            if kept:
                weighted[..., :kept] += sums
            if above is not None:
                weighted[..., : above.shape[-2], kept:] += above[..., left + kept : left + width]
            ready = (columns[at + 1] if at + 1 < len(columns) else tiling.width) - left
            block = reduce(weighted[..., :done, :ready] / (total_of_rows * of_columns[left : left + ready]))
            if not at:  # all at once: small ones between the large ones of tiles would keep these from being freed
                below, *wanted_of_all = (
                    each.new_empty((*each.shape[:-1], tiling.width)) for each in (weighted[..., done:, :], *block)
                )
                wanted = tuple(wanted_of_all)
            for whole, part in zip((below, *wanted), (weighted[..., done:, :ready], *block), strict=True):
                whole[..., left : left + ready] = part
            sums = weighted[..., ready:]
        above = below if done < height else None
        yield wanted


def _predicted(
    strip: Tensor, top: int, columns: list[int], width: int, forward: Forward, at_once: int
) -> Iterator[tuple[int, Tensor]]:
    """Yield the first column and the probabilities of each tile in a row."""
    for first in range(0, len(columns), at_once):
        lefts = columns[first : first + at_once]
        found = forward(torch.cat([strip[..., left : left + width] for left in lefts]), top, lefts)
        yield from zip(lefts, found.float().clone().chunk(len(lefts)), strict=True)


def _total(starts: list[int], size: int, ramp: Tensor) -> Tensor:
    """Return the sum of the weights of all tiles along one side of an image."""
    found = torch.zeros(size)
    for start in starts:
        found[start : start + len(ramp)] += ramp
    return found


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
