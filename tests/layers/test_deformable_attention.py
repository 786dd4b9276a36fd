import math

import pytest
import torch
from torch import Tensor

from segcli.layers.deformable_attention import DeformableAttention

SIZES = [(2, 3), (4, 5)]
COUNT = sum(h * w for h, w in SIZES)


def _between(grid: Tensor, x: float, y: float) -> Tensor:
    """Interpolate ``(h, w, C)`` at a place, in pixels from the corner; there is nothing outside."""
    height, width, _ = grid.shape
    column, row = math.floor(x - 0.5), math.floor(y - 0.5)
    total = torch.zeros_like(grid[0, 0])
    for i, j in ((row, column), (row, column + 1), (row + 1, column), (row + 1, column + 1)):
        if 0 <= i < height and 0 <= j < width:
            total += grid[i, j] * (1 - abs(y - 0.5 - i)) * (1 - abs(x - 0.5 - j))
    return total


@torch.no_grad()
def test_places_keep_their_precision_where_values_have_less() -> None:
    torch.manual_seed(0)
    attention, size = DeformableAttention(8, levels=1, heads=1), (64, 96)
    x = torch.randn(1, 64 * 96, 8)
    rows, columns = ((torch.arange(side) + 0.5) / side for side in size)
    places = torch.cartesian_prod(rows, columns).flip(1)

    exact = attention(x, x, places, [size])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = attention(x, x, places, [size])
    low = attention.bfloat16()(x.bfloat16(), x.bfloat16(), places, [size])

    for found in (mixed, low):
        assert (found.float() - exact).norm() < 0.02 * exact.norm()


def test_it_is_the_sum_of_the_formula() -> None:
    torch.manual_seed(0)
    attention = DeformableAttention(8, levels=2, heads=2, points=3).double()
    for parameter in attention.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    query, tokens, places = (torch.randn(1, COUNT, 8).double() for _ in range(2)), None, torch.rand(COUNT, 2).double()
    query, tokens = query

    found = attention(query, tokens, places, SIZES)

    values = attention.value(tokens)[0].view(COUNT, 2, 4)
    grids = [values[:6].view(2, 3, 2, 4), values[6:].view(4, 5, 2, 4)]
    expected = torch.zeros(COUNT, 2, 4).double()
    for n in range(COUNT):
        offsets = attention.offsets(query[0, n]).view(2, 2, 3, 2)
        weights = attention.weights(query[0, n]).view(2, 6).softmax(dim=1).view(2, 2, 3)
        for head in range(2):
            for level, (h, w) in enumerate(SIZES):
                for point in range(3):
                    x = places[n, 0] * w + offsets[head, level, point, 0]
                    y = places[n, 1] * h + offsets[head, level, point, 1]
                    seen = _between(grids[level][:, :, head], x.item(), y.item())
                    expected[n, head] += weights[head, level, point] * seen
    torch.testing.assert_close(found[0], attention.output(expected.flatten(1)), atol=1e-10, rtol=1e-8)


def test_heads_look_in_their_own_directions_at_first_and_every_point_counts_the_same() -> None:
    attention = DeformableAttention(16, levels=2, heads=8, points=4).requires_grad_(False)
    start = attention.offsets(torch.randn(16)).view(8, 2, 4, 2)
    assert torch.equal(start[:, 0], start[:, 1])
    for point in range(4):
        assert start[:, 0, point].abs().amax(dim=1) == pytest.approx(torch.full((8,), point + 1.0))
    assert len({tuple(round(x, 4) for x in row.tolist()) for row in start[:, 0, 0]}) == 8
    assert attention.weights(torch.randn(16)).abs().sum() == 0
