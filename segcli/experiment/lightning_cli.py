"""LightningCLI over a composed experiment: it types, validates and instantiates one tree, and merges nothing."""

import copy
import sys
from enum import Enum
from typing import Any

import pytorch_lightning as pl
import yaml
from jsonargparse import Namespace, dict_to_namespace
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from pytorch_lightning.callbacks import Checkpoint, ModelCheckpoint, ProgressBar
from pytorch_lightning.cli import ArgsType, LightningArgumentParser, LightningCLI

from segcli.callbacks.absent_score import pass_over_absent_scores
from segcli.callbacks.averaging import check_single_average
from segcli.callbacks.best_checkpoint import BestCheckpoint
from segcli.callbacks.final_validation import FinalValidation
from segcli.callbacks.last_checkpoint import LastCheckpoint
from segcli.callbacks.pictures import Pictures
from segcli.callbacks.progress import EpochBar, ProgressLines, count_from_one
from segcli.config.component import arguments_of
from segcli.config.trainable import REFUSED_CALLBACKS, STILL_REFUSED, refused
from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.experiment.starting import brings_backbone, read_start, with_backbone
from segcli.experiment.strategies import check_strategy
from segcli.experiment.trainer_check import at_fault, check_loggers, check_names
from segcli.experiment.typed_values import AS_IT_IS, as_yaml, drop_unstated, put_exact_values_back
from segcli.inference.checkpoint import without_pretraining
from segcli.inference.inference import Inference
from segcli.inference.inference_settings import InferenceSettings
from segcli.inference.predict_settings import PredictSettings
from segcli.inference.start_weights import StartWeights
from segcli.runs.checkpoint_file import WholeCheckpoints
from segcli.runs.loggers import default_loggers, with_metrics_file
from segcli.runs.run_folder import RunFolder
from segcli.runs.settings import RunSettings
from segcli.task import SegmentationTask
from segcli.transforms.leaves import class_names

yaml.SafeDumper.add_multi_representer(Enum, lambda dumper, member: dumper.represent_data(member.value))
"""jsonargparse saves defaults through it, and those of Lightning's Timer are members of an enumeration of strings."""


_PARSERS = dict[type, LightningArgumentParser]()


