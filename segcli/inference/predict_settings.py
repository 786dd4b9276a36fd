"""What ``segcli predict`` saves, where the command line does not say it."""

from typing import Literal


class PredictSettings:
    """Choose what predictions are saved as.

    Args:
        save: ``labels`` as PNG with a palette, ``overlays`` to look at, ``probabilities`` as NumPy arrays,
            ``confidence`` as grey PNG, ``geojson`` for polygons, ``coco`` for masks in one JSON file; null for labels
            and overlays. All but these two need ``predict INPUT``.

    Raises:
        ValueError: If the list is empty.
    """

    def __init__(
        self,
        save: list[Literal["labels", "overlays", "probabilities", "confidence", "geojson", "coco"]] | None = None,
    ) -> None:
        if save is not None and not save:
            raise ValueError("predict.save got an empty list, expected at least one of what may be saved, or null")
        self.save = save
