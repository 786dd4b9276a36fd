"""Checkpoints that appear whole or not at all."""

from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO

from segcli.disk import sync_folder, whole_file


class CheckpointWriteError(OSError):
    """A checkpoint cannot be written; the message says where, why, and what is left."""


class WholeCheckpoints(TorchCheckpointIO):
    """Write a checkpoint to a temporary name beside its place, then rename it.

    A kill or a full disk leaves the previous checkpoint of that name. Lightning's own writer gathers the checkpoint in
    memory, and its temporary file may lie on another disk, from where it is copied bit by bit.
    """

    def save_checkpoint(
        self,
        checkpoint: dict[str, Any],
        path: str | Path,
        storage_options: Any = None,  # noqa: ANN401  (as Lightning declares it)
    ) -> None:
        """Write one checkpoint.

        Raises:
            CheckpointWriteError: If it cannot be written.
        """
        if "://" in str(path) or storage_options is not None:  # remote storage knows no rename
            super().save_checkpoint(checkpoint, path, storage_options)
            return
        target = Path(path)
        try:
            _write(checkpoint, target)
        except (OSError, RuntimeError) as error:  # torch turns a failed write into a RuntimeError
            raise CheckpointWriteError(
                f"cannot write checkpoint {target}: {_reason(error)}; {_what_is_left(target)}"
            ) from error


def _write(checkpoint: dict[str, Any], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    for stale in target.parent.glob(f".{target.name}.*"):  # of a process that was killed while writing
        stale.unlink(missing_ok=True)
    with whole_file(target) as file:
        torch.save(checkpoint, file)
    sync_folder(target.parent)


def _reason(error: Exception) -> str:
    """Return what the system said, which torch's own error may hide."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return next(iter(str(error).splitlines()), type(error).__name__)


def _what_is_left(target: Path) -> str:
    if target.is_file():
        return "the previous one is whole: make room, then resume from it with --ckpt_path"
    return "make room, or choose another place with --run.root DIR"
