import pytest
import torch
from torch.nn import functional as F

from segcli.layers.resize import resize


def test_resizes_to_a_size_or_like_a_tensor() -> None:
    x = torch.randn(2, 3, 4, 5)

    expected = F.interpolate(x, (7, 11), mode="bilinear", align_corners=False)

    torch.testing.assert_close(resize(x, size=(7, 11)), expected)
    torch.testing.assert_close(resize(x, like=torch.empty(1, 9, 7, 11)), expected)


def test_align_corners_and_nearest_are_passed_on() -> None:
    x = torch.arange(4.0).view(1, 1, 2, 2)

    assert resize(x, size=(3, 3), align_corners=True)[0, 0, 1, 1] == 1.5
    assert resize(x, size=(3, 3))[0, 0, 0].tolist() == [0, 0.5, 1]
    assert resize(x, size=(4, 4), mode="nearest")[0, 0, 0].tolist() == [0, 0, 1, 1]


def test_the_same_size_costs_nothing() -> None:
    x = torch.randn(1, 1, 3, 4)

    assert resize(x, size=(3, 4)) is x


@pytest.mark.parametrize("arguments", [{}, {"size": (1, 1), "like": torch.empty(1, 1, 1, 1)}])
def test_exactly_one_of_like_and_size(arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="both or neither"):
        resize(torch.empty(1, 1, 2, 2), **arguments)
