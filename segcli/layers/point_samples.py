"""Points of masks instead of all pixels, as in PointRend (Kirillov et al., 2020), https://arxiv.org/abs/1912.08193.

A point has coordinates x, y from 0 to 1, left to right and top to bottom: pixel i of n covers (i / n, (i + 1) / n).
"""

import torch
from torch import Tensor
from torch.nn import functional as F


def values_at(maps: Tensor, points: Tensor) -> Tensor:
    """Map ``(N, C, h, w)`` maps and ``(N, P, 2)`` points to ``(N, C, P)``, interpolated as by a resize."""
    return F.grid_sample(maps, 2 * points[:, None] - 1, padding_mode="border", align_corners=False)[:, :, 0]


def pixels_at(points: Tensor, size: tuple[int, int]) -> Tensor:
    """Return which pixel of a map of a height and width points lie in, ``(N, P)``, counted along rows."""
    height, width = size
    x = (points[..., 0] * width).long().clamp(0, width - 1)
    y = (points[..., 1] * height).long().clamp(0, height - 1)
    return y * width + x


def centres_of(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the points in the middle of ``(N, P)`` pixels, counted as in :func:`pixels_at`."""
    height, width = size
    return torch.stack([(pixels % width + 0.5) / width, (pixels // width + 0.5) / height], dim=2)


def labels_at(mask: Tensor, points: Tensor, image: Tensor) -> Tensor:
    """Return the labels of the pixels that points lie in, ``(N, P)``.

    Args:
        mask: ``(B, H, W)`` labels.
        points: ``(N, P, 2)``.
        image: ``(N,)``, which of the B images each row of points is in.
    """
    height, width = mask.shape[-2:]
    return mask.flatten()[image[:, None] * (height * width) + pixels_at(points, (height, width))]


def certainty(logits: Tensor) -> Tensor:
    """Map ``(N, K, ...)`` logits to ``(N, ...)``: the lead of the first class, or how far from 0 a single logit is."""
    if logits.shape[1] == 1:
        return logits[:, 0].abs()
    first, second = logits.topk(2, dim=1).values.unbind(1)
    return first - second


def uncertain_points(
    maps: Tensor, count: int, oversample: float, share: float, generator: torch.Generator | None = None
) -> Tensor:
    """Choose points of logits, most of them where these are least certain (section 3.1, training).

    Args:
        maps: ``(N, K, h, w)`` logits.
        count: Points for each, P.
        oversample: How many times as many are drawn, of which the least certain are taken.
        share: Of points that are taken for being uncertain, 0 to 1; the others are spread evenly.
        generator: Of random numbers on the CPU, for points that are the same for all maps; None for torch's own.

    Returns:
        ``(N, P, 2)``.
    """
    drawn = random_points(len(maps), int(count * oversample), maps.device, generator)
    uncertain = int(share * count)
    chosen = certainty(values_at(maps, drawn)).topk(uncertain, dim=1, largest=False).indices
    some = drawn.gather(1, chosen[..., None].expand(-1, -1, 2))
    return torch.cat([some, random_points(len(maps), count - uncertain, maps.device, generator)], dim=1)


def random_points(number: int, count: int, device: torch.device, generator: torch.Generator | None = None) -> Tensor:
    """Return ``(number, count, 2)`` points, drawn evenly; with a generator the same in each row."""
    if generator is None:
        return torch.rand(number, count, 2, device=device)
    return torch.rand(1, count, 2, generator=generator).to(device).expand(number, -1, -1)
