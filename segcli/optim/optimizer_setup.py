"""Optimizer and schedule of a run: factories until its model and its length are known."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from segcli.config.errors import did_you_mean
from segcli.optim.base import EpochSchedule, KnownSchedule, MetricSchedule, OptimizerFactory, ScheduleFactory
from segcli.optim.parameter_groups import ParameterGroups
from segcli.score_spec import ScoreSpec, find_score


class OptimizerSetup:
    """Build the optimizer and its schedule; let the schedule see the scores that it follows.

    Args:
        optimizer: Of all parameters that are not frozen.
        schedule: Learning rate per optimizer step; None keeps it constant.
        groups: Learning rates and weight decay of parts of the model.
    """

    def __init__(self, optimizer: OptimizerFactory, schedule: ScheduleFactory | None, groups: ParameterGroups) -> None:
        self._optimizer, self._schedule, self._groups = optimizer, schedule, groups
        self._observer: MetricSchedule | None = None
        self._settings: list[dict[str, Any]] = []

    def prepare(self, model: nn.Module) -> None:
        """Note what the groups are made of, before a strategy shards the model."""
        self._groups.prepare(model)

    @property
    def has_schedule(self) -> bool:
        """Whether the learning rate changes."""
        return self._schedule is not None

    def build_optimizer(self, model: nn.Module, backbone: nn.Module) -> Optimizer:
        """Return the optimizer.

        Args:
            model: With the backbone.
            backbone: Whose stages may have learning rates of their own.
        """
        optimizer = self._groups.optimizer(self._optimizer, model=model, backbone=backbone)
        self._settings = [{key: group[key] for key in group if key != "params"} for group in optimizer.param_groups]
        return optimizer

    def build_schedule(self, optimizer: Optimizer, total_steps: float, steps_per_epoch: float) -> LRScheduler:
        """Return the schedule.

        Args:
            optimizer: From :meth:`build_optimizer`.
            total_steps: Optimizer steps of the run.
            steps_per_epoch: Of the optimizer; the last of an epoch may be one of fewer batches.

        Raises:
            ValueError: If the run has no end.
        """
        assert self._schedule is not None
        if math.isinf(total_steps):
            raise ValueError("model.schedule needs the length of the run; set trainer.max_epochs or trainer.max_steps")
        schedule = self._schedule(optimizer=optimizer, total_steps=int(total_steps))
        if isinstance(schedule, EpochSchedule):
            schedule.steps_per_epoch = math.ceil(steps_per_epoch)
        self._observer = schedule if isinstance(schedule, MetricSchedule) else None
        return schedule

    def observe(self, metrics: Mapping[str, Tensor], specs: Mapping[str, ScoreSpec]) -> None:
        """Show the schedule the score that it follows, if it follows one.

        Args:
            metrics: What the validation logged.
            specs: Every score that is logged, by name.

        Raises:
            ValueError: If that score was not logged.
        """
        if self._observer is None:
            return
        monitor = self._observer.monitor
        if monitor not in metrics:
            raise ValueError(
                f"model.schedule.monitor got {monitor!r}, which is not logged{did_you_mean(monitor, metrics)}; "
                "expected a metric of the validation, such as val/mIoU or val/loss"
            )
        score, value = find_score(monitor, specs), float(metrics[monitor])
        if score is None or not score.spec.attribute or not math.isnan(value):  # an absent class says nothing
            self._observer.observe(value)

    def use_own_settings(self, optimizer: Optimizer, schedules: Sequence[Any], step: int) -> None:
        """Give both this experiment's settings, after a checkpoint of another brought its own.

        Args:
            optimizer: That of the run.
            schedules: Those of the run.
            step: Optimizer steps until now.
        """
        for group, own in zip(optimizer.param_groups, self._settings, strict=True):
            before = group.get("initial_lr", group["lr"])
            scale = group["lr"] / before if before else 1.0
            group.update(own)
            if "initial_lr" in group:
                group["initial_lr"], group["lr"] = own["lr"], own["lr"] * scale
        for schedule in schedules:
            schedule.base_lrs = [own["lr"] for own in self._settings]
            if isinstance(schedule, KnownSchedule):
                for group, lr in zip(optimizer.param_groups, schedule.lr_at(step), strict=True):
                    group["lr"] = lr
