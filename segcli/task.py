"""One step for training, validation and test: logits, loss, metrics, logging.

Parts that need values from the run (the decoder its features, the optimizer its parameters, the schedule its length)
come as factories and are built in ``configure_model`` and ``configure_optimizers``.
"""

import math
import os
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pytorch_lightning as pl
import torch
import torchmetrics
from pytorch_lightning.strategies import DDPStrategy, SingleDeviceStrategy
from torch import Tensor

from segcli.backbones.base import Backbone
from segcli.decoders.base import DecoderFactory
from segcli.evaluation import Evaluation
from segcli.layers.resize import resize
from segcli.losses.base import Loss
from segcli.losses.training_loss import TrainingLoss
from segcli.metrics.base import Metric
from segcli.metrics.chosen_metrics import ChosenMetrics, with_thresholds
from segcli.metrics.scores import Scores
from segcli.optim.base import OptimizerFactory, ScheduleFactory
from segcli.optim.freezing import Freezing
from segcli.optim.optimizer_setup import OptimizerSetup
from segcli.optim.parameter_groups import ParameterGroups
from segcli.private_names import ddp_options, validates_now
from segcli.sample import Batch
from segcli.segmenter import Segmenter, SegmenterSettings
from segcli.task_kind import KINDS

LOSSES = "segcli_losses"
_LONG_RUN = 1_000_000
"""Steps that a schedule is told in ``trainer.fast_dev_run``, whose few steps no warm-up fits into."""


