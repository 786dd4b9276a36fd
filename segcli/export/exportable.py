"""What is written into a file: the model with all that lies between the pixels of an image and its labels."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.export import Dim
from torch.nn import functional as F

from segcli.private_names import promise
from segcli.segmenter import Segmenter

LARGEST = 16384
"""Height and width in pixels, of images that a file of any size is written for."""
_MOST_IMAGES = 1024


class Exportable(nn.Module):
    """Map images as files hold them to labels: normalised, padded, predicted, resized, cut and decided inside.

    Args:
        segmenter: In evaluation mode.
        probabilities: Whether to return probabilities beside labels.
        size: The one height and width of images in pixels; None for any from :attr:`least` to :data:`LARGEST`.

    Attributes:
        least: Smallest height and width in pixels.
    """

    def __init__(self, segmenter: Segmenter, probabilities: bool = False, size: tuple[int, int] | None = None) -> None:
        super().__init__()
        self.segmenter, self.probabilities, self.size = segmenter, probabilities, size
        # one multiple would be one pixel at the coarsest level, which is what tracing takes for a case of its own
        self.least = segmenter.backbone.size_multiple + 1

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what it returns, in their order."""
        return ("labels", "probabilities") if self.probabilities else ("labels",)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Map ``(B, H, W, C)`` images in their raw value range.

        Returns:
            ``(B, H, W)`` uint8 class indices, of several labels per pixel ``(B, K, H, W)`` uint8 of 0 and 1; and, where
            they are asked for, ``(B, K, H, W)`` float32 probabilities, of the binary task that of the second class.
        """
        pixels = image.permute(0, 3, 1, 2)
        logits = self.segmenter(pixels) if self.size is not None else self._of_any_size(pixels)
        labels = self.segmenter.decide(logits)
        return (labels, self.segmenter.kind.probabilities(logits)) if self.probabilities else (labels,)

    def _of_any_size(self, pixels: Tensor) -> Tensor:
        """Return logits, by sizes that are known to be multiples: no remainder is left for tracing to ask about."""
        multiple = self.segmenter.backbone.size_multiple
        height, width = pixels.shape[-2:]
        counts = (torch.tensor([height, width]) + (multiple - 1)) // multiple
        rows: int = counts[0].item()  # type: ignore[assignment]  # a symbol, which int() would make a number of
        columns: int = counts[1].item()  # type: ignore[assignment]
        for count, side in ((rows, height), (columns, width)):
            promise(count >= 2)
            promise(count <= LARGEST // multiple + 1)
            promise(count * multiple - side >= 0)
            promise(count * multiple - side < multiple)
        whole = rows * multiple, columns * multiple
        padded = F.pad(self.segmenter.normalise(pixels), (0, whole[1] - width, 0, whole[0] - height))
        features = self.segmenter.backbone.extract(padded)._replace(size=whole)
        return self.segmenter.decode(features).logits((height, width))

    def example(self, batch: int) -> Tensor:
        """Return images to trace with: sizes that are unequal and no multiples, where any is possible."""
        multiple = self.segmenter.backbone.size_multiple
        height, width = self.size or (2 * multiple + 9, 3 * multiple + 13)
        dtype = getattr(torch, self.segmenter.image_dtype or "uint8")
        return torch.zeros(batch, height, width, self.segmenter.backbone.in_channels, dtype=dtype)

    def dynamic_shapes(self, any_batch: bool) -> Mapping[str, Mapping[int, Dim]]:
        """Return which sizes of images may vary, and how far.

        Args:
            any_batch: Whether the number of images may.
        """
        shapes = {0: Dim("batch", min=1, max=_MOST_IMAGES)} if any_batch else {}
        if self.size is None:
            shapes |= {axis: Dim(name, min=self.least, max=LARGEST) for axis, name in ((1, "height"), (2, "width"))}
        return {"image": shapes}
