import inspect
import random
from typing import Any

import albumentations as A
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from segcli.sample import DataError
from segcli.transforms.leaves import align_masks, leaves, may_write, require_channels, require_values
from segcli.transforms.random_scaled_crop import RandomScaledCrop
from segcli.transforms.seeded_compose import SeededCompose

SIZE = 96
RESIZING: dict[str, list[dict[str, Any]]] = {
    "Resize": [{"height": 64, "width": 64}, {"height": 150, "width": 133}],
    "RandomScale": [{"scale_limit": (-0.4, -0.3)}, {"scale_limit": (0.3, 0.5)}],
    "LongestMaxSize": [{"max_size": 64}, {"max_size": 150}],
    "SmallestMaxSize": [{"max_size": 64}, {"max_size": 150}],
    "RandomResizedCrop": [{"size": (64, 64)}, {"size": (120, 133)}],
    "RandomSizedCrop": [{"min_max_height": (50, 90), "size": size} for size in ((64, 64), (120, 120))],
    "CropAndPad": [{"percent": 0.1}, {"px": -9}],
    "RandomScaledCrop": [{"size": 64}],
    "RandomCrop": [{"height": 64, "width": 64}],
    "CenterCrop": [{"height": 64, "width": 64}],
    "Crop": [{"x_max": 50, "y_max": 50}],
    "PadIfNeeded": [{"min_height": 120, "min_width": 120, "fill_mask": 255}],
    "Pad": [{"padding": 7, "fill_mask": 255}],
    "GridElasticDeform": [{"num_grid_xy": (4, 4), "magnitude": 5}],
    "CropNonEmptyMaskIfExists": [{"height": 64, "width": 64}],
}
NEED_BOXES_OR_MORE = {"AtLeastOneBBoxRandomCrop", "BBoxSafeRandomCrop", "RandomSizedBBoxSafeCrop", "RandomCropNearBBox"}
NEED_BOXES_OR_MORE |= {"Mosaic", "OverlayElements", "DualTransform", "Lambda"}
WRITE_INTO_IMAGES = {"Erasing", "GridDropout", "CoarseDropout", "PixelDropout", "XYMasking", "TimeMasking"}
WRITE_INTO_IMAGES |= {"FrequencyMasking", "ConstrainedCoarseDropout", "MaskDropout"}


def classes(base: type) -> list[str]:
    found = [name for name, cls in vars(A).items() if inspect.isclass(cls) and issubclass(cls, base)]
    return sorted(name for name in found if "3D" not in name and name != base.__name__)


GEOMETRIC = sorted({*classes(A.DualTransform), "RandomScaledCrop"} - NEED_BOXES_OR_MORE - WRITE_INTO_IMAGES)
GEOMETRIC.remove("CubicSymmetry")  # of volumes


def made(name: str, **arguments: Any) -> A.BasicTransform:  # noqa: ANN401
    cls = RandomScaledCrop if name == "RandomScaledCrop" else getattr(A, name)
    return cls(p=1.0, **arguments)


def blobs(seed: int) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).random((SIZE, SIZE + 4)).astype(np.float32)
    return (cv2.GaussianBlur(noise, (0, 0), 5) > 0.5).astype(np.uint8)


@pytest.mark.filterwarnings("ignore")  # of arguments that albumentations gives up
@pytest.mark.parametrize("name", GEOMETRIC)
def test_masks_lie_on_their_images(name: str) -> None:
    for arguments in RESIZING.get(name, [{}]):
        compose = SeededCompose([made(name, **arguments)], key="k")
        scores, shifts = [], []
        for seed in range(6):
            mask = blobs(seed)
            image, moved = compose(np.dstack([mask * 255] * 3), mask, 0, seed)
            assert moved is not None
            known = moved != 255
            seen, labelled = image[..., 0] * known, (moved == 1) * np.uint8(255)
            both = (seen > 127) & (labelled > 127)
            scores.append(both.sum() / ((seen > 127) | (labelled > 127)).sum())
            shifts.append(centre(seen) - centre(labelled))
        assert np.mean(scores) > 0.965, (arguments, scores)  # interpolated outlines are smoother than stepped ones
        assert np.abs(np.mean(shifts, axis=0)).max() < (0.1 if name in RESIZING else 0.2), (arguments, shifts)


