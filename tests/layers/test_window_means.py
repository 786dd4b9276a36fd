import pytest
import torch
from torch.nn import functional as F

from segcli.layers.window_means import adaptive_means, strided_means

SIZES = [(1, 1), (2, 3), (7, 6), (12, 50), (49, 81), (100, 131)]


@pytest.mark.parametrize("size", SIZES)
def test_graphs_hold_the_same_means(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0))
    shares = [adaptive_means(x, (rows, rows + 1)) for rows in (1, 2, 6)]
    windows = strided_means(x, 49, (16, 20))
    assert torch.equal(shares[1], F.adaptive_avg_pool2d(x, (2, 3)))
    monkeypatch.setattr(torch.compiler, "is_exporting", lambda: True)
    for rows, expected in zip((1, 2, 6), shares, strict=True):
        torch.testing.assert_close(adaptive_means(x, (rows, rows + 1)), expected)
    torch.testing.assert_close(strided_means(x, 49, (16, 20)), windows)


def test_windows_cover_the_whole_of_a_shorter_side() -> None:
    x = torch.rand(1, 2, 10, 81)
    found = strided_means(x, 49, (16, 16))
    assert found.shape == (1, 2, 1, 3)
    torch.testing.assert_close(found[..., 0, 1], x[..., 16:65].mean((2, 3)))
