"""Annotations in COCO's format that lie in a folder."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from segcli.datasets.split_folders import NAMES
from segcli.survey.drafts import SPLIT_WORD
from segcli.survey.folder import Folder

_LARGEST = 1_000_000_000
"""Bytes of a file that is read."""
_MOST = 12
"""Files of JSON in one folder, above which they belong to single images."""
_DEEPEST = 2


@dataclass(frozen=True)
class CocoFiles:
    """Files of annotations that belong together.

    Attributes:
        files: Split to file; one for all under an empty name.
        images: Number of images.
        objects: Name of every category with objects, in the order of its number, to how many there are.
        empty: Names of categories without objects.
        sizes: Heights and widths of some images.
        names: Paths of images as the files name them.
    """

    files: Mapping[str, str]
    images: int
    objects: Mapping[str, int]
    empty: Sequence[str]
    sizes: Sequence[tuple[int, int]]
    names: Sequence[str]


def coco_files(folder: Folder) -> CocoFiles | None:
    """Return the annotations in a folder; None if there are none whose outlines can be drawn.

    Args:
        folder: Where they may lie.
    """
    contents = dict(_contents(folder))
    if not contents:
        return None
    files = _by_split(contents)
    names: dict[Any, str] = {}
    objects = Counter[Any]()
    sizes, images = list[tuple[int, int]](), list[str]()
    for path in files.values():
        content = contents[path]
        names |= {each["id"]: str(each["name"]) for each in content["categories"]}
        objects.update(each["category_id"] for each in content["annotations"])
        sizes += [(each["height"], each["width"]) for each in content["images"]]
        images += [str(each["file_name"]) for each in content["images"]]
    used = {names[key]: objects[key] for key in sorted(names) if objects[key]}
    return CocoFiles(files, len(images), used, [names[key] for key in names if not objects[key]], sizes, images)


def _contents(folder: Folder) -> Iterator[tuple[str, Mapping[str, Any]]]:
    near = [path for path in folder.files if path.lower().endswith(".json") and path.count("/") <= _DEEPEST]
    per_folder = Counter(path.rpartition("/")[0] for path in near)
    for path in near:
        file = folder.files[path]
        if per_folder[path.rpartition("/")[0]] > _MOST or file.stat().st_size > _LARGEST:
            continue
        try:
            content = json.loads(file.read_text(encoding="utf-8-sig"))
            categories = {each["id"] for each in content["categories"]}
            annotations, images = content["annotations"], content["images"]
            whole = all(each.get("segmentation") and each["category_id"] in categories for each in annotations)
            named = all(each["file_name"] and each["height"] and each["width"] for each in images)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
        if annotations and images and whole and named:
            yield path, content


def _by_split(paths: Mapping[str, object]) -> dict[str, str]:
    """Return split to file, by a word of the file's name or of its folder; one file alone is for all."""
    found: dict[str, str] = {}
    for path in paths:
        parent, _, name = path.rpartition("/")
        word = SPLIT_WORD.search(PurePosixPath(name).stem) or SPLIT_WORD.search(parent.rpartition("/")[2])
        split = NAMES.get(word[0].casefold()) if word else None
        if split is not None:
            found.setdefault(split, path)
    if "train" in found:
        return {split: found[split] for split in ("train", "val", "test") if split in found}
    return {"": next(iter(paths))}
