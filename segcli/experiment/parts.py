"""Build the parts of an experiment one by one, to say which of them refuses what it is given."""

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

import torch
import torchmetrics
from jsonargparse import ArgumentParser, Namespace, dict_to_namespace
from pytorch_lightning import Callback
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import nn

from segcli.backbones.base import Backbone
from segcli.callbacks.averaging import check_single_average
from segcli.config.component import arguments_of
from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.datasets.class_counts import ClassCounts
from segcli.datasets.record_image import NATIVE
from segcli.decoders.base import DecoderFactory
from segcli.experiment.errors.origin import is_ours
from segcli.experiment.trainer_check import check_loggers
from segcli.experiment.typed_values import AS_IT_IS
from segcli.inference.checkpoint import without_pretraining
from segcli.inference.inference import Inference
from segcli.inference.inference_settings import InferenceSettings
from segcli.losses.base import Loss
from segcli.losses.criterion import Criterion
from segcli.losses.dense_criterion import criterion_of
from segcli.metrics.base import ImageMetric, Metric
from segcli.metrics.chosen_metrics import drawn_batch
from segcli.optim.base import OptimizerFactory, ScheduleFactory
from segcli.optim.freezing import Freezing
from segcli.optim.parameter_groups import ParameterGroups
from segcli.sample import IGNORE_INDEX
from segcli.task import SegmentationTask
from segcli.task_kind import KINDS
from segcli.transforms.leaves import class_names

Tree = Mapping[str, Any] | Namespace

_PATCH_PX = 8
_LONG_RUN_STEPS = 1_000_000
_PARTS: Mapping[str, Any] = {
    "data": SegmentationDataModule,
    "model.backbone": Backbone,
    "model.decoder": DecoderFactory,
    "model.auxiliary": list[DecoderFactory] | None,
    "model.loss": Loss | Criterion,
    "model.optimizer": OptimizerFactory,
    "model.schedule": ScheduleFactory | None,
    "model.parameter_groups": ParameterGroups | None,
    "model.freezing": Freezing | None,
    "model.metrics": list[Metric | torchmetrics.Metric] | None,
    "trainer.callbacks": list[Callback] | Callback | None,
}


class PartError(Exception):
    """A part of an experiment refuses its arguments, or what it is given.

    Args:
        key: Its dotted key.
        message: What it said.
    """

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key

    @property
    def is_of_any_image(self) -> bool:
        """Whether a component of ours said it, and not of the size or the device that was tried."""
        cause = self.__cause__
        in_our_words = cause is None or (isinstance(cause, ValueError) and is_ours(cause))
        return in_our_words and self.key not in ("model", "model.backbone")


def check_parts(tree: Tree) -> SegmentationDataModule:
    """Build what is cheap, all but backbone and decoder; pass a few logits through the loss, and back.

    Args:
        tree: The experiment, classes by their full paths.

    Returns:
        The datamodule, which has read nothing yet.

    Raises:
        PartError: If a part refuses its arguments, or the loss the number of classes.
    """
    data, model = part(tree, "data"), tree["model"]
    loss, schedule = part(tree, "model.loss"), part(tree, "model.schedule")
    factories = part(tree, "model.decoder"), part(tree, "model.optimizer")
    part(tree, "model.parameter_groups")
    metrics = part(tree, "model.metrics")
    _check_freezing(tree)
    with blamed("data"):
        data.check_settings()
        if data.image_mode == NATIVE:
            data.require_channels(in_channels(tree))
    with blamed("model.optimizer"):
        optimizer = factories[1](params=[nn.Parameter(torch.zeros(1))])
    with blamed("model.schedule"):
        if schedule is not None:
            schedule(optimizer=optimizer, total_steps=_LONG_RUN_STEPS)
    with blamed("model"):
        backbone = cast(Backbone, None)  # the constructor only keeps it
        keys = ("task", "average_precision_thresholds", "extra_loss_weight", "loss_at")
        options = {key: model[key] for key in keys if key in model}
        task = SegmentationTask(backbone, factories[0], loss, factories[1], data.classes, metrics=metrics, **options)
    with blamed("model.task"):
        task.kind.require_masks(data.multilabel)
    with blamed("inference"):
        inference_of(tree, data)
    _try_metrics(task, data)
    part(tree, "model.auxiliary")
    try_loss(tree)
    return data


def check_callbacks(tree: Tree) -> None:
    """Build the callbacks.

    Raises:
        PartError: If one refuses its arguments, two average the weights, or one logs and nothing keeps its logs.
    """
    built = part(tree, "trainer.callbacks")
    with blamed("trainer.callbacks"):
        callbacks = built if isinstance(built, list) else [built]
        check_single_average(callbacks)
        check_loggers(callbacks, tree.get("trainer", {}).get("logger") is not False)


def check_checkpoint(tree: Mapping[str, Any]) -> None:
    """Build what chooses and writes checkpoints.

    Raises:
        PartError: If it refuses its arguments.
    """
    with blamed("checkpoint"):
        ModelCheckpoint(**tree.get("checkpoint", {}))