class SegmentationCLI(LightningCLI):
    """Parse one tree at construction; build trainer, data and model from it on demand.

    Args:
        tree: The composed experiment, classes by their full paths; None for a parser alone.

    Raises:
        argparse.ArgumentError: If a value has the wrong type.
    """

    datamodule: SegmentationDataModule
    model: SegmentationTask

    def __init__(self, tree: dict[str, Any] | None = None) -> None:
        self._folder: RunFolder | None = None
        self._start: StartWeights | None = None
        self._continued_at: int | None = None
        self._callbacks: list[pl.Callback] = []
        super().__init__(
            SegmentationTask,
            SegmentationDataModule,
            subclass_mode_data=True,
            run=False,
            args=tree,
            seed_everything_default=0,
            save_config_callback=None,
            auto_configure_optimizers=False,
            load_from_checkpoint_support=False,
            parser_kwargs={"exit_on_error": False, "allow_abbrev": False, "parser_mode": AS_IT_IS},
        )

    def setup_parser(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  (as Lightning declares it)
        """Take the parser of an earlier call in this process, if there was one: it keeps nothing of what it parses."""
        if type(self) not in _PARSERS:
            super().setup_parser(*args, **kwargs)
            _PARSERS[type(self)] = self.parser
        self.parser = _PARSERS[type(self)]

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the sections beside model, data and trainer; take the class names from the data."""
        parser.add_lightning_class_args(BestCheckpoint, "checkpoint")
        parser.add_lightning_class_args(LastCheckpoint, "last_checkpoint")
        parser.add_lightning_class_args(Pictures, "pictures")
        parser.add_class_arguments(InferenceSettings, "inference")
        parser.add_class_arguments(PredictSettings, "predict")
        parser.add_class_arguments(RunSettings, "run")
        parser.link_arguments("data.classes", "model.classes", apply_on="instantiate")

    def parse_arguments(self, parser: LightningArgumentParser, args: ArgsType) -> None:
        """Parse the tree; the words of the command line were used up in composing it."""
        unseeded = {"seed_everything": False}
        self._tree, self.config = args or {}, dict_to_namespace(unseeded) if args is None else self.parse(args)

    def parse(self, tree: Any) -> Namespace:  # noqa: ANN401  (nested dicts and lists)
        """Type and validate one tree, and keep nothing of it: one parser does for any number of experiments.

        Raises:
            argparse.ArgumentError: If a value has the wrong type.
        """
        config = self.parser.parse_object(copy.deepcopy(tree))  # jsonargparse changes the lists in it
        put_exact_values_back(config, tree)
        return config

    def instantiate_classes(self) -> None:
        """Do nothing yet: the run folder must be there first."""

    def resolved(self) -> dict[str, Any]:
        """Return every value of the run, defaults and nulls included."""
        values: dict[str, Any] = yaml.safe_load(as_yaml(self.parser, self.config))
        put_exact_values_back(values, self.config.as_dict())
        drop_unstated(values, self._tree)
        if isinstance(limit := self.config.trainer.max_time, dict):  # of text or mapping, jsonargparse saves text
            values["trainer"]["max_time"] = dict(limit)
        return values

    def read_start(self) -> StartWeights | None:
        """Read the weights that the experiment starts from, once, if it names any.

        Raises:
            PartError: If the file is missing or holds none.
        """
        if self._start is None:
            self._start = read_start(self.config)
        return self._start

    def build(
        self,
        folder: RunFolder,
        callbacks: list[pl.Callback],
        load_weights: bool = True,
        continued_at: int | None = None,
    ) -> None:
        """Instantiate data, model and trainer.

        Args:
            folder: Where the run writes.
            callbacks: To be used beside those of the experiment.
            load_weights: Whether the weights are loaded that the experiment names; a checkpoint brings its own.
            continued_at: Optimizer steps that are behind an interrupted run which resumes in its folder.

        Raises:
            ValueError: If parts of the experiment cannot work together, such as the strategy with the devices.
        """
        self._folder, self._callbacks, self._continued_at = folder, callbacks, continued_at
        start = self.read_start() if load_weights else None
        if start is not None:
            start = with_backbone(start, self.config.model.backbone)
        if not load_weights or (start is not None and brings_backbone(self.config, start)):
            arguments = arguments_of(self.config.model.backbone)
            for key, value in without_pretraining(dict(arguments.items())).items():
                arguments[key] = value
        self.config.model.weights = None  # they were read
        super().instantiate_classes()
        self.model.builder.start, self._start = start, None
        trained = class_names(self.datamodule.train_transforms)
        settings: InferenceSettings = self.config_init.inference
        self.model.evaluation.inference = Inference(settings, self.model.kind.name, self.model.classes, trained)
        self._put_in_order(self.config_init.checkpoint)
        pass_over_absent_scores(self.trainer)
        count_from_one(self.trainer)
        _check_callbacks(self.trainer)
        check_single_average(self.trainer.callbacks)  # type: ignore[attr-defined]  # set in its constructor
        check_loggers(self.trainer.callbacks, bool(self.trainer.loggers))  # type: ignore[attr-defined]  # as above
        check_strategy(self.trainer, self.config.trainer.sync_batchnorm)
        for callback in self.trainer.checkpoint_callbacks:
            if isinstance(callback, ModelCheckpoint) and callback.dirpath is None:
                callback.dirpath = str(folder.checkpoints)
        if type(self.trainer.strategy.checkpoint_io) is TorchCheckpointIO:
            self.trainer.strategy.checkpoint_io = WholeCheckpoints()

    def instantiate_trainer(self, **kwargs: Any) -> pl.Trainer:  # noqa: ANN401  (as Lightning declares it)
        """Build the trainer with everything that depends on the run folder.

        Raises:
            TrainerError: If it refuses an argument.
        """
        assert self._folder is not None
        self.trainer_defaults = {"callbacks": [*self._callbacks, *self._progress(kwargs)]}
        if self.config.trainer.logger is True:
            kwargs["logger"] = default_loggers(self._folder.path, self._continued_at)
        elif self.config_init.trainer.logger:
            kwargs["logger"] = with_metrics_file(self.config_init.trainer.logger, self._folder.path)
        given = self.config_init.trainer.callbacks or []
        own: BestCheckpoint = self.config_init.checkpoint
        others = given if isinstance(given, list) else [given]
        own.is_alone = all(own.state_key != other.state_key for other in others)
        check_names(self.config.trainer)
        try:
            return super().instantiate_trainer(default_root_dir=str(self._folder.path), **kwargs)
        except Exception as error:
            raise at_fault(error, {**vars(self.config_init.trainer), **kwargs}) from error

    def _put_in_order(self, checkpoint: ModelCheckpoint) -> None:
        """Let the checkpoint of the section of that name be the trainer's first, not one of ``trainer.callbacks``.

        Before all checkpoints comes what decides on the last validation, after all that may end the run.
        """
        callbacks: list[pl.Callback] = self.trainer.callbacks  # type: ignore[attr-defined]  # set in its constructor
        last = [callback for callback in callbacks if isinstance(callback, FinalValidation)]
        moved = [*last, checkpoint] if checkpoint in callbacks else last
        others = [callback for callback in callbacks if callback not in moved]
        first = next((i for i, other in enumerate(others) if isinstance(other, Checkpoint)), len(others))
        callbacks[:] = [*others[:first], *moved, *others[first:]]

    def _progress(self, kwargs: dict[str, Any]) -> list[pl.Callback]:
        """Choose between bar and lines, unless the experiment has a bar of its own or wants none."""
        given = self.config_init.trainer.callbacks or []
        configured = given if isinstance(given, list) else [given]
        chosen = any(isinstance(callback, ProgressBar) for callback in configured)
        if chosen or self.config.trainer.enable_progress_bar is False:
            return []
        if sys.stdout.isatty():  # to which the bar is drawn
            return [EpochBar()]
        kwargs["enable_progress_bar"] = False
        return [ProgressLines()]


def _check_callbacks(trainer: pl.Trainer) -> None:
    """Refuse what is derived from a callback of Lightning's that :mod:`segcli.config.trainable` refuses.

    Raises:
        ValueError: If there is one.
    """
    for callback in trainer.callbacks:  # type: ignore[attr-defined]  # set in its constructor
        own = type(callback)
        derived = (refused(f"{base.__module__}.{base.__qualname__}") for base in own.__mro__[1:])
        name = next((each for each in derived if each is not None and each in STILL_REFUSED), None)
        if name is not None and not own.__module__.startswith(("segcli.", "pytorch_lightning.")):
            raise ValueError(f"trainer.callbacks: {own.__qualname__} is a {name}, which {REFUSED_CALLBACKS[name]}")
