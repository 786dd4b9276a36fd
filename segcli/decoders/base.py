"""The contracts of what stands on a backbone: a decoder, which gives a map, and a head, which predicts by itself."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from torch import Tensor, nn

from segcli.features import Features, FeatureSpec
from segcli.prediction import Prediction


class Decoder(nn.Module, ABC):
    """Turn a pyramid of features into one map.

    Attributes:
        out_channels: Channels of the map.
        out_stride: Input pixels per pixel of the map.
        classifier_kernel: Kernel size of the convolution that turns the map into logits.
        meant_stride: Largest stride of the deepest level that the decoder was made for; None if any will do.
        wants_norm: Whether levels of a plain transformer are to pass its final norm, unless the backbone's
            ``normalise`` says something else; auxiliary decoders get the levels of the main one.
    """

    out_channels: int
    out_stride: int
    classifier_kernel: int = 1
    meant_stride: int | None = None
    wants_norm: bool = False

    @abstractmethod
    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Map ``(B, C_i, H/s_i, W/s_i)`` levels to ``(B, out_channels, H/out_stride, W/out_stride)``."""


class Head(nn.Module, ABC):
    """Turn all that a backbone knows into a prediction; for what is more than a map and a classifier on it.

    The constructor takes ``features`` and ``num_outputs``, logits per pixel, beside arguments of its own.

    Attributes:
        meant_stride: As of a :class:`Decoder`.
        wants_norm: As of a :class:`Decoder`.
        runs_tail: Whether it runs the blocks that the backbone leaves to it.
    """

    meant_stride: int | None = None
    wants_norm: bool = False
    runs_tail: bool = False

    @abstractmethod
    def forward(self, features: Features) -> Prediction:
        """Map features to a prediction; in training with what has a loss of its own as ``extra``."""


class DecoderFactory(Protocol):
    """A decoder or a head with its arguments, which still waits for what is known once there is a backbone."""

    def __call__(self, features: Sequence[FeatureSpec], num_outputs: int) -> Decoder | Head:
        """Build it for these levels, finest first; see :func:`build_decoder`."""


def build_decoder(factory: Callable[..., Any], features: Sequence[FeatureSpec], num_outputs: int) -> Decoder | Head:
    """Return what a factory makes for a backbone.

    Args:
        factory: A class, or one with its arguments; takes ``num_outputs`` only if it has a parameter of that name.
        features: Levels, finest first.
        num_outputs: Logits per pixel, ``K``.
    """
    counted = {"num_outputs": num_outputs} if _takes(_made_by(factory), "num_outputs") else {}
    return factory(features=features, **counted)


def _made_by(factory: Callable[..., Any]) -> Callable[..., Any]:
    """Return the class whose arguments a factory holds, if it is one of jsonargparse; else itself."""
    given = factory.args if isinstance(factory, partial) else ()
    return next((each for each in given if inspect.isclass(each)), factory)


def _takes(function: Callable[..., Any], name: str) -> bool:
    """Return whether there is a parameter of a name, in a base class too if the constructor passes on what it gets."""
    own = (vars(kind).get("__init__") for kind in function.__mro__) if inspect.isclass(function) else (function,)
    for constructor in filter(None, own):
        parameters = inspect.signature(constructor).parameters
        if name in parameters:
            return True
        if not any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters.values()):
            return False
    return False
