"""How images are predicted once a model is trained: in which tiles, from how many views, by which thresholds."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

LEAST_OVERLAP = 64
"""Pixels of neighbouring tiles, where an eighth of the tile is less."""
LARGEST_WHOLE = 4_000_000
"""Pixels of an image up to which ``auto`` predicts it whole."""
AUTO_TILE = 1024
"""Height and width in pixels of the tiles of ``auto``."""
AUTO_TILE_OF_WIDE = 512
"""The same, where a row of those would take too much memory."""
LARGEST_ROW = 1 << 29
"""Bytes of the sums of a row of tiles from which on ``auto`` makes them smaller."""


class InferenceSettings:
    """Choose how validation, test and prediction apply the model. Training is not touched.

    Args:
        tile: Height and width in pixels of the tiles that images are predicted in, each like an image of its own, with
            weights that fall off over their overlap; ``auto`` for 1024 where an image has more than 4 million pixels,
            or 512 where a row of such tiles would take more than 512 MB; null predicts images whole. The loss is
            the mean over tiles then.
        overlap: Pixels that neighbouring tiles share, below a tile; null for an eighth of it, at least 64, at most
            half of it.
        tta: Test-time augmentation: the probabilities of several views of an image are averaged. ``hflip`` and
            ``vflip`` mirror it, ``flips`` does as ``train_transforms`` did, of which a model knows that they change
            nothing; ``scales`` adds 0.75 and 1.25 of its size. null for none.
        threshold: Probability above which a pixel is of the second class, with ``model.task: binary``, or of each
            class, with ``multilabel``: one number, or one for each class by name; null for 0.5.
            ``segcli tune threshold`` finds it.
        min_area_px: Connected regions of fewer pixels take the class that most of their border is of, or of several
            labels per pixel vanish; null keeps all.
        fill_holes_px: Regions of at most so many pixels that one class surrounds become part of it; null keeps all.

    Raises:
        ValueError: If a value is out of range.
    """

    def __init__(
        self,
        tile: int | Literal["auto"] | None = None,
        overlap: int | None = None,
        tta: list[Literal["flips", "hflip", "vflip", "scales"]] | None = None,
        threshold: float | dict[str, float] | None = None,
        min_area_px: int | None = None,
        fill_holes_px: int | None = None,
    ) -> None:
        if isinstance(tile, int) and not tile >= LEAST_OVERLAP:
            raise ValueError(f"inference.tile got {tile}, expected at least {LEAST_OVERLAP} pixels, auto or null")
        if overlap is not None and (overlap < 0 or (isinstance(tile, int) and overlap >= tile)):
            raise ValueError(f"inference.overlap got {overlap}, expected at least 0 and less than a tile ({tile})")
        numbers = threshold.values() if isinstance(threshold, dict) else [] if threshold is None else [threshold]
        if wrong := [value for value in numbers if not 0 <= value <= 1]:
            raise ValueError(f"inference.threshold got {wrong[0]}, expected probabilities from 0 to 1")
        for name, area in (("min_area_px", min_area_px), ("fill_holes_px", fill_holes_px)):
            if area is not None and area < 1:
                raise ValueError(f"inference.{name} got {area}, expected at least 1 pixel or null")
        self.tile, self.overlap, self.tta = tile, overlap, tuple(dict.fromkeys(tta or ()))
        self.threshold, self.min_area_px, self.fill_holes_px = threshold, min_area_px, fill_holes_px

    def thresholds(self, task: str, classes: Sequence[str]) -> tuple[float, ...] | None:
        """Return those of the classes in their order, of the binary task that of the second; None for one half.

        Raises:
            ValueError: If there are some for a task that has none, or of classes that there are not.
        """
        given = self.threshold
        if given is None:
            return None
        if task == "multiclass":
            raise ValueError(
                "inference.threshold is for model.task: binary and multilabel; classes that exclude each other have "
                "none: the most probable is chosen"
            )
        decided = tuple(classes[1:] if task == "binary" else classes)
        if not isinstance(given, Mapping):
            return (float(given),) * len(decided)
        if unknown := [name for name in given if name not in decided]:
            raise ValueError(f"inference.threshold got a class {unknown[0]!r}, expected {', '.join(decided)}")
        return tuple(float(given.get(name, 0.5)) for name in decided)

    def tile_for(self, height: int, width: int, num_outputs: int = 1) -> int | None:
        """Return the height and width of the tiles of an image; None if it is predicted whole.

        Args:
            height: Of the image in pixels.
            width: Of the image.
            num_outputs: Probabilities per pixel.
        """
        tile = self.tile
        if tile == "auto":
            is_wide = 4 * (num_outputs + 1) * AUTO_TILE * width > LARGEST_ROW
            tile = (AUTO_TILE_OF_WIDE if is_wide else AUTO_TILE) if height * width > LARGEST_WHOLE else None
        return None if tile is None or (height <= tile and width <= tile) else tile

    def overlap_of(self, tile: int) -> int:
        """Return the pixels that neighbouring tiles share."""
        if self.overlap is not None:
            return min(self.overlap, tile - 1)
        return min(max(tile // 8, LEAST_OVERLAP), tile // 2)

    def record(self) -> dict[str, Any]:
        """Return what is set, as JSON and YAML hold it; what is not is left out."""
        values = {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}
        return {name: value for name, value in values.items() if value not in (None, [])}
