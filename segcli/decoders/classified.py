"""A decoder as a head: with the classifier that turns its map into logits."""

from torch import nn

from segcli.decoders.base import Decoder, Head
from segcli.features import Features
from segcli.prediction import DensePrediction, Prediction


class Classified(Head):
    """Decode, and classify every pixel of the map.

    Args:
        decoder: Built for the backbone's features.
        num_outputs: Logits per pixel, ``K``.
    """

    def __init__(self, decoder: Decoder, num_outputs: int) -> None:
        super().__init__()
        self.decoder, self.classifier = decoder, classifier_of(decoder, num_outputs)
        self.wants_norm, self.meant_stride = decoder.wants_norm, decoder.meant_stride

    def forward(self, features: Features) -> Prediction:
        """Map features to logits at the stride of the decoder's map."""
        return DensePrediction(self.classifier(self.decoder(features.levels)), features.size)


def as_head(decoder: Decoder | Head, num_outputs: int) -> Head:
    """Return a head as it is, and a decoder with a classifier for ``num_outputs`` logits."""
    return Classified(decoder, num_outputs) if isinstance(decoder, Decoder) else decoder


def classifier_of(decoder: Decoder, num_outputs: int) -> nn.Conv2d:
    """Return the convolution from a decoder's map to ``num_outputs`` logits; it starts with unit gain (Xavier)."""
    kernel = decoder.classifier_kernel
    classifier = nn.Conv2d(decoder.out_channels, num_outputs, kernel, padding=kernel // 2)
    nn.init.xavier_uniform_(classifier.weight)
    nn.init.zeros_(classifier.bias)  # type: ignore[arg-type]  # it has one
    return classifier