class SegmentationTask(pl.LightningModule):
    """Train, validate, test and apply a segmentation model.

    Args:
        backbone: Turns the image into features.
        decoder: Turns features into one map.
        loss: Compares logits with the mask.
        optimizer: Optimizer of all parameters that are not frozen.
        schedule: Learning rate per optimizer step; null keeps it constant.
        parameter_groups: Learning rates and weight decay of parts of the model; null treats all parameters alike.
        freezing: Which stages of the backbone are trained from when on; null trains all from the start.
        classes: Class names in the order of their indices; filled in from the data.
        task: ``multiclass`` is softmax over K classes, also for two; ``binary`` is one sigmoid for the second of two;
            ``multilabel`` is a sigmoid per class, for masks with a channel per class.
        mean: Per channel, of values scaled to 0..1; null takes what the backbone was trained with.
        std: Per channel, of values scaled to 0..1; null takes what the backbone was trained with.
        value_range: Image values that stand for 0 and 1.
        channels_last: Whether to run convolutions in NHWC memory, faster on most devices.
        compile: Whether ``torch.compile`` turns the model into kernels of its own: minutes at the start, faster steps
            on a GPU, often slower ones on a CPU. Names of weights stay as they are. Images of many sizes cost one or
            two compilations more.
        average_precision_thresholds: The same as ``metrics: [{class_path: AveragePrecision, thresholds: N}]``; null
            leaves it out.
        metrics: What evaluations measure beside mIoU, mDice and pixel accuracy; null for nothing. A metric of
            torchmetrics is named by its class path.

    Attributes:
        scores: Of the last evaluation, by its stage, ``val`` or ``test``.
        evaluation: What it counted.

    Raises:
        ValueError: If the task does not fit the number of classes.
    """

    def __init__(
        self,
        backbone: Backbone,
        decoder: DecoderFactory,
        loss: Loss,
        optimizer: OptimizerFactory,
        classes: Sequence[str],
        schedule: ScheduleFactory | None = None,
        parameter_groups: ParameterGroups | None = None,
        freezing: Freezing | None = None,
        task: Literal["multiclass", "binary", "multilabel"] = "multiclass",  # spelt out: read as text
        mean: list[float] | None = None,
        std: list[float] | None = None,
        value_range: tuple[float, float] = (0.0, 255.0),
        channels_last: bool = True,
        compile: bool = False,  # noqa: A002  (the key of the experiment)
        average_precision_thresholds: int | None = None,
        metrics: list[Metric | torchmetrics.Metric] | None = None,
    ) -> None:
        super().__init__()
        kind = KINDS[task]
        kind.require_classes(classes)
        self.kind, self.classes, self.loss = kind, tuple(classes), loss
        self.segmenter: Segmenter | None = None
        self.scores: dict[str, Scores] = {}
        self._backbone = [backbone]  # in a list: the segmenter owns it, and the state dict must hold it once
        self._decoder, self._num_outputs, self._compiles = decoder, kind.num_outputs(len(classes)), compile
        self._segmenter_settings = SegmenterSettings(task, mean, std, value_range, channels_last)
        self._setup = OptimizerSetup(optimizer, schedule, parameter_groups or ParameterGroups())
        self._freezing = freezing
        chosen = ChosenMetrics(with_thresholds(metrics, average_precision_thresholds), task, len(classes))
        self._training_loss, self.evaluation = TrainingLoss(loss), Evaluation(kind, classes, loss, chosen)
        self._logged_step = 0

    @property
    def backbone(self) -> Backbone:
        """The backbone, also before the segmenter is built."""
        return self._backbone[0]

    @property
    def _trains(self) -> bool:
        return self._trainer is not None and self.trainer.state.fn == "fit"

    def configure_model(self) -> None:
        """Build the segmenter once."""
        if self.segmenter is None:
            backbone = self._backbone[0]
            decoder = self._decoder(features=backbone.features)
            self.segmenter = Segmenter(backbone, decoder, self._num_outputs, self._segmenter_settings)
            self._setup.prepare(self)
            if self._freezing is not None:
                self._freezing.prepare(backbone)
            if self._compiles:
                self.segmenter.compile()

    def forward(self, image: Tensor) -> Tensor:
        """Map a ``(B, C, H, W)`` image in its raw value range to ``(B, K, H, W)`` logits."""
        assert self.segmenter is not None
        return self.segmenter(image)

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Let what is random in the model follow from (seed, epoch, batch, device), also in a run that was resumed."""
        if seed := os.environ.get("PL_GLOBAL_SEED"):
            place = (int(seed), self.trainer.current_epoch, batch_idx, self.trainer.global_rank)
            torch.manual_seed(int(np.random.SeedSequence(place).generate_state(1, np.uint64)[0]))

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the loss of one batch, with its part of the gradient of the optimizer step."""
        self.kind.require_masks(multilabel=batch["mask"].ndim == 4)
        divisor = self.trainer.accumulate_grad_batches
        position = batch_idx % divisor
        batches = min(divisor, int(self.trainer.num_training_batches) - batch_idx + position)
        coming = batch.get("coming", [])
        return self._training_loss(self(batch["image"]), batch["mask"], coming, position, batches, divisor)

    def on_train_batch_end(self, outputs: object, batch: Batch, batch_idx: int) -> None:
        """Every ``log_every_n_steps`` steps, log the mean loss since the last time, and the learning rate.

        Lightning's ``self.log`` costs about a millisecond in every step; this costs only when something is written.
        Callbacks find the epoch's mean as ``train/loss``.
        """
        trainer = self.trainer
        # what monitors the loss of the training wants one at a validation
        if trainer.is_last_batch or validates_now(trainer):
            self.log("train/loss", self._training_loss.of_epoch(), logger=False, on_step=True, on_epoch=False)
        if trainer.is_last_batch:
            self._training_loss.end_epoch()
        self._log_step()

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the losses that were not logged yet."""
        checkpoint[LOSSES] = {**self._training_loss.state(), "logged_step": self._logged_step}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Resume with the losses that were not logged yet."""
        if losses := checkpoint.get(LOSSES):
            self._training_loss.load(losses)
            self._logged_step = losses["logged_step"]

    def on_train_start(self) -> None:
        """Freeze stages; log the step of a checkpoint, which was written before that."""
        self._freeze()  # of an epoch that is resumed in its middle, Lightning does not tell the start
        if self.trainer.global_step:
            self._log_step()

    def on_train_end(self) -> None:
        """Log the losses that were not: a run may be shorter than ``log_every_n_steps``."""
        self._log_step(at_end=True)

    def on_train_epoch_start(self) -> None:
        """Thaw stages."""
        self._freeze()

    def _freeze(self) -> None:
        if self._freezing is None:
            return
        assert self.segmenter is not None
        strategy = self.trainer.strategy
        # DistributedDataParallel would wait for gradients of what is frozen, and share none of what it has not known
        finds = isinstance(strategy, DDPStrategy) and ddp_options(strategy).get("find_unused_parameters")
        if self._freezing.thaws and not isinstance(strategy, SingleDeviceStrategy) and not finds:
            raise ValueError(
                "model.freezing got stages that thaw later with another strategy for several devices than DDP that "
                "finds unused parameters; set trainer.strategy to ddp_find_unused_parameters_true"
            )
        self._freezing.apply(self.segmenter.backbone, self.trainer.current_epoch)

    def _log_step(self, at_end: bool = False) -> None:
        trainer = self.trainer
        every = getattr(trainer, "log_every_n_steps", 0)
        if not every or trainer.global_step == self._logged_step or (trainer.global_step % every and not at_end):
            return
        self._logged_step = trainer.global_step
        values = {"train/loss": self._training_loss.since_log(), "lr": trainer.optimizers[0].param_groups[0]["lr"]}
        self._log_to_loggers(values, at_end)

    def _log_to_loggers(self, values: dict[str, float], at_end: bool = False) -> None:
        """Write values of a training under the optimizer steps until now and the epoch, from 1.

        Lightning's own log counts epochs from 0, and steps of a validation one lower than those of the training.
        """
        trainer = self.trainer
        if trainer.sanity_checking:
            return
        epoch = trainer.current_epoch + (not at_end)
        for logger in trainer.loggers:
            logger.log_metrics({**values, "epoch": epoch}, step=trainer.global_step)

    def validation_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Count one batch of the validation split; return predictions of the mask's shape."""
        return self.evaluation.update(self(batch["image"]), batch)

    def test_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Count one batch of the test split; return predictions of the mask's shape."""
        return self.evaluation.update(self(batch["image"]), batch)

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
        logits = self(batch["image"])
        return [
            self.kind.predict(resize(one[None], size=size))[0].cpu()
            for one, size in zip(logits, batch["size"], strict=True)
        ]

    def configure_optimizers(self) -> Any:  # noqa: ANN401  (Lightning's own type is a union of ten)
        """Build the optimizer, and the schedule over all optimizer steps of the run."""
        assert self.segmenter is not None
        optimizer = self._setup.build_optimizer(self, self.segmenter.backbone)
        if not self._setup.has_schedule:
            return optimizer
        trainer = self.trainer
        smoke = trainer.fast_dev_run  # type: ignore[attr-defined]  # set in the trainer's constructor, not declared
        total = _LONG_RUN if smoke else trainer.estimated_stepping_batches
        steps_per_epoch = trainer.num_training_batches / trainer.accumulate_grad_batches
        schedule = self._setup.build_schedule(optimizer, total, steps_per_epoch)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def use_own_settings(self) -> None:
        """Give optimizer and schedule this experiment's settings, after a checkpoint of another brought its own."""
        schedules = [config.scheduler for config in self.trainer.lr_scheduler_configs]
        self._setup.use_own_settings(self.trainer.optimizers[0], schedules, self.trainer.global_step)

    def _log_scores(self, stage: str) -> None:
        loss, scores = self.evaluation.compute()
        self.scores[stage] = scores
        values, absent = {f"{stage}/loss": loss}, dict[str, float]()
        for score, value in scores.named(stage, self.classes):
            (absent if score.spec.per_class and math.isnan(value) else values)[str(score)] = value
        self.log_dict(values, logger=False if self._trains else None)
        self.log_dict(absent, logger=False)  # a monitor must see that a class is absent, not its value of before
        if self._trains:
            self._log_to_loggers(values)
