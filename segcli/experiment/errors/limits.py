"""Say of images and of intervals what is beyond the limits of a run."""

import pytorch_lightning as pl

from segcli.callbacks.current_batch import CurrentBatch
from segcli.config.errors import ConfigError, Problem
from segcli.datasets.pairing import few
from segcli.sample import DataError

_ONE_VALUE = "Expected more than 1 value per channel when training"
ONE_VALUE_TOLD = (
    "a batch norm got one value per channel, of one image whose map is 1 x 1 px, and cannot train on that; set larger "
    "crops in data.train_transforms, or data.batch_size so that every batch of a device, the last of an epoch too, has "
    "2 images or more, or another decoder or backbone"
)


def is_of_one_value(error: BaseException) -> bool:
    """Return whether a batch norm got one value per channel."""
    return _ONE_VALUE in str(error)


def of_images(error: Exception, batch: CurrentBatch) -> DataError:
    """Return what to tell of images that the model cannot take, and which they are."""
    of = f"\n  in a batch of {few(batch.paths)}" if batch.paths else ""
    return DataError(f"{ONE_VALUE_TOLD if is_of_one_value(error) else error}{of}")


def of_interval(error: BaseException, trainer: pl.Trainer) -> ConfigError | None:
    """Return what to do about an interval of validations that is longer than an epoch."""
    if "`val_check_interval` (" not in str(error):
        return None
    batches, interval = trainer.num_training_batches, trainer.val_check_interval
    message = (
        f"got {interval}, more than the {batches} batches of an epoch, so that it would never come; give at most "
        f"{batches}, or set trainer.check_val_every_n_epoch to null to count batches over epochs"
    )
    return ConfigError([Problem(message, "trainer.val_check_interval")])
