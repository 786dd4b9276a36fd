import pytest
import torch
from torch.nn import functional as F

from segcli.layers.matrix_resize import LARGEST, matrix_resize, pays_off


@pytest.mark.parametrize(("old", "new"), [((5, 7), (20, 28)), ((1, 1), (8, 9)), ((6, 4), (6, 13)), ((9, 9), (4, 3))])
def test_values_and_gradient_are_those_of_interpolate(old: tuple[int, int], new: tuple[int, int]) -> None:
    x = torch.randn(2, 3, *old, requires_grad=True)
    weight = torch.randn(2, 3, *new)

    found, expected = matrix_resize(x, new), F.interpolate(x, new, mode="bilinear", align_corners=False)

    torch.testing.assert_close(found, expected, atol=2e-6, rtol=2e-6)
    gradients = [torch.autograd.grad((each * weight).sum(), x)[0] for each in (found, expected)]
    torch.testing.assert_close(*gradients, atol=1e-5, rtol=1e-5)


def test_autocast_does_not_round_it() -> None:
    x = torch.randn(1, 2, 5, 7)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        low = matrix_resize(x, (10, 14))
    assert low.dtype == torch.float32
    torch.testing.assert_close(low, F.interpolate(x, (10, 14), mode="bilinear", align_corners=False))


def test_weights_first_asked_for_without_a_gradient_are_fit_for_one() -> None:
    with torch.inference_mode():
        matrix_resize(torch.randn(1, 1, 11, 3), (17, 19))
    x = torch.randn(1, 1, 11, 3, requires_grad=True)
    matrix_resize(x, (17, 19)).sum().backward()
    assert x.grad is not None


def test_it_pays_off_where_a_small_map_has_a_gradient() -> None:
    x = torch.zeros(1, 1, LARGEST, 4, requires_grad=True)
    assert pays_off(x)
    assert not pays_off(x.detach())
    assert not pays_off(torch.zeros(1, 1, 4, LARGEST + 1, requires_grad=True))
    with torch.no_grad():
        assert not pays_off(x)
