"""Apply a model to images as an experiment's ``inference`` says: tiles, views, thresholds, clean regions."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from segcli.inference.decision import decide
from segcli.inference.inference_settings import InferenceSettings
from segcli.inference.regions import cleaned
from segcli.inference.tiles import Reduced, Tiling, tiled
from segcli.inference.views import View, averaged, views


class Part(NamedTuple):
    """What of images is predicted at once.

    Attributes:
        top: First row.
        lefts: First column of each tile; as many times as large is the batch.
        view: How it is seen.
    """

    top: int
    lefts: Sequence[int]
    view: View


Forward = Callable[[Tensor, Part], Tensor]
"""Maps ``(n B, C, h, w)`` pixels of a part to ``(n B, K, h, w)`` probabilities."""


class Inference:
    """Settings of an experiment, for its task.

    Args:
        settings: Its section ``inference``.
        task: Value of ``model.task``.
        classes: Names of the classes.
        trained: Names of the transforms of the training, which ``tta: [flips]`` follows.

    Attributes:
        settings: As given.
        views: That are averaged; the first is the image itself.
        thresholds: Of the probabilities that are decided on; None for one half.

    Raises:
        ValueError: If the settings do not fit the task, or the training had no flips.
    """

    def __init__(
        self, settings: InferenceSettings, task: str, classes: Sequence[str], trained: Iterable[str] = ()
    ) -> None:
        self.settings, self._multilabel = settings, task == "multilabel"
        self._num_outputs = 1 if task == "binary" else len(classes)
        self.thresholds = settings.thresholds(task, classes)
        self.views = views(settings.tta, trained)

    @property
    def cleans(self) -> bool:
        """Whether small regions or holes are changed, for which a whole label map is needed."""
        return self.settings.min_area_px is not None or self.settings.fill_holes_px is not None

    def averages(self, height: int, width: int) -> bool:
        """Return whether the prediction of an image is the mean of several, of tiles or views."""
        return len(self.views) > 1 or self.tiling(height, width) is not None

    def tiling(self, height: int, width: int) -> Tiling | None:
        """Return how an image is cut; None if it is predicted whole."""
        tile = self.settings.tile_for(height, width, self._num_outputs)
        return None if tile is None else Tiling(height, width, tile, self.settings.overlap_of(tile))

    def probabilities(self, images: Tensor, forward: Forward) -> Tensor:
        """Map ``(B, C, H, W)`` images to ``(B, K, H, W)`` probabilities, the mean over tiles and views.

        Args:
            images: In their raw value range.
            forward: Predicts a part.
        """
        height, width = images.shape[-2:]

        def read(top: int, end: int) -> Tensor:
            return images[..., top:end, :]

        return torch.cat([found for (found,) in self.rows(height, width, read, forward, lambda it: (it,))], dim=-2)

    def rows(
        self,
        height: int,
        width: int,
        read: Callable[[int, int], Tensor],
        forward: Forward,
        reduce: Callable[[Tensor], Reduced],
        at_once: int = 1,
    ) -> Iterator[Reduced]:
        """Yield what is made of the probabilities of images band by band, from the top.

        Args:
            height: Of the images in pixels.
            width: Of the images.
            read: Maps first and last row, which is not included, to ``(B, C, rows, W)`` pixels.
            forward: Predicts a part.
            reduce: Maps ``(B, K, rows, columns)`` probabilities to what is wanted, each ``(..., rows, columns)``.
            at_once: Tiles that are predicted at once.

        Yields:
            What is wanted, each ``(..., rows, W)``; the rows of all together are those of the image.
        """
        tiling = self.tiling(height, width)
        if tiling is None:
            yield reduce(self._averaged(read(0, height), 0, [0], forward))
            return

        def of_tiles(tiles: Tensor, top: int, lefts: list[int]) -> Tensor:
            return self._averaged(tiles, top, lefts, forward)

        yield from tiled(tiling, read, of_tiles, reduce, at_once)

    def labels(self, probabilities: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` probabilities to labels by the thresholds; regions are not cleaned.

        Returns:
            ``(B, H, W)`` uint8 class indices, or of several labels per pixel ``(B, K, H, W)`` of 0 and 1.
        """
        return decide(probabilities, self._multilabel, self.thresholds)

    def clean(self, labels: Tensor) -> Tensor:
        """Return labels of whole images without small regions and holes, on the same device."""
        if not self.cleans:
            return labels
        area, holes = self.settings.min_area_px, self.settings.fill_holes_px
        return torch.stack([torch.from_numpy(cleaned(each.cpu().numpy(), area, holes)) for each in labels]).to(
            labels.device
        )

    def _averaged(self, images: Tensor, top: int, lefts: Sequence[int], forward: Forward) -> Tensor:
        return averaged(self.views, images, lambda seen, view: forward(seen, Part(top, lefts, view)))
