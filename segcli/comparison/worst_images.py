"""The images that a run segmented worst, as small pictures for a page."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from PIL import Image

from segcli.comparison.comparison import Group
from segcli.runs.run_folder import WORST
from segcli.runs.stored_run import StoredRun

WIDTH_PX = 660
"""Of a picture in a page; wider ones are reduced."""
_QUALITY = 75


@dataclass(frozen=True)
class WorstImage:
    """One of the images that a run segmented worst.

    Attributes:
        name: Id of the image.
        score: Its mIoU, 0 to 1; None if it is not known.
        picture: PNG that shows image, truth and prediction beside each other.
    """

    name: str
    score: float | None
    picture: Path


def median_run(group: Group) -> StoredRun:
    """Return the run whose value is the median; of an even number the lower of the two in the middle."""
    order = sorted(range(len(group.runs)), key=lambda at: group.values[at])
    return group.runs[order[(len(order) - 1) // 2]]


def worst_images(run: StoredRun) -> list[WorstImage]:
    """Read ``worst/worst.json`` of a run, worst first.

    Raises:
        UnreadableRunError: If it is missing, damaged, or contradicts the counts.
    """
    folder = run.path / WORST
    entries = ((entry, folder / PurePath(entry["picture"]).name) for entry in run.worst())  # never outside of it
    return [WorstImage(entry["id"], entry["mIoU"], picture) for entry, picture in entries]


def data_uri(picture: Path) -> str:
    """Return a picture as a small WebP image inside an address.

    Raises:
        OSError: If it cannot be read as a picture.
    """
    with Image.open(picture) as image:
        small = image.convert("RGB")
    if small.width > WIDTH_PX:
        height = max(1, round(small.height * WIDTH_PX / small.width))
        small = small.resize((WIDTH_PX, height), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, format="WEBP", quality=_QUALITY)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def most_pictures(groups: Sequence[Group]) -> int:
    """Return how many pictures of each group keep a page small."""
    return max(2, min(6, 18 // max(len(groups), 1)))
