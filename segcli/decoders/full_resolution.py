"""How decoders in the shape of a U go from the deepest level to the finest, and on to full resolution.

A step leads to every finer level, which is its skip connection. Backbones start at stride 2 or more, so further steps
without one follow, one per doubling.
"""

from collections.abc import Sequence

from torch import Tensor

from segcli.decoders.counts import expect_at_least_one
from segcli.features import FeatureSpec

_FINEST_WIDTH, _WIDEST = 16, 256


def step_widths(decoder: str, features: Sequence[FeatureSpec], channels: Sequence[int] | None) -> list[int]:
    """Return the width of every step, coarsest first; at least one.

    Args:
        decoder: Its name, for the message.
        features: Levels, finest first.
        channels: Widths that were asked for; None for 16 at the last step and twice the width at each before it, up to
            256.

    Raises:
        ValueError: If ``channels`` has not one entry of at least 1 per step.
    """
    skips = len(features) - 1
    steps = max(1, skips + (features[0].stride - 1).bit_length())
    if channels is None:
        return [min(_WIDEST, _FINEST_WIDTH << step) for step in reversed(range(steps))]
    expect_at_least_one(decoder, channels=channels)
    if len(channels) != steps:
        raise ValueError(
            f"{decoder} got {len(channels)} channels, expected {steps}: one for each of {skips} skip connections "
            f"and {steps - skips} blocks without; leave them out or give {steps} numbers."
        )
    return list(channels)


def doubled_sizes(finest: Tensor, stride: int, steps: int) -> list[tuple[int, int]]:
    """Return the height and width in pixels after every step without a skip connection.

    Args:
        finest: The finest level.
        stride: Its stride; one that is no power of two, such as a ViT's 14, is reached in the last step.
        steps: How many there are.
    """
    height, width = finest.shape[-2:]
    scales = [min(2 ** (step + 1), stride) for step in range(steps)]
    return [(height * scale, width * scale) for scale in scales]
