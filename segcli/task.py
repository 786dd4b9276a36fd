"""One step for training, validation and test: logits, loss, metrics, logging.

Parts that need values from the run (the decoder its features, the optimizer its parameters, the schedule its length)
come as factories and are built in ``configure_model`` and ``configure_optimizers``.
"""

import math
from collections.abc import Sequence
from typing import Any, Literal

import pytorch_lightning as pl
from torch import Tensor

from segcli.backbones.base import Backbone
from segcli.config.errors import did_you_mean
from segcli.decoders.base import DecoderFactory
from segcli.inference.label_map import label_map
from segcli.layers.resize import resize
from segcli.losses.base import Loss
from segcli.metrics.running_mean import RunningMean
from segcli.metrics.scores import Scores
from segcli.metrics.segmentation_metric import SegmentationMetric
from segcli.optim.base import EpochSchedule, MetricSchedule, OptimizerFactory, ScheduleFactory
from segcli.optim.parameter_groups import ParameterGroups
from segcli.sample import Batch
from segcli.segmenter import Segmenter

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
        classes: Class names in the order of their indices; filled in from the data.
        task: ``multiclass`` is softmax over K classes, also for two; ``binary`` is one sigmoid for the second of two.
        mean: Per channel, of values scaled to 0..1; null takes what the backbone was trained with.
        std: Per channel, of values scaled to 0..1; null takes what the backbone was trained with.
        value_range: Image values that stand for 0 and 1.
        channels_last: Whether to run convolutions in NHWC memory, faster on most devices.

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
        task: Literal["multiclass", "binary"] = "multiclass",
        mean: list[float] | None = None,
        std: list[float] | None = None,
        value_range: tuple[float, float] = (0.0, 255.0),
        channels_last: bool = True,
    ) -> None:
        super().__init__()
        if len(classes) < 2:
            raise ValueError(
                f"the data got {len(classes)} class ({', '.join(classes)}), expected at least 2; name what the other "
                "pixels are, too, as in data.mask_values: {0: background, 255: cell}"
            )
        if task == "binary" and len(classes) != 2:
            raise ValueError(
                f"model.task got 'binary' with {len(classes)} classes ({', '.join(classes)}), expected 2; "
                "use multiclass, or let data.mask_values map to two names"
            )
        self.classes = tuple(classes)
        self.loss = loss
        self.segmenter: Segmenter | None = None
        self.scores: dict[str, Scores] = {}
        self._backbone = [backbone]  # in a list: the segmenter owns it, and the state dict must hold it once
        self._decoder, self._optimizer, self._schedule = decoder, optimizer, schedule
        self._parameter_groups = parameter_groups or ParameterGroups()
        self._observer: MetricSchedule | None = None
        self._num_outputs = 1 if task == "binary" else len(classes)
        self._normalisation: dict[str, Any] = {"mean": mean, "std": std, "value_range": value_range}
        self._channels_last = channels_last
        self._metric = SegmentationMetric(len(classes))
        self._logged_step = 0
        self._step_loss, self._epoch_loss, self._eval_loss = RunningMean(), RunningMean(), RunningMean()

    def configure_model(self) -> None:
        """Build the segmenter once."""
        if self.segmenter is None:
            backbone = self._backbone[0]
            self.segmenter = Segmenter(
                backbone,
                self._decoder(features=backbone.features),
                self._num_outputs,
                channels_last=self._channels_last,
                **self._normalisation,
            )

    def forward(self, image: Tensor) -> Tensor:
        """Map a ``(B, C, H, W)`` image in its raw value range to ``(B, K, H, W)`` logits."""
        assert self.segmenter is not None
        return self.segmenter(image)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the loss of one batch."""
        loss = self.loss(self(batch["image"]), batch["mask"])
        self._step_loss.update(loss)
        self._epoch_loss.update(loss)
        return loss

    def on_train_batch_end(self, outputs: object, batch: Batch, batch_idx: int) -> None:
        """Every ``log_every_n_steps`` steps, log the mean loss since the last time, and the learning rate.

        Lightning's ``self.log`` costs about a millisecond in every step; this costs only when something is written.
        Callbacks find the epoch's mean as ``train/loss``.
        """
        trainer = self.trainer
        if trainer.is_last_batch:
            self.log("train/loss", self._epoch_loss.compute(reduce=True), logger=False, on_step=True, on_epoch=False)
            self._epoch_loss.reset()
        every = getattr(trainer, "log_every_n_steps", 0)
        if not every or trainer.global_step % every or trainer.global_step == self._logged_step:
            return
        self._logged_step = trainer.global_step
        values = {"train/loss": self._step_loss.compute(), "lr": trainer.optimizers[0].param_groups[0]["lr"]}
        self._step_loss.reset()
        for logger in trainer.loggers:
            logger.log_metrics(values, step=trainer.global_step)

    def validation_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Count one batch of the validation split; return its ``(B, H, W)`` label maps."""
        return self._evaluate(batch)

    def test_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Count one batch of the test split; return its ``(B, H, W)`` label maps."""
        return self._evaluate(batch)

    def on_validation_epoch_end(self) -> None:
        """Log the metrics of the validation split; show the schedule the one that it follows."""
        self._log_scores("val")
        if self._observer is not None and self.trainer.state.fn == "fit" and not self.trainer.sanity_checking:
            self._observer.observe(self._logged(self._observer.monitor))

    def on_test_epoch_end(self) -> None:
        """Log the metrics of the test split."""
        self._log_scores("test")

    def predict_step(self, batch: Batch, batch_idx: int) -> list[Tensor]:
        """Return one ``(H, W)`` label map per image, at the size that the image has on disk."""
        logits = self(batch["image"])
        return [
            label_map(resize(one[None], size=size))[0].cpu() for one, size in zip(logits, batch["size"], strict=True)
        ]

    def configure_optimizers(self) -> Any:  # noqa: ANN401  (Lightning's own type is a union of ten)
        """Build the optimizer, and the schedule over all optimizer steps of the run."""
        assert self.segmenter is not None
        optimizer = self._parameter_groups.optimizer(self._optimizer, model=self, backbone=self.segmenter.backbone)
        if self._schedule is None:
            return optimizer
        total = self.trainer.estimated_stepping_batches
        if math.isinf(total):
            raise ValueError("model.schedule needs the length of the run; set trainer.max_epochs or trainer.max_steps")
        steps = int(total) if not self.trainer.fast_dev_run else _LONG_RUN  # type: ignore[attr-defined]
        schedule = self._schedule(optimizer=optimizer, total_steps=steps)
        if isinstance(schedule, EpochSchedule):
            batches = self.trainer.num_training_batches
            schedule.steps_per_epoch = math.ceil(batches / self.trainer.accumulate_grad_batches)
        self._observer = schedule if isinstance(schedule, MetricSchedule) else None
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _logged(self, monitor: str) -> float:
        metrics = self.trainer.callback_metrics
        if monitor not in metrics:
            raise ValueError(
                f"model.schedule.monitor got {monitor!r}, which is not logged{did_you_mean(monitor, metrics)}; "
                "expected a metric of the validation, such as val/mIoU or val/loss"
            )
        return float(metrics[monitor])

    def _evaluate(self, batch: Batch) -> Tensor:
        logits = self(batch["image"])
        self._eval_loss.update(self.loss(logits, batch["mask"]), weight=len(logits))
        labels = label_map(logits)
        self._metric.update(labels, batch["mask"])
        return labels

    def _log_scores(self, stage: str) -> None:
        scores = self.scores[stage] = self._metric.compute()
        values = {
            f"{stage}/loss": self._eval_loss.compute(reduce=True),
            f"{stage}/mIoU": float(scores.mean_iou),
            f"{stage}/mDice": float(scores.mean_dice),
            f"{stage}/pixel_accuracy": float(scores.pixel_accuracy),
        }
        for name, iou, dice in zip(self.classes, scores.iou.tolist(), scores.dice.tolist(), strict=True):
            if not math.isnan(iou):  # absent classes have no value
                values |= {f"{stage}/IoU/{name}": iou, f"{stage}/Dice/{name}": dice}
        self.log_dict(values)
        self._metric.reset()
        self._eval_loss.reset()
