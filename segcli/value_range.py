"""Which image values stand for 0 and 1, for all channels or for each."""

from collections.abc import Sequence
from typing import Any, Literal

Range = tuple[float, float]
ValueRange = Range | list[Range] | Literal["percentiles"]

PERCENTILES: Literal["percentiles"] = "percentiles"
"""Those of the training images, which a training computes and checkpoints hold."""
EIGHT_BITS = (0.0, 255.0)


def ranges_of(value_range: ValueRange, channels: int) -> list[Range]:
    """Return the range of each channel; 0 to 1 as long as percentiles are not known.

    Args:
        value_range: One for all channels, or a list with one for each.
        channels: Number of channels.

    Raises:
        ValueError: If there are not as many, or a range is empty.
    """
    if value_range == PERCENTILES:
        return [(0.0, 1.0)] * channels
    is_list = isinstance(value_range[0], Sequence)
    given: Any = value_range if is_list else [value_range]
    ranges = [(float(low), float(high)) for low, high in given]
    if len(ranges) not in (1, channels):
        raise ValueError(
            f"model.value_range got {len(ranges)} ranges, expected one, or one for each of {channels} channels "
            "(model.backbone.in_channels)"
        )
    if empty := [each for each in ranges if each[0] >= each[1]]:
        raise ValueError(f"model.value_range got {[*empty[0]]}, expected low < high")
    return ranges * (channels if len(ranges) == 1 else 1)
