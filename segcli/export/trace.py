"""Turn a model into a graph that takes images of any size, or of as many sizes as it can."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from timm.layers import padding
from torch import nn
from torch.export import ExportedProgram

from segcli.export.description import ExportError
from segcli.export.exportable import Exportable
from segcli.segmenter import Segmenter

_TRACED = 2
"""Images to trace with: one would be a case of its own."""


@dataclass(frozen=True)
class Traced:
    """A graph.

    Attributes:
        program: The graph; writing it as ONNX uses it up.
        model: What it was made of.
        any_batch: Whether it takes any number of images at once, or one.
    """

    program: ExportedProgram
    model: Exportable
    any_batch: bool


def trace(segmenter: Segmenter, probabilities: bool = False, size: tuple[int, int] | None = None) -> Traced:
    """Return the graph of a model.

    Args:
        segmenter: In evaluation mode.
        probabilities: Whether it returns probabilities beside labels.
        size: The one height and width of images in pixels; None for any.

    Raises:
        ExportError: If it cannot be traced.
    """
    only = segmenter.backbone.image_size
    if size is None and only is not None:
        raise ExportError(
            f"the backbone takes images of {only[0]}x{only[1]} pixels only, and no file can take others; export it for "
            f"these: --size {only[0]}x{only[1]}"
        )
    model, why = Exportable(segmenter, probabilities, size).eval(), ""
    for any_batch in (True, False):
        try:
            with torch.no_grad(), _traceable(segmenter), quiet_torch():
                images = model.example(_TRACED if any_batch else 1)
                shapes = model.dynamic_shapes(any_batch)
                return Traced(torch.export.export(model, (images,), dynamic_shapes=shapes), model, any_batch)
        except Exception as error:
            why = first_line(error)
    if size is None:
        raise ExportError(
            f"the model asks for the size of the image where a graph of any size cannot tell ({why}); export it for "
            "one size of images: --size 360x480"
        )
    raise ExportError(f"cannot be exported: {why}")


@contextmanager
def _traceable(model: nn.Module) -> Iterator[None]:
    """Let timm pad without asking for the remainder of sizes, which are multiples."""
    patches = [each for each in model.modules() if getattr(each, "dynamic_img_pad", False)]
    own = padding.get_same_padding
    padding.get_same_padding = _same_padding
    for each in patches:
        each.dynamic_img_pad = False  # type: ignore[assignment]
    try:
        yield
    finally:
        padding.get_same_padding = own
        for each in patches:
            each.dynamic_img_pad = True  # type: ignore[assignment]


def _same_padding(size: int, kernel: int, stride: int, dilation: int) -> int:
    """Return by how much timm pads a side, in whole numbers."""
    outputs = -(-size // stride)
    return torch.sym_max((outputs - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)  # type: ignore[return-value]


@contextmanager
def quiet_torch() -> Iterator[None]:
    """Keep what torch logs about attempts that fail to itself: what matters is in the error."""
    logger = logging.getLogger("torch")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def first_line(error: Exception) -> str:
    """Return the first line of what a library says of an error, at most 200 characters."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)[:200]
