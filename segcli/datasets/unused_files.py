"""Files in the folder of a data set that nothing uses."""

from collections.abc import Collection, Iterable
from pathlib import Path

from segcli.datasets.file_names import folder_of, is_below
from segcli.datasets.pairing import few, is_image, names_below
from segcli.datasets.split_folders import NAMED_SO, NAMES

RECORD = "passport.json"  # of a run; its pictures are no data


def unused_files(root: Path, used: Collection[str], folders: Iterable[Path], set_apart: Iterable[Path]) -> list[Path]:
    """Return images below the folder of a data set, and other files among its images and masks, that nothing uses.

    Args:
        root: Folder of the data set.
        used: Names of files that are used, as their paths spell them.
        folders: Folders of images and masks, in which every file should be used.
        set_apart: Folders of splits that are not looked at now.
    """
    inside, apart = {str(folder) for folder in folders}, {*map(str, set_apart)}
    unused, runs = list[str](), set[str]()
    for name in names_below(root):
        if name not in used:
            unused.append(name)
            if name.endswith(RECORD) and Path(name).name == RECORD:
                runs.add(folder_of(name))
    return sorted(
        Path(name)
        for name in unused
        if (is_image(name) or is_below(folder_of(name), inside)) and not is_below(folder_of(name), apart | runs)
    )


def run_folders(root: Path) -> set[str]:
    """Return the folders of runs below a folder."""
    return {folder_of(name) for name in names_below(root) if name.endswith(RECORD) and Path(name).name == RECORD}


def unused_note(root: Path, unused: Collection[Path]) -> str:
    """Say how many files nothing uses, and which; of folders beside those of splits, what such are called."""
    below = [path.relative_to(root) for path in unused]
    note = f"note: {len(unused)} files below {root} are not used: {few([path.as_posix() for path in below])}"
    beside = {path.parts[0] for path in below if len(path.parts) > 1 and path.parts[0].casefold() not in NAMES}
    has_splits = any(path.name.casefold() in NAMES for path in root.iterdir())
    return f"{note}; {NAMED_SO}" if beside and has_splits else note
