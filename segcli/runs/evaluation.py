"""What was measured of one split, read from a run folder or from that of a test. Torch-free."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from segcli.runs import consistency
from segcli.runs.file_hashes import changed_files
from segcli.runs.image_counts import ImageCounts
from segcli.runs.image_scores import ImageScores, image_scores_file
from segcli.runs.record_forms import listing, mapping, maybe, record, share, text, whole
from segcli.runs.run_folder import CONFIG, SPLITS
from segcli.runs.stored_files import StoredFileError, read_json

_class_scores = record({"IoU": maybe(share), "Dice": maybe(share), "pixels": whole}, {"AP": maybe(share)})
SCORES_FORM = record(
    {
        **dict.fromkeys(("mIoU", "mDice", "pixel_accuracy"), maybe(share)),
        "classes": mapping(_class_scores),
    },
    {
        "epoch": maybe(whole),
        "step": maybe(whole),
        "checkpoint": maybe(text),
        "mAP": maybe(share),
        "groups": mapping(record({"images": whole, "mIoU": maybe(share)})),
    },
)
WORST_FORM = record(
    {"images": listing(record({"id": text, "mIoU": maybe(share), "picture": text}))}, {"epoch": maybe(whole)}
)
SPLITS_FORM = record({}, {**dict.fromkeys(("train", "val", "test"), listing(text)), "groups": mapping(listing(text))})
"""Names of the images of each split, in order, and their groups where images share one."""


class Evaluation(NamedTuple):
    """What was measured of one split.

    Attributes:
        folder: Where it is stored.
        passport: Of the run, or of the test.
        scores: ``<stage>_scores.json``: ``epoch``, ``mIoU``, ``mDice``, ``pixel_accuracy``, and ``classes`` by name.
        counts: Of every image.
        contradictions: Facts that are stored twice and differ, in sentences.
        changed: Files that are not as they were written.
        image_scores: What each image adds to the scores of ``model.metrics``; None where there are none.
    """

    folder: Path
    passport: Mapping[str, Any]
    scores: Mapping[str, Any]
    counts: ImageCounts
    contradictions: tuple[str, ...]
    changed: tuple[str, ...] = ()
    image_scores: ImageScores | None = None


def read_evaluation(folder: Path, stage: str, passport: Mapping[str, Any], classes: Sequence[str]) -> Evaluation:
    """Read scores and counts, and see whether they agree.

    Args:
        folder: Where they lie.
        stage: ``val`` or ``test``.
        passport: Of the folder; empty if it has none.
        classes: Of the run.

    Raises:
        StoredFileError: If a file is missing or damaged.
    """
    names = CONFIG, SPLITS, f"{stage}_scores.json", f"{stage}_images.npz", image_scores_file(stage)
    scores = read_json(folder / names[2], SCORES_FORM)
    if not (folder / names[3]).is_file():
        raise StoredFileError(f"has no {names[3]}")
    counts = ImageCounts.read(folder / names[3])
    splits = read_json(folder / SPLITS, SPLITS_FORM) if (folder / SPLITS).is_file() else None
    images = ImageScores.read(folder / names[4]) if (folder / names[4]).is_file() else None
    found = [*consistency.of_classes(stage, scores, classes)]
    found = found or [*consistency.of_scores(stage, scores, counts)]
    if images is not None:
        found += consistency.of_image_scores(stage, scores, counts, images)
    found += consistency.of_images(stage, passport, splits, counts)
    return Evaluation(folder, passport, scores, counts, tuple(found), changed_files(folder, passport, names), images)
