"""What a run records of its data: fingerprints of splits, the names of all images, and their groups."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segcli.config.output import say
from segcli.datamodules.segmentation_data_module import SegmentationDataModule, Split
from segcli.datasets.data_progress import DataProgress
from segcli.datasets.fingerprint import Fingerprint, KnownContent, fingerprint, known_digests
from segcli.datasets.mask_check import MaskCheck, label_key, lossy_note, require_right
from segcli.datasets.no_collection import no_collection
from segcli.disk import write_text
from segcli.runs.checked_masks import known_samples, remember
from segcli.runs.run_folder import SPLITS
from segcli.runs.settings import FingerprintOf
from segcli.sample import DataError

LONG_BYTES = 10_000_000_000
"""Size of data above which the user is told what takes so long."""


def record_data(data: SegmentationDataModule, folder: Path, how: FingerprintOf = "content") -> dict[str, Any]:
    """Check and hash the splits that were prepared, and write ``splits.json``.

    That names all images, by split and in order, with their groups where images share one.

    Args:
        data: Of the run.
        folder: Of the run.
        how: What of the data is hashed; see ``run.fingerprint``.

    Returns:
        What the passport says of the data.

    Raises:
        DataError: If a file is at fault.
    """
    try:
        found = _fingerprints(data, how)
    except OSError as error:
        raise DataError(f"{error.filename}: {error.strerror}") from None
    names: dict[str, Any] = {split: dataset.ids() for split, dataset in data.datasets.items()}
    grouped = ((str(split), data.groups(split)) for split in data.datasets if split != "predict")
    groups = {split: groups for split, groups in grouped if groups is not None}
    if any(len(set(of_split)) < len(of_split) for _, of_split in groups.values()):
        names["groups"] = {split: of_split for split, (_, of_split) in groups.items()}
    write_text(folder / SPLITS, json.dumps(names, indent=0, ensure_ascii=False) + "\n")
    record = {"class": type(data).__name__, "classes": list(data.classes), "splits": found}
    return {**record, "group": _group_facts(groups)} if groups else record


def _fingerprints(data: SegmentationDataModule, how: FingerprintOf) -> dict[Split, Fingerprint]:
    """Hash the files of all splits and check their masks, but for samples that earlier runs found right."""
    found, checks = dict[Split, Fingerprint](), list[tuple[str, MaskCheck]]()
    known = None if how == "sizes" else known_digests(data.folder, is_trusted=how != "reread")
    with no_collection():
        content = {split: KnownContent(dataset, known) for split, dataset in data.datasets.items()}
    total = sum(each.unread_bytes for each in content.values())
    if total > LONG_BYTES:
        say(f"hashing {total / 1e9:.0f} GB of data; --run.fingerprint sizes does without", file=sys.stderr)
    with DataProgress(sum(map(len, data.datasets.values())), "checking data") as progress:
        for split, dataset in data.datasets.items():
            key, check = label_key(dataset), None
            if key is not None:
                check = MaskCheck(dataset, data.check_masks, known_samples(key))
                checks.append((key, check))
            found[split] = fingerprint(dataset, how == "sizes", check, progress.advance, content[split])
    if known is not None:
        known.save()
    for key, check in checks:
        remember(key, check.right)
    if note := lossy_note([check for _, check in checks]):
        say(note, file=sys.stderr)
    require_right([check for _, check in checks])
    return found


def _group_facts(groups: Mapping[str, tuple[str, list[str]]]) -> dict[str, Any]:
    """Return the pattern of the groups, how many each split has, and how many of them are in ``train`` too."""
    train = set(groups["train"][1]) if "train" in groups else None
    splits: dict[str, dict[str, int]] = {}
    for split, (_, names) in groups.items():
        splits[split] = {"groups": len(set(names))}
        if train is not None and split != "train":
            splits[split]["also_in_train"] = len(train & set(names))
    return {"pattern": next(iter(groups.values()))[0], "splits": splits}