def centre(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Centre of mass in pixels."""
    rows, columns = np.indices(picture.shape)
    return np.array([(rows * picture.astype(float)).sum(), (columns * picture.astype(float)).sum()]) / picture.sum()


def test_the_case_that_lay_half_a_pixel_beside() -> None:
    mask = blobs(0)[:, :SIZE]
    image, moved = SeededCompose([A.OneOf([A.Resize(64, 64)], p=1)])(np.dstack([mask * 255] * 3), mask, 0, 0)
    assert moved is not None
    seen = image[..., 0] > 127
    assert (seen & (moved == 1)).sum() / (seen | (moved == 1)).sum() > 0.985


INTERPOLATING = sorted(
    name for name in classes(A.DualTransform) if "mask_interpolation" in inspect.signature(getattr(A, name)).parameters
)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(set(INTERPOLATING) - NEED_BOXES_OR_MORE))
def test_interpolated_masks_are_refused(name: str) -> None:
    transform = made(name, **RESIZING.get(name, [{}])[0], mask_interpolation=cv2.INTER_LINEAR)
    with pytest.raises(DataError, match=rf"data\.train_transforms\.1: {name} interpolates masks"):
        align_masks([A.HorizontalFlip(), transform], "data.train_transforms")


class Blurred(A.DualTransform):  # type: ignore[misc]
    """A transform of somebody's own that treats masks as images."""

    def apply(self, img: NDArray[np.uint8], **_: Any) -> NDArray[np.uint8]:  # noqa: ANN401
        return cv2.GaussianBlur(img, (0, 0), 2)

    def apply_to_mask(self, mask: NDArray[np.uint8], **_: Any) -> NDArray[np.uint8]:  # noqa: ANN401
        return cv2.GaussianBlur(mask, (0, 0), 2)


def test_a_transform_of_ones_own_that_interpolates_masks_is_found_by_trying_it() -> None:
    with pytest.raises(DataError, match=r"k\.0\.transforms\.1: Blurred interpolates masks"):
        align_masks([A.OneOf([A.NoOp(), Blurred(p=0.1)])], "k")
    align_masks([A.PadIfNeeded(80, 80, fill_mask=7), A.MaskDropout(), A.ElasticTransform()], "k")


def test_leaves_have_their_keys() -> None:
    flip, crop = A.HorizontalFlip(), A.RandomCrop(4, 4)
    assert list(leaves([flip, A.Sequential([crop])], "k")) == [("k.0", flip), ("k.1.transforms.0", crop)]


TRIED = sorted({*classes(A.ImageOnlyTransform), *classes(A.DualTransform)} - NEED_BOXES_OR_MORE)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", TRIED)
def test_transforms_that_cannot_take_the_channels_are_told_and_the_others_can(name: str) -> None:
    try:
        transform = made(name, **RESIZING.get(name, [{}])[0])
    except (TypeError, ValueError):
        pytest.skip("needs arguments")
    image = np.random.default_rng(0).integers(0, 256, (160, 160, 4), dtype=np.uint8)
    compose = A.Compose([transform])
    compose.set_random_state(np.random.default_rng(0), random.Random(0))

    def works(channels: int) -> bool:
        try:
            result = compose(image=image[..., :channels], mask=np.zeros((160, 160), np.uint8))["image"]
        except Exception:
            return False
        return result.ndim == 3 and result.shape[-1] == channels and result.dtype == np.uint8

    if works(4) or not works(3):
        require_channels([transform], 4, "k")
    else:
        with pytest.raises(DataError, match=f"k.0: {name} cannot take images of 4 channels"):
            require_channels([transform], 4, "k")


def test_the_alternative_that_the_error_names_can() -> None:
    for channels in (1, 3, 4):
        require_channels([A.RandomBrightnessContrast(), A.HorizontalFlip(), RandomScaledCrop(32)], channels, "k")
    with pytest.raises(DataError, match=r"k\.1: ColorJitter cannot take images of 4 channels.*BrightnessContrast"):
        require_channels([A.HorizontalFlip(), A.ColorJitter(p=0.1)], 4, "k")


KEEPING = ["HorizontalFlip", "RandomScaledCrop", "RandomCrop", "PadIfNeeded", "CoarseDropout"]


@pytest.mark.parametrize(("dtype", "span"), [("uint16", (0.0, 1.0)), ("float32", (-3.0, 9.0))])
@pytest.mark.parametrize("name", KEEPING)
def test_geometry_takes_any_channels_and_values(name: str, dtype: str, span: tuple[float, float]) -> None:
    require_values([made(name, **RESIZING.get(name, [{}])[0])], 5, dtype, span, "t")


@pytest.mark.parametrize(
    ("name", "channels", "dtype"),
    [
        ("ColorJitter", 5, "uint8"),
        ("RandomGamma", 3, "uint16"),
        ("GaussNoise", 3, "uint16"),
        ("HueSaturationValue", 5, "float32"),
    ],
)
def test_what_needs_three_channels_of_8_bits_is_refused(name: str, channels: int, dtype: str) -> None:
    with pytest.raises(DataError, match=rf"^t\.0: {name} cannot take images of {channels} channels of {dtype}"):
        require_values([made(name)], channels, dtype, (0.0, 1.0), "t")


def test_what_cuts_floats_is_refused_where_they_are_outside() -> None:
    brightness = made("RandomBrightnessContrast", brightness_limit=0.0, contrast_limit=0.0)
    require_values([brightness], 3, "float32", (0.0, 1.0), "t")
    for span in ((-0.5, 0.5), (0.0, 10_000.0)):
        with pytest.raises(
            DataError, match=rf"RandomBrightnessContrast cuts floats to 0 to 1, and images have {span[0]:g}"
        ):
            require_values([made("HorizontalFlip"), brightness], 3, "float32", span, "t")
        with pytest.raises(DataError, match=r"^t\.0: GaussianBlur cuts"):
            require_values([made("GaussianBlur")], 3, "float32", span, "t")


@pytest.mark.parametrize("name", ["Normalize", "ToFloat", "FromFloat"])
def test_the_model_alone_normalises(name: str) -> None:
    with pytest.raises(DataError, match=rf"{name} normalises, and so does the model"):
        require_values([made(name)], 3, "float32", (0.0, 40.0), "t")


class OwnTransform(A.ImageOnlyTransform):
    """May do anything."""


def test_transforms_of_ones_own_may_write_into_what_they_are_given() -> None:
    assert [may_write(leaf) for leaf in (OwnTransform(), A.Lambda(), made("HorizontalFlip"), RandomScaledCrop(8))] == [
        True,
        True,
        False,
        False,
    ]
