"""Files in the folder of a data set that nothing uses."""

from collections.abc import Collection, Iterable
from pathlib import Path

from segcli.datasets.pairing import few, files_below, is_image

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
    """Say how many files nothing uses, and which."""
    names = few([path.relative_to(root).as_posix() for path in unused])
    return f"note: {len(unused)} files below {root} are not used: {names}"


def _below(path: Path, folders: Collection[str]) -> bool:
    return any(str(parent) in folders for parent in path.parents)
