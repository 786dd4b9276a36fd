import pytest
import torch

from segcli.losses.region_loss import RegionLoss, bounded_ratio
from segcli.losses.region_sums import RegionSums


class Recall(RegionLoss):
    def ratio(self, sums: RegionSums) -> tuple[torch.Tensor, torch.Tensor]:
        return sums.overlap + self.smooth, sums.true + self.smooth


@pytest.mark.parametrize(
    ("above", "below", "expected"), [(1.0, 4.0, 0.25), (0.0, 0.0, 0.0), (1.0, 1.0 - 1e-7, 1.0), (1e-38, 1e-38, 0.0)]
)
def test_neither_rounding_nor_underflow_shows(above: float, below: float, expected: float) -> None:
    numbers = torch.tensor([above, below], requires_grad=True)

    ratio = bounded_ratio(*numbers)
    ratio.backward()

    assert ratio == expected
    assert numbers.grad is not None
    assert numbers.grad.isfinite().all()


@pytest.mark.parametrize("numbers", [(1.0, torch.nan), (torch.nan, 1.0), (torch.nan, torch.nan)])
def test_what_is_not_a_number_stays_so(numbers: tuple[float, float]) -> None:
    assert bounded_ratio(*torch.tensor(numbers)).isnan()


def test_a_region_loss_is_its_ratio() -> None:
    logits, mask = torch.zeros(2, 1, 1, 4), torch.tensor([[[1, 1, 0, 0]], [[1, 255, 0, 0]]])

    assert Recall(1.0, per_image=False, absent="skip")(logits, mask) == 1 - 2.5 / 4
    assert Recall(1.0, per_image=True, absent="skip")(logits, mask) == 1 - (2 / 3 + 1.5 / 2) / 2


@pytest.mark.parametrize("smooth", [-1.0, float("nan"), float("inf")])
def test_smooth_must_be_a_number_of_pixels(smooth: float) -> None:
    with pytest.raises(ValueError, match=f"Recall got smooth {smooth}, expected 0 or more"):
        Recall(smooth, per_image=False, absent="skip")
