"""Turn errors that limits raise in a run, of memory, of compilers or of batch norms, into short ones."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytorch_lightning as pl

from segcli.callbacks.current_batch import CurrentBatch
from segcli.config.errors import ConfigError, Problem
from segcli.datasets.pairing import few
from segcli.experiment.errors import compile_failure, out_of_memory
from segcli.experiment.errors.translate import is_ours
from segcli.sample import DataError

_ONE_VALUE = "Expected more than 1 value per channel when training"
ONE_VALUE_TOLD = (
    "a batch norm got one value per channel, of one image whose map is 1 x 1 px, and cannot train on that; set larger "
    "crops in data.train_transforms, or data.batch_size so that every batch of a device, the last of an epoch too, has "
    "2 images or more, or another decoder or backbone"
)


@contextmanager
def explained(trainer: pl.Trainer, raw: bool = False) -> Iterator[None]:
    """Explain what goes wrong in a call of the trainer for want of memory, of a compiler or of images.

    Args:
        trainer: It; a callback is added.
        raw: Whether to leave errors as they are.

    Raises:
        ConfigError: In place of such an error.
        DataError: In place of one of images, whose files it names.
    """
    batch = CurrentBatch()
    trainer.callbacks.append(batch)  # type: ignore[attr-defined]  # set in the trainer's constructor, not declared
    try:
        yield
    except Exception as error:
        problem: ConfigError | DataError | None = out_of_memory.explain(error, trainer, batch)
        problem = problem or compile_failure.explain(error) or _of_images(error, batch) or _of_interval(error, trainer)
        if problem is None or raw:
            raise
        raise problem from None


def _of_images(error: Exception, batch: CurrentBatch) -> DataError | None:
    """Return what to tell of images that the model cannot take, such as those of another size, and which they are."""
    is_of_size = isinstance(error, ValueError) and is_ours(error) and bool(batch.shape)
    if not is_of_size and not is_of_one_value(error):
        return None
    of = f"\n  in a batch of {few(batch.paths)}" if batch.paths else ""
    return DataError(f"{ONE_VALUE_TOLD if is_of_one_value(error) else error}{of}")


def is_of_one_value(error: BaseException) -> bool:
    """Return whether a batch norm got one value per channel."""
    return _ONE_VALUE in str(error)


def _of_interval(error: BaseException, trainer: pl.Trainer) -> ConfigError | None:
    """Return what to do about an interval of validations that is longer than an epoch."""
    if "`val_check_interval` (" not in str(error):
        return None
    batches, interval = trainer.num_training_batches, trainer.val_check_interval
    message = (
        f"got {interval}, more than the {batches} batches of an epoch, so that it would never come; give at most "
        f"{batches}, or set trainer.check_val_every_n_epoch to null to count batches over epochs"
    )
    return ConfigError([Problem(message, "trainer.val_check_interval")])
