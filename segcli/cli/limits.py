"""Turn errors that a machine's limits raise in a run, of memory or of compilers, into short ones."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytorch_lightning as pl

from segcli.callbacks.current_batch import CurrentBatch
from segcli.cli import compile_failure, out_of_memory


@contextmanager
def explained(trainer: pl.Trainer, raw: bool = False) -> Iterator[None]:
    """Explain what goes wrong in a call of the trainer for want of memory or of a compiler.

    Args:
        trainer: It; a callback is added.
        raw: Whether to leave errors as they are.

    Raises:
        ConfigError: In place of such an error.
    """
    batch = CurrentBatch()
    trainer.callbacks.append(batch)  # type: ignore[attr-defined]  # set in the trainer's constructor, not declared
    try:
        yield
    except Exception as error:
        problem = out_of_memory.explain(error, trainer, batch) or compile_failure.explain(error)
        if problem is None or raw:
            raise
        raise problem from None
