import pytest
import torch

from segcli.losses.soft_skeleton import soft_skeleton

ALL = torch.ones(1, 1, 1, 1, dtype=torch.bool)


def region(*rows: str) -> torch.Tensor:
    return torch.tensor([[[[float(mark == "#") for mark in row] for row in rows]]])


def naive(region: torch.Tensor, valid: torch.Tensor, iterations: int) -> torch.Tensor:
    """Algorithm 1, pixel by pixel; what is not valid is not there."""
    height, width = region.shape

    def over(x: torch.Tensor, shifts: list[tuple[int, int]], best: str) -> torch.Tensor:
        found = torch.zeros_like(x)
        for i in range(height):
            for j in range(width):
                near = [(i + a, j + b) for a, b in shifts if 0 <= i + a < height and 0 <= j + b < width]
                values = [x[place] for place in near if valid[place]]
                if valid[i, j]:
                    found[i, j] = getattr(torch.stack(values), best)()
        return found

    cross = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
    square = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)]
    skeleton = (region - over(over(region, cross, "min"), square, "max")).relu()
    for _ in range(iterations):
        region = over(region, cross, "min")
        rest = (region - over(over(region, cross, "min"), square, "max")).relu()
        skeleton = skeleton + (1 - skeleton) * rest
    return skeleton * valid


@pytest.mark.parametrize("iterations", [0, 1, 4])
def test_equals_the_algorithm_pixel_by_pixel(iterations: int) -> None:
    torch.manual_seed(0)
    soft, valid = torch.rand(9, 13), torch.rand(9, 13) < 0.8

    found = soft_skeleton(soft[None, None], valid[None, None], iterations)

    torch.testing.assert_close(found[0, 0], naive(soft, valid, iterations))


def test_a_bar_becomes_its_centre_line() -> None:
    bar = region(".........", ".#######.", ".#######.", ".#######.", ".........")

    found = soft_skeleton(bar, ALL, 3)

    assert torch.equal(found, region(".........", ".........", "..#####..", ".........", "........."))


def test_a_line_stays_and_a_wide_region_takes_more_steps() -> None:
    line, wide = region(".....", "#####", "....."), torch.ones(1, 1, 9, 9)
    wide[..., 0, :] = 0

    assert torch.equal(soft_skeleton(line, ALL, 5), line)
    assert soft_skeleton(torch.nn.functional.pad(torch.ones(1, 1, 9, 9), [1] * 4), ALL, 3).sum() == 0
    assert soft_skeleton(torch.nn.functional.pad(torch.ones(1, 1, 9, 9), [1] * 4), ALL, 4).sum() == 1


def test_gradient_in_double_precision() -> None:
    torch.manual_seed(0)
    soft = torch.rand(1, 2, 4, 5, dtype=torch.float64, requires_grad=True)
    valid = torch.rand(1, 1, 4, 5) < 0.8

    assert torch.autograd.gradcheck(lambda x: soft_skeleton(x, valid, 2), (soft,))
