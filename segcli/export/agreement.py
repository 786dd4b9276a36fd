"""Whether a file predicts what its model does: both, on images of the validation split."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from segcli.datasets.sample_dataset import SampleDataset
from segcli.export.exported_model import ExportedModel, Images
from segcli.sample import IGNORE_INDEX
from segcli.segmenter import Segmenter

MOST_DIFFERING = 0.001
"""Share of labels that may differ in float32: rounding decides between classes that are nearly equal."""
MOST_LOST = 0.001
"""By how much mIoU may fall in float32."""
MOST_LOST_INT8 = 0.01
"""By how much mIoU may fall with weights of 8 bits."""


@dataclass(frozen=True)
class Agreement:
    """What was found.

    Attributes:
        images: How many were compared.
        pixels: Labels that were compared, ignored ones included.
        differing: Of these, those that differ.
        model_miou: mIoU of the model, 0 to 1; NaN where no mask holds a class.
        file_miou: mIoU of the file.
    """

    images: int
    pixels: int
    differing: int
    model_miou: float
    file_miou: float

    @property
    def share(self) -> float:
        """Share of labels that differ, 0 to 1."""
        return self.differing / max(self.pixels, 1)

    def refusal(self, int8: bool) -> str:
        """Return why the file is not to be used; nothing if it may be.

        Args:
            int8: Whether it has weights of 8 bits, of which only the score counts.
        """
        most_lost, lost = (MOST_LOST_INT8 if int8 else MOST_LOST), self.model_miou - self.file_miou
        if not int8 and self.share > MOST_DIFFERING:
            return f"{self.share:.2%} of labels differ from those of the model, at most {MOST_DIFFERING:.1%} may"
        if math.isnan(lost) and not math.isnan(self.model_miou):
            return "mIoU of the file is no number"
        if lost > most_lost:
            return f"mIoU falls from {self.model_miou:.4f} to {self.file_miou:.4f}, by at most {most_lost} it may"
        return ""

    def record(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return asdict(self)


def compare_predictions(
    segmenter: Segmenter,
    exported: ExportedModel,
    dataset: SampleDataset,
    number: int,
    advance: Callable[[], object] = bool,
) -> Agreement:
    """Predict images by a model and by its file.

    Args:
        segmenter: The model, in evaluation mode.
        exported: Its file.
        dataset: The validation split; images are seen as in validation.
        number: How many images, spread evenly over the split; all of it if it has fewer.
        advance: Called after every image.

    Raises:
        segcli.sample.DataError: If an image is at fault.
        segcli.export.description.ExportError: If the file refuses one.
    """
    classes = len(segmenter.classes)
    of_model, of_file = segmenter.kind.metric(classes), segmenter.kind.metric(classes)
    images = pixels = differing = 0
    for image, truth in samples(dataset, number, exported.description.size):
        with torch.no_grad():
            expected = segmenter.decide(segmenter(image))
        found = torch.from_numpy(exported.predict(pixels_of(image)))[None]
        images, pixels = images + 1, pixels + expected.numel()
        differing += int((expected != found).sum())
        of_model.update(expected, truth)
        of_file.update(found, truth)
        advance()
    scores = [float(metric.compute().mean_iou) for metric in (of_model, of_file)]
    return Agreement(images, pixels, differing, *scores)


def samples(dataset: SampleDataset, number: int, size: Sequence[int] | None = None) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield ``(1, C, H, W)`` images and their masks, spread evenly over a split, as its transforms leave them.

    Args:
        dataset: The split.
        number: How many.
        size: Height and width that all are cut or filled up to, with 0 and ignored pixels; None for their own.
    """
    for index in np.unique(np.linspace(0, len(dataset) - 1, min(number, len(dataset))).round().astype(int)):
        sample = dataset[int(index)]
        image, mask = sample["image"][None], sample["mask"][None]
        yield (image, mask) if size is None else (_fitted(image, size, 0), _fitted(mask, size, IGNORE_INDEX))


def pixels_of(image: Tensor) -> Images:
    """Return the ``(H, W, C)`` pixels of a ``(1, C, H, W)`` image, as an exported file takes them."""
    return np.ascontiguousarray(image[0].permute(1, 2, 0).numpy())


def _fitted(maps: Tensor, size: Sequence[int], value: int) -> Tensor:
    """Cut or fill ``(..., H, W)`` below and to the right."""
    cut = maps[..., : size[0], : size[1]]
    height, width = cut.shape[-2:]
    return F.pad(cut, (0, size[1] - width, 0, size[0] - height), value=value)
