from itertools import pairwise

import pytest
import torch
from torch import Tensor

from segcli.inference.tiles import Tiling, tiled

SIZES = [(100, 70, 32, 8), (65, 33, 32, 16), (31, 90, 32, 8), (64, 64, 64, 10), (130, 200, 64, 0), (97, 97, 33, 32)]


def _as_it_is(probabilities: Tensor) -> tuple[Tensor]:
    return (probabilities,)


def _rows(image: Tensor, tiling: Tiling, at_once: int) -> Tensor:
    """Predict twice the value: what does not depend on the tile."""
    bands = tiled(tiling, lambda top, end: image[..., top:end, :], lambda tiles, *_: 2 * tiles, _as_it_is, at_once)
    return torch.cat([band for (band,) in bands], dim=-2)


@pytest.mark.parametrize(("height", "width", "tile", "overlap"), SIZES)
@pytest.mark.parametrize("at_once", [1, 3])
def test_tiles_put_the_image_together(height: int, width: int, tile: int, overlap: int, at_once: int) -> None:
    image = torch.rand(2, 3, height, width)
    torch.testing.assert_close(_rows(image, Tiling(height, width, tile, overlap), at_once), 2 * image)


@pytest.mark.parametrize(("height", "width", "tile", "overlap"), SIZES)
def test_tiles_cover_the_image_and_overlap(height: int, width: int, tile: int, overlap: int) -> None:
    tiling = Tiling(height, width, tile, overlap)
    for starts, size, side in zip((tiling.rows, tiling.columns), (height, width), tiling.tile_size, strict=True):
        assert starts[0] == 0
        assert starts[-1] + side == size
        assert all(0 < after - before <= max(side - overlap, 1) for before, after in pairwise(starts))


def test_weights_fall_off_towards_the_border_of_a_tile() -> None:
    weights = Tiling(200, 200, 64, 16).weights()
    assert weights.shape == (64, 64)
    assert 0 < float(weights.min()) == float(weights[0, 0])
    assert (weights[16:48, 16:48] == 1).all()
    torch.testing.assert_close(weights[:16, 32] + weights[48:, 32], torch.ones(16))  # neighbours add up to one
    assert (weights[32, :16].diff() > 0).all()


def test_a_tile_counts_most_where_it_is_furthest_from_its_border() -> None:
    image = torch.zeros(1, 1, 32, 48)
    tiling = Tiling(32, 48, 32, 16)
    ((found,),) = tiled(tiling, lambda *_: image, lambda tiles, _, at: tiles + float(at[0] == 0), _as_it_is)
    left = found[0, 0, 5]
    assert (left[:16] == 1).all()
    assert (left[32:] == 0).all()
    assert (left[16:32].diff() < 0).all()


def test_one_row_of_tiles_is_read_at_a_time() -> None:
    asked = []

    def read(top: int, end: int) -> Tensor:
        asked.append((top, end))
        return torch.zeros(1, 1, end - top, 160)

    tiling = Tiling(400, 160, 160, 40)
    bands = [band.shape[-2] for (band,) in tiled(tiling, read, lambda tiles, *_: tiles, _as_it_is)]
    assert asked == [(0, 160), (120, 280), (240, 400)]
    assert bands == [120, 120, 160]
