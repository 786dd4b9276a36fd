"""Data sets that are presets of the package, recognised by their paths."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from segcli.survey.folder import Folder
from segcli.survey.pairing import Pairing, pair

PRESETS = Path(__file__).parent.parent / "presets" / "data"
_COMMON = {
    *("image", "images", "img", "imgs", "mask", "masks", "label", "labels", "annotation", "annotations", "annot"),
    *("train", "training", "val", "test", "output", "ground", "truth", "name", "split", "product", "defect", "m"),
    *("jpegimages", "segmentationclass", "jpg", "png", "gif", "tif", "sat", "area", "city", "rgb"),
}
"""Words of folders and files that any data set may have."""


@dataclass(frozen=True)
class KnownDataSet:
    """A preset whose patterns find images with masks.

    Attributes:
        name: Of the preset, such as ``cityscapes``.
        about: What its first line says.
        keys: What it sets of ``data``.
        pairing: What its patterns find.
    """

    name: str
    about: str
    keys: Mapping[str, Any]
    pairing: Pairing

    @property
    def preset(self) -> str:
        """How an experiment names it."""
        return f"segcli:data/{self.name}"


def known_data_sets(folder: Folder) -> Iterator[KnownDataSet]:
    """Yield the presets whose patterns find images with masks, where these, or the folder, are called like no other.

    Args:
        folder: Which may hold one of the data sets.
    """
    for file in sorted(PRESETS.glob("*.yaml")):
        text = file.read_text(encoding="utf-8")
        keys = yaml.safe_load(text)["data"]
        if not (_is_called(folder.root, file.stem, keys["root"]) or _is_distinct(f"{keys['image']}/{keys['mask']}")):
            continue
        found = pair(folder, keys["image"], keys["mask"])
        if found is not None and _has_lists(folder, keys):
            about = text.partition("\n")[0].removeprefix("# ")
            yield KnownDataSet(file.stem, about, keys, found)


def _is_called(root: Path, name: str, usual: str) -> bool:
    """Return whether a folder, or the one that it is in, is called like a data set."""
    names = {name, *(re.sub(r"\W|_", "", part).lower() for part in Path(usual).parts[1:])}
    parts = [part.lower() for part in root.resolve().parts[-2:]]
    words = {word for part in parts for word in re.findall(r"[^\W\d_]+", part)}
    plain = {re.sub(r"\W|_", "", part) for part in parts}
    return any(each in words or each in plain for each in names)


def _is_distinct(patterns: str) -> bool:
    """Return whether patterns hold a word that is not one of many data sets."""
    words = re.findall(r"\w+", patterns)
    return any(not {part.lower() for part in re.findall(r"[^\W\d_]+", word)} <= _COMMON for word in words)


def _has_lists(folder: Folder, keys: Mapping[str, Any]) -> bool:
    """Return whether the lists of names and the file of labels are there that a preset reads."""
    lists = keys.get("split_files")
    names = (keys.get("splits") or {}).values()
    wanted = [lists.replace("{split}", name) for name in names] if lists else []
    wanted += [keys["label_file"]] if "label_file" in keys else []
    return all(path in folder.files for path in wanted)
