"""One step for training, validation and test: logits, loss, metrics, logging.

Parts that need values from the run (the decoder its features, the optimizer its parameters, the schedule its length)
come as factories and are built in ``configure_model`` and ``configure_optimizers``.
"""

import math
from collections.abc import Sequence
from typing import Any, Literal

import pytorch_lightning as pl
import torchmetrics
from torch import Tensor

from segcli.backbones.base import Backbone
from segcli.decoders.base import DecoderFactory
from segcli.evaluation import Evaluation
from segcli.loop.comparable import require_comparable
from segcli.loop.lasting_tensors import lasting_tensors
from segcli.loop.model_builder import ModelBuilder
from segcli.loop.run_loss import RunLoss
from segcli.loop.run_progress import run_length, seed_step, tell_progress
from segcli.loop.step_log import write
from segcli.loop.thawing import apply_freezing
from segcli.losses.base import Loss
from segcli.losses.criterion import Criterion
from segcli.losses.dense_criterion import criterion_of
from segcli.metrics.base import Metric
from segcli.metrics.chosen_metrics import ChosenMetrics, with_thresholds
from segcli.metrics.scores import Scores
from segcli.optim.base import OptimizerFactory, ScheduleFactory
from segcli.optim.freezing import Freezing
from segcli.optim.optimizer_setup import OptimizerSetup
from segcli.optim.parameter_groups import ParameterGroups
from segcli.prediction import Prediction
from segcli.private_names import validates_now
from segcli.sample import Batch
from segcli.segmenter import Segmenter, SegmenterSettings
from segcli.task_kind import KINDS


