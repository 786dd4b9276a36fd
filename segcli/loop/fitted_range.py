"""Which image values stand for 0 and 1: as the experiment says, or as the training images have them."""

import pytorch_lightning as pl

from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.datasets.channel_ranges import channel_ranges
from segcli.datasets.image_channels import ImageForm
from segcli.sample import DataError
from segcli.value_range import EIGHT_BITS, PERCENTILES, ValueRange


def fitted_range(value_range: ValueRange, in_channels: int, trainer: pl.Trainer, trains: bool) -> ValueRange:
    """Return the range of images, which is computed before a training, and in a checkpoint after it.

    Args:
        value_range: As the experiment says.
        in_channels: Channels that the backbone takes.
        trainer: Its datamodule has prepared the splits of the stage.
        trains: Whether the stage is a training.

    Raises:
        DataError: If images have other channels than the backbone, an image is at fault, a channel has one value only,
            or the range of 8 bits is left as it is for images of another type.
    """
    data = _data(trainer)
    if data is None:
        return value_range
    form = _form(data)
    if form is not None and form.channels != in_channels:
        raise DataError(
            f"images have {form}, and the backbone takes {in_channels}; set model.backbone.in_channels to "
            f"{form.channels}."
        )
    if form is not None and form.dtype != "uint8" and value_range == EIGHT_BITS:
        raise DataError(
            f"images have {form}, and model.value_range {[*EIGHT_BITS]} is of 8 bits; set it to percentiles, or to the "
            "values that stand for 0 and 1."
        )
    if value_range != PERCENTILES or not trains:
        return value_range
    found = channel_ranges(data.datasets["train"])
    if flat := [number for number, (low, high) in enumerate(found, start=1) if low == high]:
        raise DataError(
            f"model.value_range got {PERCENTILES}, and channel {flat[0]} of the training images has nearly everywhere "
            f"the value {found[flat[0] - 1][0]:g}; set it to the values that stand for 0 and 1, for each channel."
        )
    return found


def image_dtype(trainer: pl.Trainer) -> str | None:
    """Return the type of the images that were prepared; None where that is not known."""
    data = _data(trainer)
    form = None if data is None else _form(data)
    return None if data is None else "uint8" if form is None else form.dtype


def _data(trainer: pl.Trainer) -> SegmentationDataModule | None:
    data = trainer.datamodule  # type: ignore[attr-defined]  # set by fit(datamodule=...), not declared
    return data if isinstance(data, SegmentationDataModule) else None


def _form(data: SegmentationDataModule) -> ImageForm | None:
    """Return the form of the images of all splits, where ``data.image_mode`` does not say it."""
    return next((form for each in data.datasets.values() if (form := each.image_form) is not None), None)
