from collections.abc import Callable

import albumentations as A
import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from segcli.datasets.mask_targets import MaskTargets
from segcli.datasets.sample_dataset import SampleDataset, SampleTransform
from segcli.sample import DataError

IMAGE = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)


class OneImage(SampleDataset):
    def __init__(self, transform: SampleTransform | None = None, image: NDArray[np.uint8] = IMAGE) -> None:
        super().__init__(transform)
        self.image = image

    def __len__(self) -> int:
        return 1

    def paths(self) -> list[str]:
        return ["a.png"]

    def sizes(self) -> list[tuple[int, int]]:
        return [(6, 8)]

    def load(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        return self.image, self.image.reshape(6, 8, -1)[..., 0]


Pair = tuple[NDArray[np.uint8], NDArray[np.uint8] | None]


def test_samples_keep_the_contract() -> None:
    sample = OneImage()[0]
    torch.testing.assert_close(sample["image"], torch.from_numpy(IMAGE).permute(2, 0, 1))
    torch.testing.assert_close(sample["mask"], sample["image"][0])
    assert (sample["path"], sample["size"]) == ("a.png", (6, 8))
    assert OneImage(image=IMAGE[..., 0])[0]["image"].shape == (1, 6, 8)


def test_the_transform_learns_epoch_and_index_and_size_stays_that_on_disk() -> None:
    seen = []

    def halve(image: NDArray[np.uint8], mask: NDArray[np.uint8] | None, epoch: int, index: int) -> Pair:
        assert mask is not None
        seen.append((epoch, index))
        return image[::2, ::2], mask[::2, ::2]

    dataset = OneImage(halve)
    assert dataset[5, 0]["image"].shape == (3, 3, 4)
    assert dataset[0]["size"] == (6, 8)
    assert seen == [(5, 0), (0, 0)]


def test_targets_follow_from_the_mask_after_the_transform() -> None:
    def halve(image: NDArray[np.uint8], mask: NDArray[np.uint8] | None, epoch: int, index: int) -> Pair:
        assert mask is not None
        return image[::2, ::2], mask[::2, ::2]

    dataset = OneImage(halve)
    assert "targets" not in dataset[0]
    dataset.mask_targets = MaskTargets({"shifted": lambda mask, channels: mask + np.float32(channels)}, 3)

    sample = dataset[0]
    torch.testing.assert_close(sample["targets"], {"shifted": sample["mask"] + 3.0})


def test_a_failing_transform_names_the_file() -> None:
    def crop(image: NDArray[np.uint8], mask: NDArray[np.uint8] | None, epoch: int, index: int) -> Pair:
        return A.RandomCrop(64, 64)(image=image)["image"], mask

    with pytest.raises(DataError, match=r"a\.png \(6 x 8 px\): a transform failed, CropSizeError"):
        OneImage(crop)[0]


@pytest.mark.parametrize(
    "exhaust", [lambda: np.empty(2**45), lambda: cv2.resize(IMAGE, (2**30, 2**30)), lambda: torch.empty(2**45)]
)
def test_errors_of_memory_stay_as_they_are(exhaust: Callable[[], object]) -> None:
    def transform(image: NDArray[np.uint8], mask: NDArray[np.uint8] | None, epoch: int, index: int) -> Pair:
        exhaust()
        return image, mask

    with pytest.raises((MemoryError, cv2.error, RuntimeError)):
        OneImage(transform)[0]


def test_normalised_images_are_refused() -> None:
    def normalise(image: NDArray[np.uint8], mask: NDArray[np.uint8] | None, epoch: int, index: int) -> Pair:
        return A.Normalize()(image=image)["image"], mask

    with pytest.raises(DataError, match=r"image into ndarray of float32.*remove Normalize"):
        OneImage(normalise)[0]


def test_tensors_are_refused() -> None:
    def to_tensor(image: NDArray[np.uint8], mask: NDArray[np.uint8] | None, epoch: int, index: int) -> Pair:
        return A.ToTensorV2()(image=image)["image"], mask

    with pytest.raises(DataError, match=r"image into Tensor of torch.uint8.*ToTensorV2"):
        OneImage(to_tensor)[0]
