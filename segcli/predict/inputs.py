"""What is to be predicted: files, folders, patterns, lists, names on standard input, frames of videos."""

import glob
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from segcli.config.errors import did_you_mean
from segcli.datasets.pairing import few, image_files, listing, nearest
from segcli.predict.video import VIDEOS, count_frames
from segcli.sample import DataError

LIST, STDIN = "@", "-"


@dataclass(frozen=True)
class Input:
    """One image.

    Attributes:
        path: Its file.
        frame: Of a video, which one, from 0; None for an image.
    """

    path: Path
    frame: int | None = None

    @property
    def name(self) -> str:
        """By which it is told from others, and its result is called; frames as files of a folder."""
        return str(self.path) if self.frame is None else str(self.path.with_suffix("") / f"{self.frame:06d}")


def find_inputs(
    words: Sequence[str], recursive: bool = False, every: int = 1, names: Iterable[str] = ()
) -> list[Input]:
    """Return all images in the order they are named, each once.

    Args:
        words: Files of images and videos, folders, patterns such as ``'scans/*.png'``, ``@list.txt`` for a file of
            names, ``-`` for ``names``.
        recursive: Whether folders in folders are searched, too.
        every: Of videos, each so many frames one is taken.
        names: That were read from standard input.

    Raises:
        DataError: If a word names nothing that can be read; says which.
    """
    found = dict[Input, None]()
    for word in words:
        for path in _files(word, recursive, names):
            found.update(dict.fromkeys(_images(path, every)))
    return list(found)


def listed_names(content: bytes, null: bool = False) -> list[str]:
    """Return the names in a list, one in every line, without blanks around it, or each ended by NUL."""
    text = content.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    names = text.split("\0") if null else (line.strip() for line in text.splitlines())
    return [name for name in names if name]


def _files(word: str, recursive: bool, names: Iterable[str]) -> Iterator[Path]:
    path = Path(word)
    if word == STDIN:
        yield from _all_there([Path(name) for name in names], "standard input")
    elif path.is_dir():
        yield from _of_folder(path, recursive)
    elif path.is_file():
        yield path
    elif word.startswith(LIST):
        yield from _of_list(Path(word.removeprefix(LIST)))
    elif glob.has_magic(word):
        yield from _of_pattern(word, recursive)
    else:
        raise DataError(_missing(path))


def _of_folder(folder: Path, recursive: bool) -> list[Path]:
    found = [path for path in image_files(folder) if recursive or path.parent == folder]
    pattern = "**/*" if recursive else "*"
    videos = sorted(path for path in folder.glob(pattern) if path.suffix.lower() in VIDEOS and path.is_file())
    if not found and not videos:
        deeper = "" if recursive or not image_files(folder) else "; its folders do: --recursive"
        raise DataError(f"{folder} has no image files (such as .png or .jpg){deeper or f'; {listing(folder)}'}")
    return [*found, *videos]


def _of_list(file: Path) -> list[Path]:
    try:
        names = listed_names(file.read_bytes())
    except OSError as error:
        raise DataError(f"cannot read the list {file}: {error.strerror or error}") from None
    if not names:
        raise DataError(f"the list {file} names no file")
    # a name is looked for where the list is read from, then beside the list
    return _all_there([path if (path := Path(name)).exists() else file.parent / name for name in names], str(file))


def _of_pattern(pattern: str, recursive: bool) -> list[Path]:
    parts = Path(pattern).parts
    fixed = next(at for at, part in enumerate(parts) if glob.has_magic(part))
    folder, within = Path(*parts[:fixed]), str(Path(*parts[fixed:]))
    found = sorted(path for path in (folder.rglob if recursive else folder.glob)(within) if path.is_file())
    if not found:
        raise DataError(f"no file fits {pattern}; {listing(nearest(folder))}")
    return found


def _all_there(paths: list[Path], where: str) -> list[Path]:
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise DataError(f"{len(missing)} of {len(paths)} files that {where} names are missing: {few(missing)}")
    return paths


def _missing(path: Path) -> str:
    folder = nearest(path.parent)
    near = [each.name for each in folder.iterdir()] if folder.is_dir() and folder == path.parent else []
    return f"no file {path}{did_you_mean(path.name, near)}; {listing(folder)}"


def _images(path: Path, every: int) -> list[Input]:
    if path.suffix.lower() not in VIDEOS:
        return [Input(path)]
    return [Input(path, frame) for frame in range(0, count_frames(path), every)]
