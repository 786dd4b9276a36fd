"""The images that a model is worst at, with truth and prediction, so that a comparison can show them."""

import heapq
import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from segcli.disk import write_bytes, write_text
from segcli.inference.picture import as_picture, grid, overlay
from segcli.metrics.image_matrices import image_ious
from segcli.runs.run_folder import WORST
from segcli.sample import Batch

LONGER_SIDE_PX = 320


class Panel(NamedTuple):
    """One image; the first three fields order panels from the best to the worst.

    Attributes:
        badness: 1 - mIoU of this image.
        order: Minus its position, so that of equal ones the first is kept.
        name: Its path.
        pictures: Image, truth and prediction.
    """

    badness: float
    order: int
    name: str
    pictures: tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]


class WorstImages:
    """Keep the images of an evaluation with the lowest mIoU, reduced to at most 320 px.

    With several devices, those that the first has seen.

    Args:
        count: How many; 0 keeps none.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._panels: list[Panel] = []
        self._seen = 0

    def reset(self) -> None:
        """Forget all."""
        self._panels, self._seen = [], 0

    def keep(
        self, batch: Batch, labels: Tensor, matrices: Tensor, picture: Callable[[Tensor], NDArray[np.uint8]]
    ) -> None:
        """Look at a batch.

        Args:
            batch: With images, masks and paths.
            labels: Predictions of the masks' shape.
            matrices: ``(B, K, K)`` or ``(B, K, 2, 2)`` counts.
            picture: Maps an image ``(C, H, W)`` to what is shown of it, uint8.
        """
        if not self.count or batch.get("is_filler"):
            return
        for index, score in enumerate(image_ious(matrices).tolist()):
            self._seen += 1
            badness = 1 - score
            if math.isnan(score) or (len(self._panels) == self.count and badness <= self._panels[0].badness):
                continue
            truth, prediction = (_array(part[index]) for part in (batch["mask"], labels))
            pictures = _reduced(picture(batch["image"][index])), _smaller_labels(truth), _smaller_labels(prediction)
            panel = Panel(badness, -self._seen, batch["path"][index], pictures)
            (heapq.heappush if len(self._panels) < self.count else heapq.heappushpop)(self._panels, panel)

    def write(self, folder: Path, epoch: int | None, names: dict[str, str], palette: NDArray[np.uint8]) -> None:
        """Write ``worst/worst.json`` and a picture of each image, the worst first.

        Args:
            folder: The run folder.
            epoch: Of the training, from 1; None outside of one.
            names: Of images by their paths.
            palette: ``(K, 3)`` RGB colours.
        """
        if not self.count:
            return
        entries = []
        for rank, panel in enumerate(sorted(self._panels, reverse=True), start=1):
            file = f"epoch_{epoch:03d}_{rank:02d}.jpg" if epoch else f"{rank:02d}.jpg"
            write_bytes(folder / WORST / file, _drawn(panel, palette))
            score = round(1 - panel.badness, 6)
            entries.append({"id": names.get(panel.name, panel.name), "mIoU": score, "picture": file})
        write_text(folder / WORST / "worst.json", json.dumps({"epoch": epoch, "images": entries}, indent=2) + "\n")
        current = {entry["picture"] for entry in entries}
        for old in (folder / WORST).glob("*.jpg"):
            if old.name not in current:
                old.unlink()


def _drawn(panel: Panel, palette: NDArray[np.uint8]) -> bytes:
    image, *labels = panel.pictures
    row = [as_picture(image), *(overlay(image, part, palette) for part in labels)]
    buffer = io.BytesIO()
    Image.fromarray(grid([row])).save(buffer, format="JPEG", quality=85)
    return buffer.getvalue()


def _array(tensor: Tensor) -> NDArray[np.uint8]:
    return tensor.cpu().numpy().astype(np.uint8)


def _size(height: int, width: int) -> tuple[int, int]:
    """Return width and height, reduced."""
    scale = min(1.0, LONGER_SIDE_PX / max(height, width))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _reduced(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    size = _size(*image.shape[:2])
    return np.asarray(cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_AREA), np.uint8)


def _smaller_labels(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Reduce ``(H, W)`` or ``(K, H, W)`` labels by their nearest neighbours."""
    size = _size(*labels.shape[-2:])
    maps = labels if labels.ndim == 3 else labels[None]
    smaller = np.stack([cv2.resize(each, size, interpolation=cv2.INTER_NEAREST_EXACT) for each in maps])
    return smaller if labels.ndim == 3 else smaller[0]
