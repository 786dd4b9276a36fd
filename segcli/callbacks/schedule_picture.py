"""A picture of the learning rates over the whole run."""

import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytorch_lightning as pl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from segcli.config.output import say
from segcli.disk import write_bytes
from segcli.optim.base import KnownSchedule
from segcli.optim.parameter_groups import NO_DECAY
from segcli.optim.warmup_schedule import WarmupSchedule
from segcli.plot_style import COLOURS, TEXT_PX, add_axes, new_figure, number_axis, png, style

SCHEDULE = "schedule.png"
MOST_POINTS = 1000
SIZE_PX = (800, 360)
PLACE_PX = (60, 32, 550, 270)
"""Left, top, width and height of the axes; the legend is on the right."""
_LIGHTEST = 0.85  # of the colours: what is lighter cannot be seen on white
MOST_NAMES = 14

Curve = Sequence[float]


class SchedulePicture(pl.Callback):
    """Draw the learning rate of every group of parameters over all steps to ``schedule.png`` in the run's folder.

    It is written after the first batch, so that a run that fails before leaves no folder. Of a schedule that follows a
    metric, only what is known beforehand is drawn. One that cannot say its learning rate at a later step
    (:class:`segcli.optim.base.KnownSchedule`) is not drawn.
    """

    def __init__(self) -> None:
        super().__init__()
        self._is_drawn = False

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Say if the warm-up was cut, since the run is shorter."""
        for config in trainer.lr_scheduler_configs:
            schedule = config.scheduler
            if not isinstance(schedule, WarmupSchedule) or not trainer.is_global_zero:
                continue
            wanted, taken = schedule.wanted_warmup_steps, schedule.warmup_steps
            if taken < wanted:
                what = f"model.schedule.warmup_steps {wanted} are more than the {schedule.total_steps} of the run"
                say(f"warning: {what}; the warm-up was cut to {taken}", file=sys.stderr)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: object, batch: object, batch_idx: int
    ) -> None:
        """Draw once."""
        steps = trainer.estimated_stepping_batches if not self._is_drawn else 0
        self._is_drawn = True
        smoke = trainer.fast_dev_run  # type: ignore[attr-defined]  # set in the trainer's constructor, not declared
        if steps < 2 or math.isinf(steps) or smoke or not trainer.is_global_zero:
            return
        at = sample(int(steps))
        if found := curves(trainer, at):
            configs = trainer.lr_scheduler_configs
            schedule = type(configs[0].scheduler).__name__ if configs else "constant"
            title = f"{type(trainer.optimizers[0]).__name__}, {schedule}: learning rate over {int(steps):,} steps"
            with style():
                content = png(draw(found, at, title), compact=False)
            write_bytes(Path(trainer.default_root_dir) / SCHEDULE, content)


def sample(steps: int) -> list[int]:
    """Return at most :data:`MOST_POINTS` steps, evenly spread, the first and the last included."""
    points = min(steps, MOST_POINTS)
    return [round(i * (steps - 1) / (points - 1)) for i in range(points)]


def curves(trainer: pl.Trainer, steps: Sequence[int]) -> dict[str, Curve]:
    """Return the learning rates at some steps by name of the group, the highest first.

    Groups that differ in weight decay only are one. Nothing is returned where they are not known.
    """
    groups = trainer.optimizers[0].param_groups
    if trainer.lr_scheduler_configs:
        schedule = trainer.lr_scheduler_configs[0].scheduler
        if not isinstance(schedule, KnownSchedule):
            return {}
        values = [list(map(float, schedule.lr_at(step))) for step in steps]
    elif any(group["lr"] is None for group in groups):
        return {}
    else:
        values = [[float(group["lr"]) for group in groups]] * len(steps)
    named: dict[tuple[float, ...], str] = {}
    for index, curve in enumerate(zip(*values, strict=True)):
        named.setdefault(curve, str(groups[index].get("name", f"group {index}")).removesuffix(NO_DECAY))
    return {name: curve for curve, name in sorted(named.items(), key=lambda item: -max(item[0]))}


def draw(found: Mapping[str, Curve], steps: Sequence[int], title: str) -> Figure:
    """Draw curves over their steps, from 0 up, from dark to light.

    Args:
        found: Values by name, as many as steps, from 0 on; at least one curve.
        steps: Rising, from 0.
        title: What it shows.
    """
    figure = new_figure(*SIZE_PX)
    axes = add_axes(figure, *PLACE_PX)
    number_axis(axes, "y")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_title(title, loc="left", fontsize=TEXT_PX)
    colours = [COLOURS[0]] if len(found) == 1 else mpl.colormaps["viridis"](np.linspace(0, _LIGHTEST, len(found)))
    for curve, colour in zip(found.values(), colours, strict=True):
        axes.plot(steps, curve, color=colour)
    axes.set(xlabel="optimizer step", xlim=(0, steps[-1] + 1), ylim=(0, None))
    handles, names = _shortened(axes.get_lines(), list(found))
    axes.legend(handles, names, loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return figure


def _shortened(lines: Sequence[Line2D], names: Sequence[str]) -> tuple[list[Line2D], list[str]]:
    """Leave out the middle of a legend where there are too many."""
    if len(names) <= MOST_NAMES:
        return list(lines), list(names)
    half, none = MOST_NAMES // 2, Line2D([], [], linestyle="none")
    left_out = f"({len(names) - 2 * half} more)"
    return [*lines[:half], none, *lines[-half:]], [*names[:half], left_out, *names[-half:]]
