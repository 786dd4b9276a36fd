"""The files of suggestions: a table that ``data.manifest`` reads, a list of paths, and what was skipped."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from segcli.datamodules.segmentation_data_module import Split
from segcli.datasets.manifest_listing import IMAGE, MASK, SPLIT
from segcli.datasets.pairing import is_image
from segcli.datasets.record import Record
from segcli.datasets.record_dataset import RecordDataset
from segcli.datasets.sample_dataset import SampleDataset
from segcli.disk import write_text
from segcli.suggest.measure import Skipped
from segcli.suggest.output_names import LIST, SKIPPED, TABLE, WITH_LABELLED
from segcli.suggest.pool import fits_a_line
from segcli.suggest.suggestions import Suggestion


class LabelledRow(NamedTuple):
    """A labelled image as a manifest names it.

    Attributes:
        image: Its file.
        mask: That of its mask; empty for none.
        split: ``train``, ``val`` or ``test``.
    """

    image: str
    mask: str
    split: Split


def labelled_rows(splits: Mapping[Split, SampleDataset]) -> list[LabelledRow] | None:
    """Return rows of the labelled images; None where a manifest cannot name them, such as parts of files.

    Args:
        splits: The data.
    """
    rows = list[LabelledRow]()
    for split, dataset in splits.items():
        if not isinstance(dataset, RecordDataset):
            return None
        for record in dataset.records:
            if not _is_plain(record):
                return None
            mask = record.masks[0].path if record.masks else None
            if not all(fits_a_line(file) for file in (record.image, mask) if file is not None):
                return None
            rows.append(LabelledRow(str(record.image.absolute()), "" if mask is None else str(mask.absolute()), split))
    return rows or None


def write_files(
    folder: Path, chosen: Sequence[Suggestion], labelled: Sequence[LabelledRow] | None, skipped: Sequence[Skipped]
) -> None:
    """Write what belongs to suggestions, but for their picture.

    Args:
        folder: Where to.
        chosen: The images.
        labelled: Rows of those that are labelled already; None where a manifest cannot name them.
        skipped: What could not be looked at.

    Raises:
        OSError: If a file cannot be written.
    """
    rows = [
        (
            str(each.image.absolute()),
            each.mask,
            "train",
            str(each.rank),
            f"{each.uncertainty:.6f}",
            "" if each.distance is None else f"{each.distance:.6f}",
        )
        for each in chosen
    ]
    head = (IMAGE, MASK, SPLIT, "rank", "uncertainty", "distance")
    write_text(folder / TABLE, _csv(head, rows))
    write_text(folder / LIST, "".join(f"{row[0]}\n" for row in rows))
    if labelled is not None:
        write_text(folder / WITH_LABELLED, _csv(head[:3], [*labelled, *(row[:3] for row in rows)]))
    if skipped:
        write_text(folder / SKIPPED, _csv((IMAGE, "reason"), [(str(each.file), each.reason) for each in skipped]))


def _csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()


def _is_plain(record: Record) -> bool:
    is_single = not record.more and not record.packed and len(record.masks) <= 1
    return is_single and all(
        mask.label is None and mask.content is None and (mask.path is None or is_image(mask.path))
        for mask in record.masks
    )
