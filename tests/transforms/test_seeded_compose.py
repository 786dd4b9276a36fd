import albumentations as A
import numpy as np
import pytest
from numpy.typing import NDArray

from segcli.sample import DataError
from segcli.transforms.random_scaled_crop import RandomScaledCrop
from segcli.transforms.seeded_compose import SeededCompose

IMAGE = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
MASK = IMAGE[..., 0]


def test_result_depends_on_seed_epoch_and_index_and_on_nothing_before() -> None:
    make = SeededCompose([RandomScaledCrop(16), A.HorizontalFlip()], seed=3)
    fresh = SeededCompose([RandomScaledCrop(16), A.HorizontalFlip()], seed=3)
    for index in range(5):
        fresh(IMAGE, MASK, 9, index)
    for mine, other in zip(make(IMAGE, MASK, 1, 2), fresh(IMAGE, MASK, 1, 2), strict=True):
        np.testing.assert_array_equal(mine, other)
    base = make(IMAGE, MASK, 1, 2)[0]
    assert (base != make(IMAGE, MASK, 2, 2)[0]).any()
    assert (base != make(IMAGE, MASK, 1, 3)[0]).any()
    assert (base != SeededCompose([RandomScaledCrop(16), A.HorizontalFlip()], seed=4)(IMAGE, MASK, 1, 2)[0]).any()


def test_transforms_are_independent_of_each_other() -> None:
    flips = SeededCompose([A.HorizontalFlip(), A.OneOf([A.VerticalFlip()], p=0.5)])
    image = np.arange(4, dtype=np.uint8).reshape(2, 2)
    corners = [int(flips(image, None, 0, index)[0][0, 0]) for index in range(400)]
    assert np.bincount(corners, minlength=4).min() > 60  # 0 and 3 only, if both flips shared their luck


def test_image_and_mask_are_transformed_alike() -> None:
    image, mask = SeededCompose([RandomScaledCrop(16, scale=(1.0, 1.0)), A.HorizontalFlip()])(IMAGE, MASK, 0, 0)
    np.testing.assert_array_equal(image[..., 0], mask)


@pytest.mark.parametrize(
    "transform",
    [
        RandomScaledCrop(16),
        A.Affine(rotate=(10, 40), p=1, fill_mask=255),
        A.PadIfNeeded(60, 60, border_mode=0, fill_mask=255),
        A.ElasticTransform(p=1, fill_mask=255),
        A.CoarseDropout(p=1, fill_mask=255),
        A.RandomResizedCrop((16, 16)),
    ],
    ids=lambda transform: type(transform).__name__,
)
def test_channels_of_a_mask_are_transformed_as_masks_of_their_own(transform: A.BasicTransform) -> None:
    masks = np.stack([IMAGE[..., 0] > threshold for threshold in (40, 90, 130, 160, 200)]).astype(np.uint8)
    compose = SeededCompose([transform, A.HorizontalFlip()])
    for index in range(4):
        image, together = compose(IMAGE, masks, 0, index)
        assert together is not None
        for mask, transformed in zip(masks, together, strict=True):
            alone = compose(IMAGE, mask, 0, index)
            np.testing.assert_array_equal(transformed, alone[1])
            np.testing.assert_array_equal(image, alone[0])


def test_without_transforms_nothing_changes_and_no_mask_stays_none() -> None:
    image, mask = SeededCompose(None)(IMAGE, None, 0, 0)
    assert image is IMAGE
    assert mask is None
    assert SeededCompose([A.HorizontalFlip(p=1)])(IMAGE, None, 0, 0)[1] is None


def test_names_what_moves_pixels_also_when_nested() -> None:
    harmless = [A.Resize(8, 8), A.LongestMaxSize(9), A.GaussianBlur(), A.OneOf([A.ColorJitter(), A.NoOp()])]
    assert SeededCompose(harmless).moves_pixels() == []
    moving = [A.OneOf([A.PadIfNeeded(8, 8), A.Compose([A.CenterCrop(4, 4)])]), RandomScaledCrop(8)]
    assert SeededCompose([*harmless, *moving]).moves_pixels() == ["PadIfNeeded", "CenterCrop", "RandomScaledCrop"]


CLASSES = (MASK > 128).astype(np.uint8)


def halved(mask: NDArray[np.uint8], **_: object) -> NDArray[np.uint8]:
    return mask[::2, ::2]


