"""What a transformer knows of the image as a whole, for decoders that read it."""

from torch import Tensor

from segcli.features import Features


def class_tokens(decoder: str, features: Features, remedy: str) -> list[Tensor]:
    """Return the ``(B, C_i)`` class token of each level, the first of its prefix tokens.

    Args:
        decoder: Name of the decoder, for the message.
        features: Of the backbone.
        remedy: What to set in place of it.

    Raises:
        ValueError: If the backbone has none.
    """
    if features.prefix is None or not features.prefix[0].shape[1]:
        raise ValueError(
            f"{decoder} got features without a class token, expected those of a transformer that has one, such as "
            f"vit_small_patch16_224; {remedy} or choose such a backbone."
        )
    return [tokens[:, 0] for tokens in features.prefix]
