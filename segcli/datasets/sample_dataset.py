"""What all datasets here share: from a loaded image and mask to a sample."""

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from segcli.config.errors import in_a_line
from segcli.datasets.image_channels import ImageForm
from segcli.datasets.mask_targets import MaskTargets
from segcli.datasets.packed_file import Name, Source
from segcli.sample import DataError, Sample, is_out_of_memory


class SampleTransform(Protocol):
    """Something that transforms an image and its mask together, e.g. ``segcli.transforms.seeded_compose``."""

    def __call__(
        self, image: NDArray[Any], mask: NDArray[np.uint8] | None, epoch: int, index: int
    ) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
        """Map an ``(H, W)`` or ``(H, W, C)`` image and its mask, if any, to new ones of one size.

        A mask is ``(H, W)``, or ``(K, H, W)`` with a channel per class.
        """


class SampleCache(Protocol):
    """Something that holds decoded samples, e.g. ``segcli.datasets.decoded_cache``."""

    def load(self, index: int) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
        """Return what the dataset's ``load`` does; arrays may be read-only."""


class SampleDataset(Dataset[Sample], ABC):
    """A dataset of images, with or without masks.

    Samples are asked for by ``(epoch, index)``, so that also a worker that lives through all epochs knows the epoch;
    a plain index means epoch 0.

    Args:
        transform: Applied to image and mask together; None for none.

    Attributes:
        mask_targets: Computes what the loss asks for of each mask, after the transform; None where it asks for nothing.
        cache: Holds what :meth:`load` returns; None to load anew each time.
    """

    mask_targets: MaskTargets | None = None
    cache: SampleCache | None = None

    def __init__(self, transform: SampleTransform | None = None) -> None:
        self.transform = transform

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of images."""

    @abstractmethod
    def paths(self) -> list[str]:
        """Return the unique name of every image, the ``path`` of its sample."""

    def grouped_paths(self) -> list[str]:
        """Return the path of every image by which patterns group it."""
        return self.paths()

    @abstractmethod
    def sizes(self) -> list[tuple[int, int]]:
        """Return height and width of every image on disk in pixels, without decoding it."""

    @abstractmethod
    def load(self, index: int) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
        """Return image ``(H, W)`` or ``(H, W, C)`` and mask, None without truth.

        The image is uint8, or of the type of :attr:`image_form`.
        A mask is ``(H, W)`` with class indices, or ``(K, H, W)`` with 0 and 1 for every class.
        """

    def decoding(self) -> str | None:
        """Return what decides, beside the content of files, what :meth:`load` returns; None if that is not known."""
        return None

    def load_mask(self, index: int) -> NDArray[np.uint8] | None:
        """Return the mask alone, as :meth:`load` does."""
        return self.load(index)[1]

    def sources(self, index: int) -> list[Source]:
        """Return what the sample is made of."""
        return [Path(self.paths()[index])]

    def source_names(self, index: int) -> list[Name]:
        """Return the same with the files' names as text."""
        return [str(part) if isinstance(part, Path) else part for part in self.sources(index)]

    def mask_sources(self, index: int) -> list[Source]:
        """Return those of :meth:`sources` that are of the mask; they come last."""
        return self.sources(index)[1:]

    @property
    def image_form(self) -> ImageForm | None:
        """What the pixels of all images are, before and after transforms; None for uint8 as ``image_mode`` says."""
        return None

    def faults(self, index: int, content: Sequence[bytes] | None) -> list[str]:
        """Return what is wrong with the files of a sample, as errors word it; a made-up sample has none.

        Args:
            index: Position of the sample.
            content: What :meth:`sources` hold; None to look at headers of files only.
        """
        return []

    def label_table(self) -> str | None:
        """Return which values masks may hold and what they stand for; None without masks to read."""
        return None

    def ids(self) -> list[str]:
        """Return the names of all images below their common folder: the same wherever the data lie."""
        paths = [_normal(path) for path in self.paths()]
        folder = os.path.commonpath({"".join(path.rpartition("/")[:2]) for path in paths}) if paths else ""
        start = len(PurePath(folder, "_").as_posix()) - 1
        return [path[start:] for path in paths]

    def __getitem__(self, key: int | tuple[int, int]) -> Sample:
        """Return the sample for ``(epoch, index)``.

        Raises:
            DataError: If a file is at fault, or the transforms fail on it or return another type; not if
                they are out of memory, whose error stays as it is.
        """
        epoch, index = (0, key) if isinstance(key, int) else key
        image, mask = (self.cache or self).load(index)
        path, size = self.paths()[index], (image.shape[0], image.shape[1])
        if self.transform is not None:
            try:
                image, mask = self.transform(image, mask, epoch, index)
            except Exception as error:  # whatever a transform raises, the file must be named
                if is_out_of_memory(error):
                    raise
                named = isinstance(error, DataError)
                reason = str(error) if named else f"a transform failed, {type(error).__name__}: {in_a_line(error)}"
                raise DataError(f"{path} ({size[0]} x {size[1]} px): {reason}") from error
        _require_type(image, "image", path, "uint8" if self.image_form is None else self.image_form.dtype)
        sample = Sample(image=_channels_first(image), path=path, size=size)
        if mask is not None:
            _require_type(mask, "mask", path)
            mask = _own(mask)
            sample["mask"] = torch.from_numpy(mask)
            if self.mask_targets is not None:
                sample["targets"] = self.mask_targets(mask)
        return sample


def _require_type(array: NDArray[Any], what: str, path: str, dtype: str = "uint8") -> None:
    if not isinstance(array, np.ndarray) or array.dtype != dtype:
        raise DataError(
            f"{path}: the transforms turned the {what} into {type(array).__name__} of {array.dtype}, expected a NumPy "
            f"array of {dtype}; remove Normalize, ToFloat and ToTensorV2, the model normalises."
        )


def _normal(path: str) -> str:
    """Return a path with single slashes and without dots that mean nothing."""
    is_normal = os.sep == "/" and "//" not in path and "/." not in path and not path.startswith("./")
    return path if is_normal else PurePath(path).as_posix()


def _own(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array in the order of its pixels that may be written to: a part of a cache may not."""
    return np.ascontiguousarray(array) if array.flags.writeable else array.copy(order="C")


def _channels_first(image: NDArray[Any]) -> torch.Tensor:
    """View ``(H, W)`` or ``(H, W, C)`` as ``(C, H, W)`` without copying, hence in channels-last order."""
    array = _own(image)
    return torch.from_numpy(array[..., None] if array.ndim == 2 else array).permute(2, 0, 1)