def widened(mask: NDArray[np.uint8], **_: object) -> NDArray[np.int64]:
    return mask.astype(np.int64)


def stacked(mask: NDArray[np.uint8], **_: object) -> NDArray[np.uint8]:
    return mask[..., None]


def without_blue(image: NDArray[np.uint8], **_: object) -> NDArray[np.uint8]:
    return image[..., :2]


@pytest.mark.parametrize(
    ("transform", "what"),
    [
        (
            A.CoarseDropout(p=1, fill_mask=7),
            r"CoarseDropout put 7 \(\d+ pixels\) into the mask, expected 0 to 1",
        ),
        (A.PadIfNeeded(60, 60, border_mode=0, fill_mask=254), r"PadIfNeeded put 254 \(\d+ pixels\)"),
        (A.Normalize(), r"Normalize turned the image into ndarray of float32.*remove Normalize"),
        (A.ToTensorV2(), r"ToTensorV2 turned the image into Tensor of torch.uint8"),
        (A.RandomCrop(64, 64), r"RandomCrop failed, CropSizeError"),
        (A.Lambda(mask=halved), r"Lambda returned an image of 40 x 40 px and a mask of 20"),
        (A.Lambda(mask=widened), r"Lambda turned the mask into ndarray of int64"),
        (A.Lambda(mask=stacked), r"Lambda turned the mask of shape \(40, 40\) into one of"),
        (A.Lambda(image=without_blue), r"Lambda turned the image of shape \(40, 40, 3\) into one"),
        (A.OneOf([A.CoarseDropout(p=1, fill_mask=9)], p=1), r"OneOf put 9"),
    ],
)
@pytest.mark.parametrize("channels", [0, 2])
def test_what_comes_out_is_checked_and_the_transform_named(
    transform: A.BasicTransform, what: str, channels: int
) -> None:
    if channels and isinstance(transform, A.Lambda | A.ToTensorV2):
        pytest.skip("it is made for one mask")
    mask = np.stack([CLASSES] * channels) if channels else CLASSES
    compose = SeededCompose(
        [A.HorizontalFlip(), transform, A.VerticalFlip()], num_values=2, key="data.train_transforms"
    )
    with pytest.raises(DataError, match=rf"^data\.train_transforms\.1: {what}"):
        compose(IMAGE, mask, 0, 0)


def test_classes_and_ignored_pixels_pass_the_check() -> None:
    compose = SeededCompose([A.PadIfNeeded(60, 60, border_mode=0, fill_mask=255)], num_values=254)
    mask = np.resize(np.arange(254, dtype=np.uint8), (40, 40))
    assert set(np.unique(compose(IMAGE, mask, 0, 0)[1])) == {*range(254), 255}


class _Fails(A.ImageOnlyTransform):
    def apply(self, img: NDArray[np.uint8], **params: object) -> NDArray[np.uint8]:
        raise ValueError("first line\n\n  second line\n")


class _Empty(A.ImageOnlyTransform):
    def apply(self, img: NDArray[np.uint8], **params: object) -> NDArray[np.uint8]:
        return img[:0]


@pytest.mark.parametrize(
    ("transform", "told"),
    [
        (_Fails(p=1), "k.0: _Fails failed, ValueError: first line second line$"),
        (_Empty(p=1), r"k.0: _Empty turned the image of shape \(4, 4, 3\) into one of \(0, 4, 3\), expected pixels$"),
    ],
)
def test_what_a_transform_raises_or_empties_is_told_in_one_line(transform: A.BasicTransform, told: str) -> None:
    compose = SeededCompose([transform], key="k")
    with pytest.raises(DataError, match=told):
        compose(np.zeros((4, 4, 3), np.uint8), None, 0, 0)


def test_a_function_of_ones_own_may_write_into_a_part_of_a_cache() -> None:
    def blacken(image: NDArray[np.uint8], **_: object) -> NDArray[np.uint8]:
        image[:2] = 0
        return image

    image, mask = np.full((8, 8, 3), 9, np.uint8), np.zeros((8, 8), np.uint8)
    for array in (image, mask):
        array.flags.writeable = False
    found, _ = SeededCompose([A.Lambda(image=blacken, p=1.0)])(image, mask, 0, 0)
    assert not found[:2].any()
    assert image.all()
