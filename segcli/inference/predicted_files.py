"""Find the prediction of every image in a folder that any tool wrote."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from segcli.config.errors import did_you_mean
from segcli.datasets.pairing import few, find_images, listing, nearest
from segcli.inference.prediction_files import OVERLAYS, prediction_names
from segcli.program import program
from segcli.sample import DataError

NAME = "{name}"
_LOOKED_AT = 200
_ENOUGH = 0.5  # share of files that an advice must explain
Parts = tuple[str, ...]


@dataclass(frozen=True)
class PredictedFiles:
    """The predictions of a split.

    Attributes:
        files: Of each image, in order.
        others: Files of no image of the split, but for pictures that ``segcli predict`` writes.
    """

    files: Sequence[Path]
    others: Sequence[Path]


@dataclass(frozen=True)
class Searched:
    """The images whose predictions are searched for.

    Attributes:
        split: Name of it.
        paths: All images of the split.
        names: Of the same, as the data set calls them, where files of one image have several.
        inside: Of each that lies inside another file, by its path, the name that it has in there.
        no_predictions: Files that are none: images of whichever split.
        extensions: Of predictions that are no pictures, in small letters.
    """

    split: str
    paths: Sequence[str]
    names: Sequence[str]
    inside: Mapping[str, str] = field(default_factory=dict)
    no_predictions: Collection[Path] = ()
    extensions: Collection[str] = ()


def find_predictions(folder: Path, searched: Searched, pattern: str = NAME) -> PredictedFiles:
    """Return the file of every image.

    A prediction is called like its image, or as ``segcli predict`` calls it, whatever the extension. It may lie in
    folders, which must be those that the image lies in, as far as there are any: ``a.png``, ``munich/a.png`` and
    ``val/munich/a.png`` are all of the image ``val/munich/a.jpg``; of several the one with the most folders counts.
    Images themselves are no predictions. What lies inside another file is called by its whole path or by the data set's
    name: in there, two files may call theirs alike.

    Args:
        folder: Of the predictions.
        searched: The images.
        pattern: How a prediction is called, without extension: ``"{name}_pred"``, where ``{name}`` is the image's.

    Raises:
        DataError: If the folder or a prediction is missing, or it is not sure which of files or images is meant.
    """
    before, after = _around_name(pattern)
    paths, split, known = searched.paths, searched.split, _known(searched)
    images = {path.absolute() for path in (*map(Path, paths), *searched.no_predictions)}
    candidates, others = defaultdict[int, list[tuple[int, Path]]](list), list[Path]()
    for file in find_images(folder, extensions=searched.extensions):
        if file.absolute() in images:
            continue
        parts = _parts(file.relative_to(folder))
        stem = parts[-1]
        is_called_so = len(stem) > len(before) + len(after) and stem.startswith(before) and stem.endswith(after)
        name = (*parts[:-1], stem[len(before) : len(stem) - len(after)])
        called = known.get(name[-1], ()) if is_called_so else ()
        found = {at for at, image, least in called if len(name) >= least and image[-len(name) :] == name}
        for at in found:
            candidates[at].append((len(name), file))
        if not found:
            others.append(file)
    missing = [at for at in range(len(paths)) if at not in candidates]
    if missing:
        shown = few([paths[at] for at in missing])
        told = f"{len(missing)} of {len(paths)} images of {split} have no prediction in {folder}: {shown}"
        stems = [_parts(PurePath(paths[at]))[-1] for at in missing]
        raise DataError(f"{told}.\n  {_advice(folder, stems, others, pattern)}")
    chosen = [_longest(paths[at], candidates[at]) for at in range(len(paths))]
    _require_single(chosen, paths)
    unused = {file for found in candidates.values() for _, file in found} - set(chosen)
    return PredictedFiles(chosen, sorted([*(file for file in others if not _is_overlay(file, folder)), *unused]))


def class_folders(folder: Path, classes: Sequence[str]) -> list[Path]:
    """Return the folders that hold the predictions of each class, where a pixel may have several.

    Raises:
        DataError: If one is missing.
    """
    found = [folder / name for name in classes]
    for each in found:
        if not each.is_dir():
            near = [path.name for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
            raise DataError(
                f"{each} is missing{did_you_mean(each.name, near)}: where a pixel may be of several classes, there must"
                f" be a folder of predictions for every class, as {program()} predict writes them; "
                f"{listing(nearest(each))}."
            )
    return found


def _around_name(pattern: str) -> tuple[str, str]:
    before, name, after = pattern.partition(NAME)
    if not name or "/" in pattern or "{" in before + after:
        raise DataError(f"--pattern got {pattern!r}, expected {NAME} once and text around it, such as '{NAME}_pred'.")
    return before, after


def _parts(path: PurePath) -> Parts:
    """Return the parts of a path without its extension, their letters in one form."""
    return tuple(unicodedata.normalize("NFC", part) for part in path.with_name(path.stem).parts)


def _known(searched: Searched) -> Mapping[str, list[tuple[int, Parts, int]]]:
    """Return what every image is called, by its last part, and how many parts say which is meant.

    It is called by its path, and by names that predictions may have.
    """
    given, found = prediction_names(searched.paths), defaultdict[str, list[tuple[int, Parts, int]]](list)
    for at, (path, name) in enumerate(zip(searched.paths, searched.names, strict=True)):
        inside = searched.inside.get(path)
        beyond = 0 if inside is None else len(PurePath(inside).parts)
        called = {_parts(PurePath(path)): beyond + 1, _whole(given[path]): beyond + 1, _whole(name): 1}
        for each, least in called.items():
            found[each[-1]].append((at, each, least))
    return found


def _whole(name: str) -> Parts:
    return tuple(unicodedata.normalize("NFC", part) for part in PurePath(name).parts)


def _longest(path: str, found: Sequence[tuple[int, Path]]) -> Path:
    most = max(length for length, _ in found)
    files = [file for length, file in found if length == most]
    if len(files) > 1:
        raise DataError(f"{files[0]} and {files[1]} are both the prediction of {path}; remove one of them.")
    return files[0]


def _require_single(chosen: Sequence[Path], paths: Sequence[str]) -> None:
    """Refuse a file that would be the prediction of two images."""
    of_file: dict[Path, str] = {}
    for file, path in zip(chosen, paths, strict=True):
        if file in of_file:
            raise DataError(
                f"{file} may be the prediction of {of_file[file]} and of {path}; put each into a folder that is called "
                "like that of its image."
            )
        of_file[file] = path


def _is_overlay(file: Path, folder: Path) -> bool:
    """Return whether a file lies where ``segcli predict`` puts pictures to look at."""
    first, *rest = file.relative_to(folder).parts
    return bool(rest) and first.rstrip("_0123456789") == OVERLAYS


def _advice(folder: Path, stems: Sequence[str], others: Sequence[Path], pattern: str) -> str:
    """Return what to do about images without prediction, as far as names of other files tell."""
    inside = Counter(file.parent for file in others if file.stem in set(stems) and not _is_overlay(file, folder))
    if inside and inside.most_common(1)[0][1] >= _ENOUGH * len(stems):
        return f"They may be those in {inside.most_common(1)[0][0]}; name that folder."
    looked_at = list(stems[:_LOOKED_AT])
    found = Counter[str]()
    for stem in looked_at:
        around = {file.stem.replace(stem, NAME, 1) for file in others if stem in file.stem and file.stem != stem}
        found.update(around)
    likely, number = found.most_common(1)[0] if found else ("", 0)
    if number >= _ENOUGH * len(looked_at) and likely != pattern:
        return f"The prediction of NAME is called {likely.replace(NAME, 'NAME')}: add --pattern '{likely}'."
    return "Predictions are called like their images, up to the extension; --pattern '{name}_pred' says what is added."
