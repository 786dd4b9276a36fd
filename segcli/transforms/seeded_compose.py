"""A list of albumentations transforms whose randomness follows from (seed, epoch, index) alone."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import albumentations as A
import numpy as np
from numpy.typing import NDArray

from segcli.config.errors import in_a_line
from segcli.sample import IGNORE_INDEX, DataError, is_out_of_memory
from segcli.transforms.leaves import Transform, align_masks, leaves, may_write, require_channels, require_values

WHOLE_IMAGE = (A.Resize, A.LongestMaxSize, A.SmallestMaxSize, A.NoOp)  # exact types: A.Lambda derives from A.NoOp

Arrays = dict[str, Any]


class SeededCompose:
    """Transform an image and its mask together, the same way for the same seed, epoch and index.

    So the number and order of workers change nothing, and a resumed run draws what an undisturbed one would have.
    The generators are shared by all transforms: ``A.Compose.set_random_seed`` gives every transform its own copy of
    the same stream, so that two flips with ``p=0.5`` would always happen together.

    Masks are resized about pixel centres, as images are. What comes out is checked as what went in: kind, shape,
    channels, and that a mask holds classes only.

    Args:
        transforms: Applied one after the other; None or empty for none.
        seed: Seed of the run.
        num_values: Values from 0 that a mask may hold beside ``IGNORE_INDEX``; None for any.
        key: Key of the list, to name a transform that is at fault.

    Raises:
        DataError: If a transform interpolates masks.
    """

    def __init__(
        self,
        transforms: Sequence[Transform] | None,
        seed: int = 0,
        num_values: int | None = None,
        key: str = "transforms",
    ) -> None:
        self.transforms = list(transforms or [])
        align_masks(self.transforms, key)
        self.compose = A.Compose(self.transforms)
        self.seed, self.num_values, self.key = seed, num_values, key
        self._may_write = any(may_write(leaf) for _, leaf in leaves(self.transforms, key))

    def __call__(
        self, image: NDArray[Any], mask: NDArray[np.uint8] | None, epoch: int, index: int
    ) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
        """Map an ``(H, W)`` or ``(H, W, C)`` image and its mask to transformed ones of one new size.

        A mask is ``(H, W)``, or ``(K, H, W)`` with a channel per class; all channels are transformed alike.

        Raises:
            DataError: If a transform fails, or what it returns is no image or no mask of the classes; names its key.
        """
        if not self.transforms:
            return image, mask
        target = "mask" if mask is None or mask.ndim == 2 else "masks"
        if self._may_write and not image.flags.writeable:
            image, mask = image.copy(), None if mask is None else mask.copy()
        given: Arrays = {"image": image} if mask is None else {"image": image, target: mask}
        try:
            result, cause = self._apply(given, self.compose.transforms, epoch, index), None
            fault = self._fault(given, result)
        except Exception as error:
            if is_out_of_memory(error):
                raise
            fault, cause = _failure(error), error
        if fault:
            raise DataError(self._blame(given, epoch, index) or f"{self.key}: a transform {fault}") from cause
        return result["image"], None if mask is None else result[target]

    def require_channels(self, channels: int) -> None:
        """Refuse transforms that cannot take images of so many channels.

        Raises:
            DataError: If there is one; names its key.
        """
        require_channels(self.transforms, channels, self.key)

    def require_values(self, channels: int, dtype: str, span: tuple[float, float]) -> None:
        """Refuse transforms that cannot take images of so many channels, of a type and a range.

        Args:
            channels: Of the images.
            dtype: ``uint8``, ``uint16`` or ``float32``.
            span: Least and greatest value of floats.

        Raises:
            DataError: If there is one; names its key.
        """
        require_values(self.transforms, channels, dtype, span, self.key)

    def moves_pixels(self) -> list[str]:
        """Return the names of the transforms after which a resize cannot restore the image's own pixel grid."""
        return [
            type(leaf).__name__
            for _, leaf in leaves(self.transforms, self.key)
            if isinstance(leaf, A.DualTransform) and type(leaf) not in WHOLE_IMAGE
        ]

    def _apply(self, given: Arrays, transforms: Sequence[Callable[..., Arrays]], epoch: int, index: int) -> Arrays:
        """Apply transforms, or what stands for them, with the random numbers of one sample."""
        key, own = (self.seed, epoch, index), self.compose.transforms
        self.compose.set_random_state(np.random.default_rng(key), random.Random(repr(key)))
        self.compose.transforms = transforms
        try:
            return self.compose(**given)
        finally:
            self.compose.transforms = own

    def _fault(self, given: Arrays, result: Arrays) -> str:
        """Say what is wrong with what came out; nothing if it may be trained on."""
        for name, before in given.items():
            what, after = "image" if name == "image" else "mask", result[name]
            if not isinstance(after, np.ndarray) or after.dtype != before.dtype:
                return (
                    f"turned the {what} into {type(after).__name__} of {getattr(after, 'dtype', 'no dtype')}, expected "
                    f"a NumPy array of {before.dtype}; remove Normalize, ToFloat and ToTensorV2, the model normalises."
                )
            if 0 in after.shape:
                return f"turned the {what} of shape {before.shape} into one of {after.shape}, expected pixels"
            channels = [array.shape[2:] if what == "image" else array.shape[:-2] for array in (before, after)]
            if after.ndim != before.ndim or channels[0] != channels[1]:
                return f"turned the {what} of shape {before.shape} into one of {after.shape}, expected as many channels"
        if len(result) == 1:
            return ""
        height, width = result["image"].shape[:2]
        mask: NDArray[np.uint8] = result["mask"] if "mask" in result else result["masks"]
        if mask.shape[-2:] != (height, width):
            return f"returned an image of {height} x {width} px and a mask of {mask.shape[-2]} x {mask.shape[-1]} px"
        return self._strangers(mask)

    def _strangers(self, mask: NDArray[np.uint8]) -> str:
        """Say which values of a mask are no class; wrapping around makes it one comparison, a few microseconds."""
        if self.num_values is None:
            return ""
        beyond = mask - np.uint8(self.num_values) < IGNORE_INDEX - self.num_values
        if not beyond.any():
            return ""
        values, counts = np.unique(mask[beyond], return_counts=True)
        shown = ", ".join(f"{value} ({count} pixels)" for value, count in zip(values[:5], counts[:5], strict=True))
        return (
            f"put {shown} into the mask, expected 0 to {self.num_values - 1}, or {IGNORE_INDEX} for pixels that no "
            "loss and no metric sees; correct its fill_mask, or what else writes into masks."
        )

    def _blame(self, given: Arrays, epoch: int, index: int) -> str:
        """Apply the transforms once more, watched, and say which is at fault first; nothing if none is again."""
        found: list[str] = []

        def watched(number: int, transform: Transform) -> Callable[..., Arrays]:
            def apply(**data: Any) -> Arrays:  # noqa: ANN401  (whatever albumentations passes on)
                before = {name: data[name] for name in given}
                try:
                    after: Arrays = transform(**data)
                    fault = self._fault(before, {name: after[name] for name in given})
                except Exception as error:
                    fault = _failure(error)
                if fault and not found:
                    found.append(f"{self.key}.{number}: {type(transform).__name__} {fault}")
                if fault:
                    raise DataError(found[0])
                return after

            return apply

        try:
            self._apply(given, [watched(*item) for item in enumerate(self.transforms)], epoch, index)
        except Exception:
            return found[0] if found else ""
        return ""


def _failure(error: Exception) -> str:
    too_small = type(error).__name__ == "CropSizeError"
    remedy = "; set pad_if_needed: true or a smaller size in it, or put a PadIfNeeded before it" if too_small else ""
    return f"failed, {type(error).__name__}: {in_a_line(error)}{remedy}"
