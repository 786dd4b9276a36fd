"""Sizes of images, and a crop and a batch that go with them and with the device."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from segcli.survey.setting import Setting, count

_MULTIPLE = 32
"""Strides of backbones divide it."""
_LARGEST = {"cpu": 256, "cuda": 512}
"""Pixels of the side of a crop, by device."""
_CPU_BATCH, _MOST = 4, 16
_GIB_PER_MEGAPIXEL = 5.0
"""Memory that an image takes in training, roughly, with FPN on resnet34 in 32 bits; not measured."""
_USED = 0.5
"""Share of the free memory that is planned with."""


@dataclass(frozen=True)
class Device:
    """What trains.

    Attributes:
        kind: ``cpu`` or ``cuda``.
        name: As it calls itself.
        memory_gib: Free memory of a GPU; 0 for CPUs.
    """

    kind: str
    name: str
    memory_gib: float = 0.0


def this_device() -> Device:
    """Return the first GPU if there is one, else the CPUs."""
    if not torch.cuda.is_available():
        return Device("cpu", "CPUs")
    free, _ = torch.cuda.mem_get_info(0)
    return Device("cuda", torch.cuda.get_device_name(0), free / 2**30)


def size_text(sizes: Sequence[tuple[int, int]]) -> str:
    """Say how large images are: ``512x512``, or ``from 300x200 to 640x480``, width x height.

    Args:
        sizes: Heights and widths.
    """
    smallest = min(sizes, key=lambda size: (size[0] * size[1], size))
    largest = max(sizes, key=lambda size: (size[0] * size[1], size))
    shown = [f"{width}x{height}" for height, width in (smallest, largest)]
    return shown[0] if shown[0] == shown[1] else f"{shown[0]} to {shown[1]}"


def training_size(sizes: Sequence[tuple[int, int]], training_images: int, device: Device) -> list[Setting]:
    """Return the crop and the batch.

    Args:
        sizes: Heights and widths of images.
        training_images: How many there are to train with.
        device: What trains.
    """
    shortest = min(min(size) for size in sizes)
    largest = _LARGEST[device.kind]
    crop = max(_MULTIPLE, min(largest, shortest // _MULTIPLE * _MULTIPLE))
    images = f"images are {size_text(sizes)} px"
    if crop == largest:
        why = (
            f"{images}; more takes long on {device.name}"
            if device.kind == "cpu"
            else f"{images}; sides up to {largest}"
        )
    elif crop > shortest:
        why = f"{images}; the smallest multiple of {_MULTIPLE}, what is missing is padded and ignored"
    else:
        why = f"{images}; the largest multiple of {_MULTIPLE} within the shortest side"
    return [Setting("vars.crop", crop, why), _batch(crop, training_images, device)]


def _batch(crop: int, training_images: int, device: Device) -> Setting:
    need = crop**2 / 1e6 * _GIB_PER_MEGAPIXEL
    if device.kind == "cpu":
        size, why = _CPU_BATCH, "small, for CPUs"
    else:
        fitting = max(2.0, _USED * device.memory_gib / need)
        size = min(_MOST, 1 << int(fitting).bit_length() - 1)
        why = f"about {size * need:.1f} GiB by a rough estimate, of {device.memory_gib:.0f} free on {device.name}"
    while size > 2 and size > training_images:
        size //= 2
    few = f"; {count(training_images, 'image')} to train with" if training_images < 2 * size else ""
    return Setting("data.batch_size", size, f"{why}{few}; the verb tune measures")
