"""Which key of an experiment a user may mean who types its last part, or what another program calls it."""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from segcli.config.component import component_key, flat_key, is_of_class
from segcli.config.compose import Experiment, compose
from segcli.config.errors import ConfigError
from segcli.config.experiment_file import experiment_file
from segcli.config.node import dotted
from segcli.config.resolve import resolve

OTHER_NAMES = {
    **dict.fromkeys(("epochs", "epoch", "num_epochs", "n_epochs", "max_epoch"), "trainer.max_epochs"),
    **dict.fromkeys(("steps", "num_steps", "iters", "max_iters", "max_iter", "iterations"), "trainer.max_steps"),
    **dict.fromkeys(("lr", "learning_rate", "init_lr", "base_lr"), "model.optimizer.lr"),
    **dict.fromkeys(("weight_decay", "wd"), "model.optimizer.weight_decay"),
    **dict.fromkeys(("batch", "bs", "train_batch_size", "batchsize"), "data.batch_size"),
    **dict.fromkeys(("workers", "n_workers", "j"), "data.num_workers"),
    **dict.fromkeys(("data_root", "data_dir", "data_path", "dataset", "datadir", "source"), "data.root"),
    **dict.fromkeys(("gpus", "gpu", "num_gpus", "n_gpus", "nproc"), "trainer.devices"),
    **dict.fromkeys(("device",), "trainer.accelerator"),
    **dict.fromkeys(("amp", "fp16", "bf16", "half"), "trainer.precision"),
    **dict.fromkeys(("seed", "random_seed", "manual_seed"), "seed_everything"),
    **dict.fromkeys(("exp_name", "experiment_name", "run_name", "experiment"), "run.name"),
    **dict.fromkeys(
        ("output_dir", "output", "out", "out_dir", "work_dir", "save_dir", "log_dir", "logdir", "default_root_dir"),
        "run.root",
    ),
    **dict.fromkeys(("arch", "model_name", "head"), "model.decoder"),
    **dict.fromkeys(("encoder", "encoder_name", "backbone_name"), "model.backbone.name"),
    **dict.fromkeys(("criterion", "loss_fn"), "model.loss"),
    **dict.fromkeys(("optim", "opt"), "model.optimizer"),
    **dict.fromkeys(("scheduler", "lr_scheduler", "sched"), "model.schedule"),
    **dict.fromkeys(("encoder_weights", "imagenet"), "model.backbone.pretrained"),
}
"""Names in other programs, written with ``_``, and the keys here."""
_SECTIONS = ("trainer", "data", "model", "run", "seed_everything")
_MOST_LEVELS = 4
_ANY_DATA = ("--data", "PatternDataModule", "--data.root", "images")


class KnownKeys:
    """The keys of the experiment that a command line names; without one that composes, of one on folders of images.

    Args:
        line: Words of the command line.
    """

    def __init__(self, line: Iterable[str]) -> None:
        self._line = tuple(line)

    def meant_by(self, name: str) -> list[str]:
        """Return the keys that a name may stand for.

        Args:
            name: As typed, without the dashes before it.
        """
        name = name.replace("-", "_").rstrip("+").lower()
        if name in OTHER_NAMES:
            return [OTHER_NAMES[name]]
        found = [key for key in self._values if key == name or key.endswith(f".{name}")]
        components = {component_key(key): None for key in self._values if is_of_class(key)}
        found += [key for key in components if key.rpartition(".")[2] == name]
        return [key for key in found if key.startswith(_SECTIONS) and key.count(".") < _MOST_LEVELS]

    def is_switch(self, key: str) -> bool:
        """Return whether a key holds true or false."""
        return isinstance(self._values.get(flat_key(key)), bool)

    @cached_property
    def _values(self) -> dict[str, object]:
        for word in (part for typed in self._line for part in (typed, typed.partition("=")[2])):
            if Path(word).suffix in (".yaml", ".yml") or (Path(word) / "config.yaml").is_file():
                try:
                    return _leaves(compose([experiment_file(word)]))
                except ConfigError:
                    continue
        return _leaves(compose([], _ANY_DATA, checked=False))


def _leaves(experiment: Experiment) -> dict[str, object]:
    return {dotted(path): node.value for path, node in resolve(experiment).leaves()}
