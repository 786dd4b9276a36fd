"""What to do where images and masks do not pair up because of a pattern in their names."""

import shlex
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from os.path import commonprefix  # of characters: that is what is wanted of names
from pathlib import Path

from segcli.datasets.split_folders import NAMES

_LOOKED_AT = 200
_ENOUGH = 0.5  # share of files that a pattern must explain


def naming_advice(
    images: Mapping[str, str], masks: Mapping[str, str], folders: tuple[Path, Path], root: Path | None = None
) -> str:
    """Return what to do about names of masks that follow from those of the images; nothing if none is seen.

    Args:
        images: Images by their paths below their folder, without extension.
        masks: Masks likewise.
        folders: Of the images, and of the masks.
        root: Folder of the data set; None where patterns cannot be used.
    """
    lonely = [name for name in masks if name not in images]
    if not lonely:
        return ""
    mask_dir = folders[1]
    classes = sorted({name.partition("/")[0] for name in lonely if name.partition("/")[2] in images})
    if classes and all("/" in name for name in lonely):
        return (
            f"{mask_dir} holds a folder of masks per class ({', '.join(classes[:5])}): that is what "
            f"`extends: segcli:own_folder_multilabel` reads, with data.classes: [{', '.join(classes)}]."
        )
    found = _suffixes([name for name in images if name not in masks], lonely)
    if found is None:
        return ""
    of_image, of_mask = found
    told = f"The mask of NAME{of_image} is called NAME{of_mask}"
    if root is not None and len({name.count("/") for name in (*images, *masks)}) == 1:
        below = "".join(f"{{folder{number or ''}}}/" for number in range(next(iter(images)).count("/")))
        image, mask = (
            f"{_place(folder, root)}{below}{{name}}{_ending(suffix, files)}"
            for folder, suffix, files in ((folders[0], of_image, images), (mask_dir, of_mask, masks))
        )
        return f"{told}. {_with_patterns(image, mask)}"
    rename = shlex.quote(f'mv "$0" "${{0/{of_mask}./{of_image}.}}"')
    return (
        f"{told}; names must be equal up to the extension. Rename them:\n"
        f"  find {shlex.quote(str(mask_dir))} -name {shlex.quote(f'*{of_mask}.*')} -exec bash -c {rename} {{}} ';'"
    )


def one_folder_advice(folder: Path, names: Sequence[str], root: Path | None = None) -> str:
    """Return what is wrong with images and masks in one folder, and what to do.

    Args:
        folder: The folder.
        names: Names of the image files in it.
        root: Folder of the data set; None where patterns cannot be used.
    """
    message = f"data.image_dir and data.mask_dir are one folder, {folder}: images and masks must lie in two"
    stems = {Path(name).stem for name in names}
    found = Counter(
        stem[cut:] for stem in sorted(stems)[:_LOOKED_AT] for cut in range(1, len(stem)) if stem[:cut] in stems
    )
    if not found:
        return f"{message}.\n  Move the masks into a folder of their own and set data.mask_dir to its name."
    suffix = found.most_common(1)[0][0]
    told = f"{message}.\n  The mask of NAME is called NAME{suffix}"
    if root is not None:
        files = {name: name for name in names if Path(name).stem.endswith(suffix)}
        place = _place(folder, root)
        return f"{told}. {_with_patterns(f'{place}{{name}}', f'{place}{{name}}{_ending(suffix, files)}')}"
    masks = folder / "masks"
    move = f'mv "$f" {shlex.quote(str(masks))}/"$(basename "${{f/{suffix}./.}}")"'
    return (
        f"{told}; names must be equal up to the extension. Move them, "
        f"and set data.mask_dir: masks:\n  mkdir -p {shlex.quote(str(masks))}; "
        f"for f in {shlex.quote(str(folder))}/*{suffix}.*; do {move}; done"
    )


def _with_patterns(image: str, mask: str) -> str:
    return (
        "Patterns find them; in place of image_dir and mask_dir:\n"
        f'  data: {{class_path: PatternDataModule, image: "{image}", mask: "{mask}"}}'
    )


def _place(folder: Path, root: Path) -> str:
    """Return the beginning of a pattern for files in a folder, with ``{split}`` for one that is called like a split."""
    parts = folder.relative_to(root).parts if folder.is_relative_to(root) else ()
    return "".join(f"{'{split}' if part.casefold() in NAMES else part}/" for part in parts)


def _ending(suffix: str, files: Mapping[str, str]) -> str:
    """Return the end of a pattern, with the extension of files where the suffix would pass for one."""
    return suffix + Path(next(iter(files.values()))).suffix if "." in suffix else suffix


def _suffixes(images: Sequence[str], masks: Sequence[str]) -> tuple[str, str] | None:
    """Return what follows the common beginning in names of images and of masks, if it is the same for most images."""
    ordered, found, known = sorted(masks), Counter[tuple[str, str]](), set(images)
    longer = ((name, next((cut for cut in range(len(name) - 1, 0, -1) if name[:cut] in known), 0)) for name in masks)
    added = Counter(name[cut:] for name, cut in longer if cut)
    if added and added.most_common(1)[0][1] >= _ENOUGH * len(masks):
        return "", added.most_common(1)[0][0]
    looked_at = images[:_LOOKED_AT]
    for name in looked_at:
        at = bisect_left(ordered, name)
        near = ordered[max(0, at - 1) : at + 1]
        begun = max((commonprefix([name, other]) for other in near), key=len)  # noqa: RUF071
        mask = next(other for other in near if other.startswith(begun))
        if begun:
            found[name[len(begun) :], mask[len(begun) :]] += 1
    if not found:
        return None
    (pair, count) = found.most_common(1)[0]
    return pair if pair[1] and count >= _ENOUGH * len(looked_at) else None
