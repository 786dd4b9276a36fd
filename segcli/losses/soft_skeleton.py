"""Centre lines of soft regions, by differentiable morphology.

Algorithm 1 of Shit et al. (2021), https://arxiv.org/abs/2003.07311: what an opening removes from a region that is
eroded step by step. As in the authors' code, erosion takes the least of a pixel and its four neighbours, dilation the
largest of a pixel and its eight.
"""

import torch
from torch import Tensor
from torch.nn import functional as F


def soft_skeleton(region: Tensor, valid: Tensor, iterations: int) -> Tensor:
    """Thin soft regions to their centre lines.

    Args:
        region: ``(B, K, H, W)``, 0 to 1.
        valid: Booleans that expand to ``region``; other pixels are as if they were beyond the border of the image.
        iterations: Erosions, from 0 up: as many as the largest radius of a region in px; of wider ones, what is left
            is no line.

    Returns:
        ``(B, K, H, W)``, 0 to 1; 0 where a pixel is not valid.
    """
    eroded = _eroded(region, valid)
    skeleton = torch.relu(region - _dilated(eroded, valid))
    for _ in range(iterations):
        region, eroded = eroded, _eroded(eroded, valid)
        removed = torch.relu(region - _dilated(eroded, valid))
        skeleton = skeleton + torch.relu(removed - skeleton * removed)
    return torch.where(valid, skeleton, 0)


def _dilated(region: Tensor, valid: Tensor) -> Tensor:
    return F.max_pool2d(torch.where(valid, region, 0), 3, stride=1, padding=1)


def _eroded(region: Tensor, valid: Tensor) -> Tensor:
    gap = -torch.where(valid, region, 1)
    columns, rows = F.max_pool2d(gap, (3, 1), 1, (1, 0)), F.max_pool2d(gap, (1, 3), 1, (0, 1))
    return -torch.maximum(columns, rows)
