"""What was suggested, and from what it was chosen."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segcli.suggest.measure import Skipped
from segcli.suggest.pool import Pool
from segcli.suggest.uncertainty import Measure


@dataclass(frozen=True)
class Suggestion:
    """An image to label.

    Attributes:
        rank: From 1.
        image: Its file.
        mask: Where its mask is to be, below the folder of the suggestions; empty where that is not a single file.
        uncertainty: 0 to 1.
        distance: To the nearest image that is labelled or ranks before it, 0 to 2; None of the first where none is.
    """

    rank: int
    image: Path
    mask: str
    uncertainty: float
    distance: float | None

    def record(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**vars(self), "image": str(self.image)}


@dataclass(frozen=True)
class Suggestions:
    """A choice.

    Attributes:
        chosen: In their order.
        pool: What was looked at.
        by: What uncertainty was measured by.
        ranked: Number of images that could be looked at.
        reduced: Number of those that were looked at smaller than they are.
        centres: Number of labelled images that the chosen ones are unlike.
        no_centres: Why there are none, in words; empty where there are some, or none were wanted.
        skipped: Images that could not be looked at.
    """

    chosen: tuple[Suggestion, ...]
    pool: Pool
    by: Measure
    ranked: int
    reduced: int
    centres: int
    no_centres: str
    skipped: tuple[Skipped, ...]

    def record(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "folder": str(self.pool.folder),
            "by": self.by,
            "images": self.ranked,
            "reduced": self.reduced,
            "labelled_centres": self.centres,
            "already_labelled": [str(file) for file in self.pool.labelled],
            "copies": [str(file) for file in self.pool.copies],
            "skipped": [{"image": str(each.file), "reason": each.reason} for each in self.skipped],
            "suggestions": [each.record() for each in self.chosen],
        }