class SegmentationTask(pl.LightningModule):
    """Train, validate, test and apply a segmentation model.

    Args:
        backbone: Turns the image into features.
        decoder: Turns features into one map, or, a head, into a prediction.
        loss: Compares logits, or the prediction, with the mask.
        optimizer: Optimizer of all parameters that are not frozen.
        schedule: Learning rate per optimizer step; null keeps it constant.
        parameter_groups: Learning rates and weight decay of parts of the model; null treats all parameters alike.
        freezing: Which stages of the backbone are trained from when on; null trains all from the start.
        classes: Class names in the order of their indices; filled in from the data.
        task: ``multiclass`` is softmax over K classes, also for two; ``binary`` is one sigmoid for the second of two;
            ``multilabel`` is a sigmoid per class, for masks with a channel per class.
        mean: Per channel, of values scaled to 0..1; null takes what the backbone was trained with.
        std: Per channel, of values scaled to 0..1; null takes what the backbone was trained with.
        value_range: Image values that stand for 0 and 1, ``[0, 10000]``; or a list of such for each channel; or
            ``percentiles``, the 1st and the 99th of each channel over the training images.
        channels_last: Whether to run convolutions in NHWC memory, faster on most devices.
        compile: Whether ``torch.compile`` turns the model into kernels of its own: minutes at the start, faster steps
            on a GPU, often slower ones on a CPU. Names of weights stay as they are. Images of many sizes cost one or
            two compilations more.
        average_precision_thresholds: The same as ``metrics: [{class_path: AveragePrecision, thresholds: N}]``; null
            leaves it out.
        metrics: What evaluations measure beside mIoU, mDice and pixel accuracy; null for nothing. A metric of
            torchmetrics is named by its class path.
        auxiliary: Further decoders on the same features, each with a classifier and a loss of its own; in training
            only.
        extra_loss_weight: Of the loss of each extra prediction that training has, of a decoder with deep supervision
            first, then of ``auxiliary``: a number for each, or one for all.
        loss_at: ``map`` compares logits at the stride of the decoder's map with the labels at its pixels' centres, in
            evaluation too: another loss, many times cheaper with many classes, that does not see what is thinner than
            the stride. null compares all pixels of the image.
        weights: Checkpoint of another run, or weights of segmentation-models-pytorch, to start from: what fits by name
            and shape is taken, what belongs to other classes starts anew. The backbone loads weights of its own first,
            unless all of it is taken.

    Attributes:
        builder: Builds the segmenter, and knows what it started from.
        segmenter: The model, once it is built.
        run_loss: The loss over the batches of a run.
        scores: Of the last evaluation, by its stage, ``val`` or ``test``.
        evaluation: What it counted.

    Raises:
        ValueError: If the task does not fit the number of classes.
    """

    def __init__(
        self,
        backbone: Backbone,
        decoder: DecoderFactory,
        loss: Loss | Criterion,
        optimizer: OptimizerFactory,
        classes: Sequence[str],
        schedule: ScheduleFactory | None = None,
        parameter_groups: ParameterGroups | None = None,
        freezing: Freezing | None = None,
        task: Literal["multiclass", "binary", "multilabel"] = "multiclass",  # spelt out: read as text
        mean: list[float] | None = None,
        std: list[float] | None = None,
        value_range: tuple[float, float] | list[tuple[float, float]] | Literal["percentiles"] = (0.0, 255.0),
        channels_last: bool = True,
        compile: bool = False,  # noqa: A002  (the key of the experiment)
        average_precision_thresholds: int | None = None,
        metrics: list[Metric | torchmetrics.Metric] | None = None,
        auxiliary: list[DecoderFactory] | None = None,
        extra_loss_weight: list[float] | float | None = None,
        loss_at: Literal["map"] | None = None,
        weights: str | None = None,
    ) -> None:
        super().__init__()
        kind = KINDS[task]
        kind.require_classes(classes)
        self.kind, self.classes, self.loss = kind, tuple(classes), loss
        self.segmenter: Segmenter | None = None
        self.scores: dict[str, Scores] = {}
        num_outputs, settings = (
            kind.num_outputs(len(classes)),
            SegmenterSettings(task, mean, std, value_range, channels_last),
        )
        self.builder = ModelBuilder(backbone, (decoder, *(auxiliary or ())), classes, num_outputs, settings, weights)
        self._compiles = compile
        self._setup = OptimizerSetup(optimizer, schedule, parameter_groups or ParameterGroups())
        self._freezing = freezing
        chosen = ChosenMetrics(with_thresholds(metrics, average_precision_thresholds), task, len(classes))
        criterion = criterion_of(loss, extra_loss_weight, loss_at == "map")
        self.run_loss = RunLoss(loss, criterion, classes, num_outputs)
        self.evaluation = Evaluation(kind, classes, criterion, chosen)

    @property
    def backbone(self) -> Backbone:
        """The backbone, also before the segmenter is built."""
        return self.builder.backbone

    @property
    def criterion(self) -> Criterion:
        """What compares predictions with masks."""
        return self.run_loss.criterion

    @property
    def _trains(self) -> bool:
        return self._trainer is not None and self.trainer.state.fn == "fit"

    def setup(self, stage: str) -> None:
        """Compute what follows from the training split; let loaders compute what the loss asks for."""
        self.run_loss.fit_to_data(self.trainer, trains=stage == "fit")
        self.builder.fit_to_data(self.trainer, trains=stage == "fit")

    def configure_model(self) -> None:
        """Build the segmenter once."""
        if self.segmenter is None:
            self.segmenter = self.builder.build()
            self._setup.prepare(self)
            if self._freezing is not None:
                self._freezing.prepare(self.backbone)
            if self._compiles:
                self.segmenter.compile()

    def forward(self, image: Tensor) -> Tensor:
        """Map a ``(B, C, H, W)`` image in its raw value range to ``(B, K, H, W)`` logits."""
        assert self.segmenter is not None
        with lasting_tensors():
            return self.segmenter(image)

    def prediction(self, image: Tensor) -> Prediction:
        """Map a ``(B, C, H, W)`` image in its raw value range to what the logits follow from."""
        assert self.segmenter is not None
        with lasting_tensors():
            return self.segmenter(image, whole=True)

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Let modules know how far the run is, and what is random in them follow from the step."""
        seed_step(self.trainer, batch_idx)
        tell_progress(self, self.trainer)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the loss of one batch, with its part of the gradient of the optimizer step."""
        self.kind.require_masks(multilabel=batch["mask"].ndim == 4)
        prediction = self._compared(batch["image"], batch_idx)
        return self.run_loss.training_step(prediction, batch, batch_idx, self.trainer)

    def on_train_batch_end(self, outputs: object, batch: Batch, batch_idx: int) -> None:
        """Log the mean loss since the last time, if it is time; callbacks find the epoch's mean as ``train/loss``."""
        trainer = self.trainer
        # what monitors the loss of the training wants one at a validation
        if trainer.is_last_batch or validates_now(trainer):
            self.log("train/loss", self.run_loss.of_epoch(), logger=False, on_step=True, on_epoch=False)
        if trainer.is_last_batch:
            self.run_loss.end_epoch()
        self.run_loss.log_step(trainer)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the losses that were not logged yet, what class weights follow from, and the type of images."""
        self.run_loss.store(checkpoint)
        self.builder.store(checkpoint)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Resume with what is of this loss, and on images like those; leave out what is of another loss."""
        self.builder.load(checkpoint)
        self.run_loss.load(checkpoint, self.state_dict())

    def on_train_start(self) -> None:
        """Freeze stages; log the step of a checkpoint, which was written before that."""
        self._freeze()  # of an epoch that is resumed in its middle, Lightning does not tell the start
        if self.trainer.global_step:
            self.run_loss.log_step(self.trainer)

    def on_train_end(self) -> None:
        """Log the losses that were not: a run may be shorter than ``log_every_n_steps``."""
        self.run_loss.log_step(self.trainer, at_end=True)

    def on_train_epoch_start(self) -> None:
        """Thaw stages."""
        self._freeze()

    def _freeze(self) -> None:
        if self._freezing is not None:
            apply_freezing(self._freezing, self.backbone, self.trainer)

    def validation_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Count one batch of the validation split; return predictions of the mask's shape."""
        return self.evaluation.update(lambda image: self._compared(image, batch_idx), batch)

    def test_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Count one batch of the test split; return predictions of the mask's shape."""
        return self.evaluation.update(lambda image: self._compared(image, batch_idx), batch)

    def _compared(self, image: Tensor, batch_idx: int) -> Prediction:
        """Return what is predicted; at the first batch, see that the loss can compare it."""
        prediction = self.prediction(image)
        if batch_idx == 0:
            require_comparable(self.loss, self.criterion, prediction, self.kind.multilabel, trains=self.training)
        return prediction

    def on_validation_epoch_end(self) -> None:
        """Log the metrics of the validation split; show the schedule the one that it follows."""
        self._log_scores("val")
        if self._trains and not self.trainer.sanity_checking:
            self._setup.observe(self.trainer.callback_metrics, self.evaluation.metrics.specs)

    def on_test_epoch_end(self) -> None:
        """Log the metrics of the test split."""
        self._log_scores("test")

    def predict_step(self, batch: Batch, batch_idx: int) -> list[Tensor]:
        """Return an ``(H, W)`` label map, or ``(K, H, W)`` masks, per image at the size that it has on disk."""
        return self.evaluation.predict(self, batch)

    def configure_optimizers(self) -> Any:  # noqa: ANN401  (Lightning's own type is a union of ten)
        """Build the optimizer, and the schedule over all optimizer steps of the run."""
        assert self.segmenter is not None
        optimizer = self._setup.build_optimizer(self, self.segmenter.backbone)
        if not self._setup.has_schedule:
            return optimizer
        schedule = self._setup.build_schedule(optimizer, *run_length(self.trainer))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def use_own_settings(self) -> None:
        """Give a run from another's state optimizer and schedule of its own experiment, and none of its losses."""
        schedules = [config.scheduler for config in self.trainer.lr_scheduler_configs]
        self._setup.use_own_settings(self.trainer.optimizers[0], schedules, self.trainer.global_step)
        self.run_loss.begin_anew(self.trainer.global_step)

    def _log_scores(self, stage: str) -> None:
        losses, scores = self.evaluation.compute()
        self.scores[stage] = scores
        values, absent = {f"{stage}/{name}": loss for name, loss in losses.items()}, dict[str, float]()
        for score, value in scores.named(stage, self.classes):
            (absent if score.spec.per_class and math.isnan(value) else values)[str(score)] = value
        self.log_dict(values, logger=False if self._trains else None)
        self.log_dict(absent, logger=False)  # a monitor must see that a class is absent, not its value of before
        if self._trains:
            write(self.trainer, values)
