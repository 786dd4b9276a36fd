"""A picture of the loss over the learning rate."""

import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from segcli.callbacks.schedule_picture import BOTTOM_PX, LEFT_PX, SIZE_PX, SMOOTH, TEXT_PX, TOP_PX
from segcli.disk import write_bytes

RIGHT_PX = 30
LINE, MARK = (31, 98, 217), (217, 0, 0)
HIGHEST = 1.5
"""Losses above so many times those of the start are cut off: there the training has diverged."""
START = 20
"""Losses that are the start: the first alone may be of an easy batch."""


def draw(lrs: Sequence[float], losses: Sequence[float], marked: int, title: str) -> Image.Image:
    """Draw losses over the logarithm of their learning rates, and mark one.

    Args:
        lrs: Rising, above 0.
        losses: As many; what is not finite is left out.
        marked: Position of the learning rate that is suggested.
        title: What it shows.
    """
    width, height = (side * SMOOTH for side in SIZE_PX)
    left, top, right, bottom = (side * SMOOTH for side in (LEFT_PX, TOP_PX, RIGHT_PX, BOTTOM_PX))
    picture = Image.new("RGB", (width, height), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(TEXT_PX * SMOOTH)
    points = [(math.log10(lr), loss) for lr, loss in zip(lrs, losses, strict=True) if math.isfinite(loss)]
    low, high = min(loss for _, loss in points), HIGHEST * max(losses[marked], *(loss for _, loss in points[:START]))
    high = max(min(high, max(loss for _, loss in points)), low + 1e-9)
    first, last = math.log10(lrs[0]), math.log10(lrs[-1])
    across, up = (width - left - right) / (last - first), (height - top - bottom) / (high - low)
    floor = height - bottom

    def place(point: tuple[float, float]) -> tuple[float, float]:
        return left + (point[0] - first) * across, floor - (min(point[1], high) - low) * up

    for loss in (low + i * (high - low) / 5 for i in range(6)):
        _, y = place((first, loss))
        pen.line((left, y, width - right, y), fill="gainsboro", width=SMOOTH)
        pen.text((left - 6 * SMOOTH, y), f"{loss:.3g}", fill="black", font=font, anchor="rm")
    for power in decades(first, last):
        x, _ = place((power, low))
        pen.line((x, floor, x, floor + 5 * SMOOTH), fill="black", width=SMOOTH)
        pen.text((x, floor + 8 * SMOOTH), f"1e{power}", fill="black", font=font, anchor="mt")
    pen.line((left, floor, width - right, floor), fill="black", width=SMOOTH)
    pen.text(((left + width - right) / 2, height - 8 * SMOOTH), "learning rate", fill="black", font=font, anchor="mb")
    pen.text((left, top / 2), title, fill="black", font=font, anchor="lm")
    pen.line([place(point) for point in points], fill=LINE, width=2 * SMOOTH, joint="curve")
    x, y = place((math.log10(lrs[marked]), losses[marked]))
    pen.circle((x, y), 6 * SMOOTH, fill=MARK)
    pen.text((x + 10 * SMOOTH, y), f"{lrs[marked]:.2g}", fill=MARK, font=font, anchor="lb")
    return picture.resize(SIZE_PX, Image.Resampling.LANCZOS)


def decades(first: float, last: float) -> Iterator[int]:
    """Yield the whole powers of ten between two logarithms."""
    yield from range(math.ceil(first - 1e-9), math.floor(last + 1e-9) + 1)


def write(picture: Image.Image, path: Path) -> None:
    """Write a picture as PNG, whole or not at all."""
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    write_bytes(path, buffer.getvalue())
