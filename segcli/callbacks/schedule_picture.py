"""A picture of the learning rates over the whole run."""

import colorsys
import io
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytorch_lightning as pl
from PIL import Image, ImageDraw, ImageFont

from segcli.config.output import say
from segcli.disk import write_bytes
from segcli.optim.base import KnownSchedule
from segcli.optim.parameter_groups import NO_DECAY
from segcli.optim.warmup_schedule import WarmupSchedule

SCHEDULE = "schedule.png"
MOST_POINTS = 1000
SIZE_PX = (960, 480)
LEFT_PX, TOP_PX, RIGHT_PX, BOTTOM_PX = 90, 44, 230, 60  # around the curves; the legend is on the right
TEXT_PX, ROW_PX = 15, 22
SMOOTH = 2  # drawn so many times larger, then reduced
BLUE = 0.62  # hue of the highest curve; the lowest is red
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
            buffer = io.BytesIO()
            draw(found, at, title).save(buffer, format="PNG")
            write_bytes(Path(trainer.default_root_dir) / SCHEDULE, buffer.getvalue())


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


def draw(found: Mapping[str, Curve], steps: Sequence[int], title: str) -> Image.Image:
    """Draw curves over their steps, with axes from 0 and a legend.

    Args:
        found: Values by name, as many as steps, from 0 on; at least one curve.
        steps: Rising, from 0.
        title: What it shows.
    """
    width, height = (side * SMOOTH for side in SIZE_PX)
    left, top, right, bottom = (side * SMOOTH for side in (LEFT_PX, TOP_PX, RIGHT_PX, BOTTOM_PX))
    picture = Image.new("RGB", (width, height), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(TEXT_PX * SMOOTH)
    total, rates = steps[-1] + 1, ticks(max(max(curve) for curve in found.values()) or 1.0)
    across, up = (width - left - right) / total, (height - top - bottom) / rates[-1]
    floor = height - bottom
    for value in rates:
        y = floor - value * up
        pen.line((left, y, width - right, y), fill="gainsboro" if value else "black", width=SMOOTH)
        pen.text((left - 6 * SMOOTH, y), f"{value:g}", fill="black", font=font, anchor="rm")
    for value in (tick for tick in ticks(total) if tick <= total):
        x = left + value * across
        pen.line((x, floor, x, floor + 5 * SMOOTH), fill="black", width=SMOOTH)
        pen.text((x, floor + 8 * SMOOTH), f"{value:,.0f}", fill="black", font=font, anchor="mt")
    pen.text(((left + width - right) / 2, height - 8 * SMOOTH), "optimizer step", fill="black", font=font, anchor="mb")
    pen.text((left, top / 2), title, fill="black", font=font, anchor="lm")
    colours = _colours(len(found))
    for curve, colour in zip(found.values(), colours, strict=True):
        points = [(left + step * across, floor - value * up) for step, value in zip(steps, curve, strict=True)]
        pen.line(points, fill=colour, width=2 * SMOOTH, joint="curve")
    x = width - right + 14 * SMOOTH
    for row, (name, mark) in enumerate(_shortened(list(zip(found, colours, strict=True)))):
        y = top + (row + 0.5) * ROW_PX * SMOOTH
        if mark is not None:
            pen.line((x, y, x + 22 * SMOOTH, y), fill=mark, width=4 * SMOOTH)
        pen.text((x + 30 * SMOOTH, y), name, fill="black", font=font, anchor="lm")
    return picture.resize(SIZE_PX, Image.Resampling.LANCZOS)


def ticks(highest: float) -> list[float]:
    """Return round numbers from 0 to a first that is not below a number above 0: between three and seven of them."""
    magnitude = 10.0 ** math.floor(math.log10(highest))
    spacing = next(part * magnitude for part in (0.2, 0.5, 1.0, 2.0) if highest / (part * magnitude) < 6)
    return [i * spacing for i in range(math.ceil(highest / spacing * (1 - 1e-9)) + 1)]


def _colours(count: int) -> list[tuple[int, int, int]]:
    hues = [BLUE * (1 - i / max(1, count - 1)) for i in range(count)]
    return [tuple(round(255 * part) for part in colorsys.hsv_to_rgb(hue, 1.0, 0.85)) for hue in hues]  # type: ignore[misc]  # three


def _shortened(names: list[tuple[str, tuple[int, int, int]]]) -> list[tuple[str, tuple[int, int, int] | None]]:
    """Leave names out in the middle where there are too many."""
    if len(names) <= MOST_NAMES:
        return [*names]
    half = MOST_NAMES // 2
    return [*names[:half], (f"({len(names) - 2 * half} more)", None), *names[-half:]]
