"""What a model makes of every image of a pool: how unsure it is, and its features."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import interpolate

from segcli.config.errors import in_a_line
from segcli.predict.checkpoint_predictor import CheckpointPredictor
from segcli.predict.ensemble import Ensemble
from segcli.predict.predictor import Images, Predictor, PredictorError, Probabilities
from segcli.sample import DataError
from segcli.suggest.uncertainty import Measure, uncertainty_map

MOST_PIXELS = 4_000_000
"""Of an image; larger ones are ranked by a smaller copy of them."""


@dataclass(frozen=True)
class Measured:
    """An image.

    Attributes:
        file: Of it.
        uncertainty: Mean over its pixels, 0 to 1.
        features: ``(C,)`` of length 1.
        is_reduced: Whether it was looked at smaller than it is.
    """

    file: Path
    uncertainty: float
    features: NDArray[np.float32]
    is_reduced: bool


@dataclass(frozen=True)
class Skipped:
    """An image that could not be looked at.

    Attributes:
        file: Of it.
        reason: Why, in words.
    """

    file: Path
    reason: str


class Look(NamedTuple):
    """An image and what a model says of it.

    Attributes:
        image: ``(H, W, C)``, no larger than :data:`MOST_PIXELS`.
        probabilities: ``(K, H, W)``, as of :class:`segcli.predict.predictor.Predictor`.
        uncertainty: ``(H, W)``, 0 to 1.
        is_reduced: Whether the file holds a larger one.
    """

    image: Images
    probabilities: Probabilities
    uncertainty: NDArray[np.float32]
    is_reduced: bool


class Measurer:
    """Look at images.

    Args:
        predictor: The model, or several, of which the first is that of a checkpoint.
        by: What uncertainty is measured by.

    Raises:
        PredictorError: If the first is an exported file, which has no features.
    """

    def __init__(self, predictor: Predictor, by: Measure = "entropy") -> None:
        first = predictor.members[0] if isinstance(predictor, Ensemble) else predictor
        if not isinstance(first, CheckpointPredictor):
            raise PredictorError(
                f"{first.name} is an exported file, which returns no features of images; name the checkpoint that it "
                "was exported from first"
            )
        self.predictor, self._first, self._by = predictor, first, by

    def measured(self, files: Sequence[Path], advance: Callable[[], object] = bool) -> Iterator[Measured | Skipped]:
        """Yield what was found of every file, in their order.

        Args:
            files: Of one image each.
            advance: Called after every image.
        """
        for file in files:
            try:
                yield self._measured(file)
            except (DataError, PredictorError) as error:
                yield Skipped(file, in_a_line(error).removeprefix(f"{file} "))
            advance()

    def features(self, image: NDArray[Any]) -> NDArray[np.float32]:
        """Return the ``(C,)`` features of an image ``(H, W)`` or ``(H, W, C)``.

        Raises:
            PredictorError: If the model is not for such images.
        """
        found: NDArray[np.float32] = self._first.features(self._reduced(np.atleast_3d(image))[0][None])[0]
        return found

    def look(self, file: Path) -> Look:
        """Return an image, and what the model says of it.

        Raises:
            DataError: If the file is at fault.
            PredictorError: If the model is not for such images.
        """
        image, is_reduced = self._reduced(self.predictor.read([file]))
        probabilities = self.predictor.probabilities(image[None])[0]
        values = uncertainty_map(probabilities, self.predictor.kind.multilabel, self._by)
        return Look(image, probabilities, values, is_reduced)

    def _measured(self, file: Path) -> Measured:
        found = self.look(file)
        uncertainty = float(found.uncertainty.mean(dtype=np.float64))
        return Measured(file, uncertainty, self._first.features(found.image[None])[0], found.is_reduced)

    def _reduced(self, image: Images) -> tuple[Images, bool]:
        """Return an image with few enough pixels, and whether it had more."""
        height, width = image.shape[:2]
        if self.predictor.size is not None or height * width <= MOST_PIXELS:
            return image, False
        share = math.sqrt(MOST_PIXELS / (height * width))
        size = max(1, int(height * share)), max(1, int(width * share))
        channels_first = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)).astype(np.float32))
        smaller = interpolate(channels_first[None], size, mode="bilinear", antialias=True)[0].numpy()
        if image.dtype.kind == "u":
            smaller = np.clip(np.rint(smaller), 0, np.iinfo(image.dtype).max)
        return smaller.transpose(1, 2, 0).astype(image.dtype), True
