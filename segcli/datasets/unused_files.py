"""Files in the folder of a data set that nothing uses."""

from collections.abc import Collection, Iterable
from pathlib import Path

from segcli.datasets.pairing import few, files_below, is_image
from segcli.datasets.split_folders import NAMED_SO, NAMES

RECORD = "passport.json"  # of a run; its pictures are no data


def unused_files(root: Path, used: Collection[Path], folders: Iterable[Path], set_apart: Iterable[Path]) -> list[Path]:
    """Return images below the folder of a data set, and other files among its images and masks, that nothing uses.

    Args:
        root: Folder of the data set.
        used: Files that are used.
        folders: Folders of images and masks, in which every file should be used.
        set_apart: Folders of splits that are not looked at now.
    """
    inside, apart = [str(folder) for folder in folders], [*map(str, set_apart)]
    runs = run_folders(root)
    return sorted(
        path
        for path in files_below(root)
        if path not in used
        and (is_image(path) or _below(path, inside))
        and not _below(path, apart)
        and not _below(path, runs)
    )


def run_folders(root: Path) -> set[str]:
    """Return the folders of runs below a folder."""
    return {str(path.parent) for path in files_below(root) if path.name == RECORD}


def unused_note(root: Path, unused: Collection[Path]) -> str:
    """Say how many files nothing uses, and which; of folders beside those of splits, what such are called."""
    below = [path.relative_to(root) for path in unused]
    note = f"note: {len(unused)} files below {root} are not used: {few([path.as_posix() for path in below])}"
    beside = {path.parts[0] for path in below if len(path.parts) > 1 and path.parts[0].casefold() not in NAMES}
    has_splits = any(path.name.casefold() in NAMES for path in root.iterdir())
    return f"{note}; {NAMED_SO}" if beside and has_splits else note


def _below(path: Path, folders: Collection[str]) -> bool:
    return any(str(parent) in folders for parent in path.parents)