def part(tree: Tree, key: str) -> Any:  # noqa: ANN401  (whatever stands there)
    """Instantiate what stands at one key of an experiment; factories still wait for their run-time arguments.

    Args:
        tree: The experiment, classes by their full paths; parsed already, it is not parsed again.
        key: ``data``, or a component of the model; a backbone loads no weights.

    Raises:
        PartError: If it refuses its arguments.
    """
    section, _, name = key.rpartition(".")
    value = (tree.get(section, {}) if section else tree).get(name)
    if value is None:
        return None
    with blamed(key):
        parser, value = _parser(key), copy.deepcopy(value)
        is_parsed = isinstance(tree, Namespace)
        config = dict_to_namespace({"part": value}) if is_parsed else parser.parse_object({"part": value})
        if key == "model.backbone":
            arguments = arguments_of(config.part)
            for name, off in without_pretraining(dict(arguments.items())).items():
                arguments[name] = off
        return parser.instantiate(config).part


@cache
def _parser(key: str) -> ArgumentParser:
    parser = ArgumentParser(exit_on_error=False, parser_mode=AS_IT_IS)
    parser.add_argument("--part", type=_PARTS[key])
    return parser


@contextmanager
def blamed(key: str) -> Iterator[None]:
    """Say of an error, of which a component may raise any, whose it is."""
    try:
        yield
    except PartError:
        raise
    except Exception as error:
        raise refusal(key, error) from error


def refusal(key: str, error: Exception, what: str = "") -> PartError:
    """Return what to tell of an error."""
    line = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return PartError(key, what + line)


def _try_metrics(task: SegmentationTask, data: SegmentationDataModule) -> None:
    """Let every metric measure a few pixels."""
    batch = drawn_batch(task.kind.name, len(data.classes))
    for index, metric in enumerate(task.evaluation.metrics):
        with blamed(f"model.metrics.{index}"):
            if isinstance(metric, ImageMetric) and metric.group and data.group is None and data.usual_group is None:
                raise ValueError("group: true needs the groups of images; set data.group, such as '{folder}'")
            metric.update(batch)
    with blamed("model.metrics"):
        task.evaluation.metrics.compute()


def in_channels(tree: Tree) -> int:
    """Return how many channels of images an experiment's backbone takes, as far as it says it."""
    return int(arguments_of(tree["model"]["backbone"]).get("in_channels", 3))


def inference_of(tree: Tree, data: SegmentationDataModule) -> Inference:
    """Return how an experiment's images are predicted.

    Raises:
        ValueError: If its settings are out of range, or fit neither the task nor the transforms of the training.
    """
    settings = InferenceSettings(**dict(tree.get("inference") or {}))
    task = tree["model"].get("task", "multiclass")
    return Inference(settings, task, data.classes, class_names(data.train_transforms))


def _check_freezing(tree: Tree) -> None:
    """Count the stages of the backbone, which stands on the device ``meta``, if some are to be frozen."""
    freezing = part(tree, "model.freezing")
    if freezing is not None:
        with torch.device("meta"):
            backbone = part(tree, "model.backbone")
        with blamed("model.freezing"):
            freezing.prepare(backbone)


def num_outputs(tree: Tree, num_classes: int) -> int:
    """Return the logits per pixel of an experiment's model."""
    return KINDS[tree["model"].get("task", "multiclass")].num_outputs(num_classes)


def criterion(tree: Tree) -> Criterion:
    """Return what compares the predictions of an experiment's model with masks."""
    model = tree["model"]
    with blamed("model.loss"):
        return criterion_of(part(tree, "model.loss"), model.get("extra_loss_weight"), model.get("loss_at") == "map")


def try_loss(tree: Tree) -> None:
    """Pass logits and a mask with every class and an ignored pixel through the loss, and back.

    Args:
        tree: The experiment, classes by their full paths.

    Raises:
        PartError: If the loss refuses its arguments or the classes, or gives no finite number.
    """
    loss, data = part(tree, "model.loss"), part(tree, "data")
    if isinstance(loss, Criterion):  # it takes whole predictions, which the model must make
        return
    with blamed("model.loss"):
        _try(loss, len(data.classes), num_outputs(tree, len(data.classes)), data.multilabel)


def _try(loss: Loss, num_classes: int, num_outputs: int, multilabel: bool) -> None:
    shape = (2, _PATCH_PX, _PATCH_PX)
    logits = torch.linspace(-1, 1, 2 * num_outputs * _PATCH_PX**2).view(2, num_outputs, *shape[1:]).requires_grad_()
    mask = torch.arange(2 * _PATCH_PX**2).remainder(num_classes).view(shape).to(torch.uint8)
    if multilabel:
        mask = torch.arange(logits.numel()).remainder(2).view(logits.shape).to(torch.uint8)
    mask[0, ..., 0, 0] = IGNORE_INDEX
    once = (1,) * num_classes
    loss.fit_to(ClassCounts(tuple(map(str, range(num_classes))), once, once, once, once))
    value = loss(logits, mask)
    if value.ndim or not value.isfinite():
        raise ValueError(f"{type(loss).__name__} returned {value.tolist()}, expected one finite number.")
    value.backward()
