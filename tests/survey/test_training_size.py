import pytest
import torch

from segcli.survey.training_size import Device, size_text, this_device, training_size
from tests.survey.data import CPUS

GPU = Device("cuda", "a GPU", 40.0)


@pytest.mark.parametrize(
    ("sizes", "images", "device", "crop", "batch"),
    [
        ([(512, 640)], 100, CPUS, 256, 4),
        ([(512, 640)], 100, GPU, 512, 8),
        ([(100, 640), (512, 512)], 100, CPUS, 96, 4),
        ([(20, 30)], 100, CPUS, 32, 4),
        ([(2000, 2000)], 3, GPU, 512, 2),
        ([(300, 300)], 1, CPUS, 256, 2),
        ([(64, 64)], 1000, GPU, 64, 16),
        ([(4000, 4000)], 100, Device("cuda", "small", 1.0), 512, 2),
    ],
)
def test_crop_and_batch_fit(sizes: list[tuple[int, int]], images: int, device: Device, crop: int, batch: int) -> None:
    found = {setting.key: setting.value for setting in training_size(sizes, images, device)}
    assert found == {"vars.crop": crop, "data.batch_size": batch}


def test_padding_is_told() -> None:
    assert "padded" in training_size([(20, 30)], 9, CPUS)[0].why


def test_sizes_are_width_by_height() -> None:
    assert size_text([(24, 32), (24, 32)]) == "32x24"
    assert size_text([(480, 640), (24, 32), (100, 100)]) == "32x24 to 640x480"


def test_the_device_is_that_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert this_device() == CPUS
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (2**31, 2**32))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "a GPU")
    assert this_device() == Device("cuda", "a GPU", 2.0)
