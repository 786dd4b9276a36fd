"""What tells the splits: fields of paths, or lists of names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from unicodedata import normalize

from segcli.datasets.split_folders import NAMES, SPLITS
from segcli.survey.drafts import SPLIT_WORD
from segcli.survey.folder import Folder

_ALL = "default"
_LARGEST = 50_000_000
"""Bytes of a list of names."""
_LISTS = 400
"""Files that are looked at for names."""
_NEVER = ("readme", "license", "requirements", "classes", "labels", "labelmap")


@dataclass(frozen=True)
class NameLists:
    """Files that list the images of each split.

    Attributes:
        pattern: With ``{split}``.
        images: What stands for ``{split}``, to the images that the file lists.
    """

    pattern: str
    images: Mapping[str, Sequence[str]]


def meant_splits(texts: Sequence[str]) -> dict[str, str] | None:
    """Return ``data.splits`` for what splits are called; None if the usual names need no explanation.

    Args:
        texts: What they are called, such as ``trainval`` and ``test``.
    """
    known = {text: NAMES.get(text.casefold()) for text in texts}
    if len({split for split in known.values() if split}) == len([split for split in known.values() if split]) and (
        "val" in known.values() or all(known.values())
    ):
        return None
    found: dict[str, str] = {}
    for split in SPLITS:
        exact = [text for text, meant in known.items() if meant == split]
        signs = {"train": ("train",), "val": ("val", "dev", "eval"), "test": ("test",)}[split]
        alike = [text for text in texts if text.casefold().startswith(signs) and text not in found.values()]
        for text in (*exact, *alike):
            found.setdefault(split, text)
    return found


def name_lists(folder: Folder, images: Sequence[str]) -> NameLists | None:
    """Return files that list images by split; None if there are none that name images of the folder alone.

    Args:
        folder: Where they lie.
        images: Those with masks.
    """
    index = _index(images)
    found: dict[str, dict[str, list[str]]] = {}
    for path, text, pattern in _files(folder):
        listed = _listed(folder, path, index)
        if listed:
            found.setdefault(pattern, {})[text] = listed
    usable = {pattern: lists for pattern, lists in found.items() if _is_usable(lists)}
    if not usable:
        return None
    best = min(usable, key=lambda each: ("segm" not in each.lower(), -_most(usable[each]), len(each), each))
    return NameLists(best, usable[best])


def _files(folder: Folder) -> Iterator[tuple[str, str, str]]:
    """Yield text files with a split in their name: path, what they call it, and the pattern of such files."""
    paths = [path for path in folder.files if path.lower().endswith(".txt")]
    stems = {path: PurePosixPath(path).stem for path in paths}
    named = [(path, found) for path in paths if (found := SPLIT_WORD.search(stems[path])) is not None]
    plain = [(path, None) for path in paths if stems[path] == _ALL]
    for path, found in sorted([*named, *plain], key=lambda each: (each[0].count("/"), each[0]))[:_LISTS]:
        parent, _, name = path.rpartition("/")
        if any(word in stems[path].lower() for word in _NEVER) or "{" in path or "*" in path:
            continue
        text = _ALL if found is None else found[0]
        start = 0 if found is None else found.start()
        pattern = f"{name[:start]}{{split}}{name[start + len(text) :]}"
        yield path, text, f"{parent}/{pattern}" if parent else pattern


def _index(images: Sequence[str]) -> dict[str, str]:
    index: dict[str, str] = {}
    for image in images:
        below = PurePosixPath(image)
        for name in (image, below.with_suffix("").as_posix(), below.name, below.stem):
            index[name] = image
    return index


def _listed(folder: Folder, path: str, index: Mapping[str, str]) -> list[str]:
    """Return the images that a file lists; none if it names others too."""
    file = folder.files[path]
    try:
        if file.stat().st_size > _LARGEST:
            return []
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return []
    lines = [line.strip() for line in text.splitlines()]
    found = []
    for line in lines:
        if not line or line.startswith("#"):
            continue
        spellings = (normalize("NFC", each).removeprefix("./") for each in (line, line.split()[0], line.split(",")[0]))
        image = next((index[each] for each in spellings if each in index), None)
        if image is None:
            return []
        found.append(image)
    return list(dict.fromkeys(found))


def _is_usable(lists: Mapping[str, Sequence[str]]) -> bool:
    """Return whether lists name images to train with, and none of these for evaluation too."""
    texts = meant_splits([*lists]) or {split: text for text in lists if (split := NAMES.get(text.casefold()))}
    if "train" not in texts:
        return _ALL in lists
    chosen = [image for text in texts.values() for image in lists[text]]
    return len(chosen) == len(set(chosen))


def _most(lists: Mapping[str, Sequence[str]]) -> int:
    return len({image for images in lists.values() for image in images})
