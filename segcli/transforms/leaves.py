"""The single transforms of an experiment: their keys, masks that lie on images, and what they cannot take."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import albumentations as A
import cv2
import numpy as np
from numpy.typing import NDArray

from segcli.sample import DataError

Transform: TypeAlias = A.BasicTransform | A.BaseCompose

RESIZES = (
    *(A.Resize, A.RandomScale, A.LongestMaxSize, A.SmallestMaxSize),
    *(A.RandomResizedCrop, A.RandomSizedCrop, A.RandomSizedBBoxSafeCrop, A.CropAndPad),
)
"""Transforms that resize by ``cv2.resize``, whose plain nearest neighbour shifts a mask by up to half a pixel."""

_NEAREST = (cv2.INTER_NEAREST, cv2.INTER_NEAREST_EXACT)
_PROBE_PX = 64
_PROBE_VALUES = (0, 200)
_NORMALISING = (A.Normalize, A.ToFloat, A.FromFloat)
_SPANS = {"uint8": (0.0, 255.0), "uint16": (0.0, 65535.0)}


def leaves(transforms: Sequence[Transform], key: str) -> Iterator[tuple[str, A.BasicTransform]]:
    """Yield every single transform with its dotted key, those inside compositions included.

    Args:
        transforms: As the experiment lists them.
        key: Key of the list.
    """
    for number, transform in enumerate(transforms):
        if isinstance(transform, A.BaseCompose):
            yield from leaves(transform.transforms, f"{key}.{number}.transforms")
        else:
            yield f"{key}.{number}", transform


def align_masks(transforms: Sequence[Transform], key: str) -> None:
    """Let resizes take a mask's pixels at the places of the image's, about pixel centres.

    Args:
        transforms: Changed in place.
        key: Key of the list.

    Raises:
        DataError: If one interpolates masks, which makes values between those of classes.
    """
    for place, leaf in leaves(transforms, key):
        if getattr(leaf, "mask_interpolation", cv2.INTER_NEAREST) not in _NEAREST or _interpolates(leaf):
            raise DataError(
                f"{place}: {type(leaf).__name__} interpolates masks, which makes values between those of two classes; "
                "leave out mask_interpolation, or let apply_to_mask keep the values that are there."
            )
        if isinstance(leaf, RESIZES):
            leaf.mask_interpolation = cv2.INTER_NEAREST_EXACT


def require_channels(transforms: Sequence[Transform], channels: int, key: str) -> None:
    """Refuse transforms that cannot take, or do not keep, a number of channels; each is tried on a small image.

    Args:
        transforms: As the experiment lists them.
        channels: Of the images.
        key: Key of the list.

    Raises:
        DataError: If one takes 3 channels, but not these.
    """
    for place, leaf in leaves(transforms, key):
        if channels != 3 and _keeps(leaf, 3) and not _keeps(leaf, channels):
            raise DataError(
                f"{place}: {type(leaf).__name__} cannot take images of {channels} channels (data.image_mode); remove "
                "it, or use one that can, such as RandomBrightnessContrast in place of ColorJitter."
            )


def may_write(leaf: A.BasicTransform) -> bool:
    """Return whether a transform may write into the arrays that it is given: one's own, and functions of one's own."""
    return isinstance(leaf, A.Lambda) or type(leaf).__module__.partition(".")[0] not in ("albumentations", "segcli")


def require_values(
    transforms: Sequence[Transform], channels: int, dtype: str, span: tuple[float, float], key: str
) -> None:
    """Refuse transforms that cannot take, or do not keep, the channels, type and range of images.

    Each is tried on a small image of the same. Transforms of colours take floats of 0 to 1, and cut others to these.

    Args:
        transforms: As the experiment lists them.
        channels: Of the images.
        dtype: ``uint8``, ``uint16`` or ``float32``.
        span: Least and greatest value of floats.
        key: Key of the list.

    Raises:
        DataError: If one takes 3 channels of uint8, but not these, or normalises, which the model does.
    """
    span = _SPANS.get(dtype, span)
    for place, leaf in leaves(transforms, key):
        if isinstance(leaf, _NORMALISING):
            raise DataError(f"{place}: {type(leaf).__name__} normalises, and so does the model; remove it.")
        if not _keeps(leaf, 3):
            continue
        if not _keeps(leaf, channels, dtype, span):
            raise DataError(
                f"{place}: {type(leaf).__name__} cannot take images of {channels} channels of {dtype}; remove it, or "
                "use one that can, such as RandomBrightnessContrast."
            )
        if dtype == "float32" and (span[0] < 0 or span[1] > 1) and _cuts(leaf, channels, span):
            raise DataError(
                f"{place}: {type(leaf).__name__} cuts floats to 0 to 1, and images have {span[0]:g} to {span[1]:g}; "
                "scale them to 0 to 1, or remove it."
            )


def _probe(
    leaf: A.BasicTransform, channels: int, dtype: str = "uint8", span: tuple[float, float] = (0, 255)
) -> tuple[NDArray[Any], NDArray[np.uint8]] | None:
    """Apply one transform to a small image and its mask, whatever its probability; None if it cannot be tried alone."""
    steps = np.add.outer(np.arange(_PROBE_PX), np.arange(_PROBE_PX)) // 9 % 2
    image = np.repeat((span[0] + steps * (span[1] - span[0])).astype(dtype)[..., None], channels, 2)
    mask = np.array(_PROBE_VALUES, np.uint8)[steps]
    state = np.random.get_state()  # noqa: NPY002  (of transforms that draw from it)
    try:
        result = leaf(image=image[..., 0] if channels == 1 else image, mask=mask, force_apply=True)
        return result["image"], result["mask"]
    except Exception:  # too small for its crop, or it needs more than image and mask; the run itself will tell
        return None
    finally:
        np.random.set_state(state)  # noqa: NPY002


def _interpolates(leaf: A.BasicTransform) -> bool:
    """Return whether several values come out that did not go in; a single new one is a fill."""
    result = _probe(leaf, 3)
    if result is None or not isinstance(result[1], np.ndarray):
        return False
    return len(set(np.unique(result[1]).tolist()) - {*_PROBE_VALUES}) > 2


def _keeps(leaf: A.BasicTransform, channels: int, dtype: str = "uint8", span: tuple[float, float] = (0, 255)) -> bool:
    result = _probe(leaf, channels, dtype, span)
    if result is None or getattr(result[0], "dtype", dtype) != dtype:
        return False
    return np.ndim(result[0]) == 2 or result[0].shape[-1] == channels


def _cuts(leaf: A.BasicTransform, channels: int, span: tuple[float, float]) -> bool:
    """Return whether what is outside of 0 to 1 does not come out; a fill, which is 0, is no cut."""
    result = _probe(leaf, channels, "float32", span)
    if result is None:
        return False
    low, high = float(result[0].min()), float(result[0].max())
    return (span[1] > 1 and high <= 1) or (span[0] < 0 and low >= 0)


def class_names(transforms: Sequence[Transform] | None) -> list[str]:
    """Return the names of the classes of single transforms, those inside compositions included."""
    return [type(leaf).__name__ for _, leaf in leaves(transforms or (), "")]
