"""Which levels of a backbone a decoder takes."""

from collections.abc import Sequence

from segcli.features import FeatureSpec


def level_at(decoder: str, features: Sequence[FeatureSpec], level: int) -> FeatureSpec:
    """Return one level of at least one, counted from 0, or, if negative, from the deepest.

    Args:
        decoder: Name of the decoder, for the message.
        features: Backbone pyramid, finest level first.
        level: Which.

    Raises:
        ValueError: If there is none.
    """
    if not -len(features) <= level < len(features):
        strides = ", ".join(str(spec.stride) for spec in features)
        raise ValueError(
            f"{decoder} got level {level}, expected {-len(features)} to {len(features) - 1}: the backbone has levels "
            f"of strides {strides}; -1 is the deepest."
        )
    return features[level]


def deepest(
    decoder: str, features: Sequence[FeatureSpec], most: int | None = None, least: int = 1
) -> Sequence[FeatureSpec]:
    """Return the last ``most`` levels, finest first; fewer, down to ``least``, are fine.

    Args:
        decoder: Name of the decoder, for the message.
        features: Backbone pyramid, finest level first.
        most: How many levels the decoder takes; None for all.
        least: How many it cannot do without.

    Raises:
        ValueError: If there are fewer than ``least``.
    """
    if len(features) < least:
        raise ValueError(
            f"{decoder} got {len(features)} feature level{'s'[: len(features) != 1]}, expected at least {least}; "
            "check model.backbone.out_indices."
        )
    return features[-most:] if most else features
