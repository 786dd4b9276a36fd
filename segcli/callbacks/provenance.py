"""What a run was made from: its data, its weights, and what its scores mean."""

import hashlib
import sys
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.strategies import FSDPStrategy
from torch import Tensor, nn

from segcli.callbacks.data_record import record_data
from segcli.config.output import say
from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.datasets.unused_files import unused_note
from segcli.loop.class_rules import found_weights
from segcli.metrics.definitions import definitions
from segcli.runs.passport import Passport
from segcli.runs.settings import FingerprintOf
from segcli.runs.surroundings import file_hash
from segcli.task import SegmentationTask


class Provenance(pl.Callback):
    """Record fingerprints of the data, a hash of the weights at the start, and the definitions of the metrics.

    Args:
        passport: The record of the run.
        how: What of the data is hashed; see ``run.fingerprint``.
    """

    def __init__(self, passport: Passport, how: FingerprintOf = "content") -> None:
        super().__init__()
        self._passport, self._how = passport, how
        self._backbone_hash: str | None = None

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Hash the backbone before a strategy takes it apart."""
        if stage == "fit" and isinstance(pl_module, SegmentationTask) and self._passport.get("weights") is None:
            self._backbone_hash = weights_hash(pl_module.backbone)

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Record data and weights of a training; of one that is resumed, see that its data are as they were."""
        before, now = self._passport.get("data"), self._data(trainer)
        assert isinstance(pl_module, SegmentationTask)
        if before is not None:
            loss = _of_both(self._passport.get("loss"), _loss(trainer, pl_module))
            self._passport.add(data=_with_changes(before, now), loss=loss)
            return
        hashes = {"backbone": self._backbone_hash}
        if not isinstance(trainer.strategy, FSDPStrategy):  # there every process holds a part only
            hashes["model"] = weights_hash(pl_module)
        class_weights = found_weights(pl_module.loss, pl_module.classes)
        more: dict[str, Any] = {"class_weights": class_weights} if class_weights else {}
        if (start := pl_module.builder.warm_start) is not None:
            say(str(start), file=sys.stderr)
            record = {"checkpoint": str(start.path), "sha256": file_hash(start.path), "taken": len(start.taken)}
            more |= {"started_from": {**record, "new": list(start.new)}}
        elif note := pl_module.backbone.weights_note:
            say(note, file=sys.stderr)
        self._add(trainer, pl_module, data=now, weights=hashes, **more)

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Record the data that a checkpoint is measured on."""
        if trainer.state.fn == "validate":
            self._add(trainer, pl_module, data=self._data(trainer))

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Record the data that a checkpoint is tested on."""
        self._add(trainer, pl_module, data=self._data(trainer))

    def _add(self, trainer: pl.Trainer, module: pl.LightningModule, **entries: object) -> None:
        assert isinstance(module, SegmentationTask)
        metrics = definitions(module.kind.name, module.classes)
        scores = [vars(spec) for spec in module.evaluation.metrics.metric_specs]
        self._passport.add(
            **entries, metrics=metrics, loss=_loss(trainer, module), **({"scores": scores} if scores else {})
        )

    def _data(self, trainer: pl.Trainer) -> dict[str, Any]:
        data = trainer.datamodule  # type: ignore[attr-defined]  # set by fit(datamodule=...), not declared
        assert isinstance(data, SegmentationDataModule)
        if trainer.state.fn == "fit" and data.folder is not None and (unused := data.unused_files()):
            say(unused_note(data.folder, unused), file=sys.stderr)
        return record_data(data, Path(trainer.default_root_dir), self._how)


def weights_hash(module: nn.Module) -> str:
    """Return 16 hexadecimal digits of SHA-256 over the names and bytes of all parameters and buffers."""
    found = hashlib.sha256()
    for name, value in module.state_dict().items():
        if isinstance(value, Tensor):
            found.update(name.encode())
            found.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return found.hexdigest()[:16]


def _loss(trainer: pl.Trainer, module: SegmentationTask) -> list[str]:
    """Return what the loss of a split is the mean of."""
    data = trainer.datamodule  # type: ignore[attr-defined]  # set by fit(datamodule=...), not declared
    found, tile = module.criterion.definition(data.val_batch_size), module.evaluation.inference.settings.tile
    return found if tile is None else [f"{each}, of tiles (inference.tile {tile})" for each in found]


def _of_both(before: list[str] | None, now: list[str]) -> list[str]:
    """Return the definition of the loss in a run that was resumed; 0.4.0 recorded none."""
    if before == now:
        return now
    return [f"{'; '.join(before or ['not recorded'])}, then {'; '.join(now)}"]


def _with_changes(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """Return the data of a run that is resumed: where they changed in between, those of no other run."""
    changed = [split for split, found in now["splits"].items() if before["splits"].get(split) != found]
    if not changed:
        return now
    say(f"the data of {', '.join(changed)} are not those that the run began with", file=sys.stderr)
    splits = {
        split: {**found, "content": f"{before['splits'][split]['content']}, then {found['content']}"}
        for split, found in now["splits"].items()
        if split in changed and split in before["splits"]
    }
    return {**now, "splits": {**now["splits"], **splits}}
