"""Find images and masks of a data set by the patterns of their paths."""

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from segcli.datasets.listing import Listing
from segcli.datasets.pairing import few, files_below, listing, nearest
from segcli.datasets.path_pattern import CLASS, SPLIT, PathPattern
from segcli.datasets.record import MaskFile, Record
from segcli.datasets.shapes import SUFFIXES
from segcli.sample import DataError

_SHOWN = 3


class PatternListing(Listing):
    """List the images that a pattern fits, each with the files that the pattern of masks fits with the same fields.

    The folder is walked once. Names compare in one form of Unicode: disks of macOS write umlauts as two characters.

    Args:
        root: Folder of the data set.
        image: Pattern of images.
        mask: Pattern of masks, with no other field than those of the image and ``{class}``; None where there are none.

    Raises:
        DataError: If the pattern of images has a field of masks.
    """

    _lonely: Sequence[Path | None] = ()

    def __init__(self, root: Path, image: PathPattern, mask: PathPattern | None) -> None:
        self.root, self.image, self.mask = root, image, mask
        self.has_masks, self.split_name = mask is not None, f"{{{SPLIT}}} of data.image"
        self._records: list[Record] | None = None
        if CLASS in image.fields:
            raise DataError(f"data.image got {image.text!r}, expected no {{class}}: that is a field of masks.")

    def check_settings(self) -> None:
        """Refuse fields of masks that images do not have.

        Raises:
            DataError: If there is one.
        """
        if self.mask is not None and (others := [field for field in self._shared if field not in self.image.fields]):
            raise DataError(
                f"data.mask got {self.mask.text!r} with {{{others[0]}}}, which data.image {self.image.text!r} has not, "
                "expected fields of the image, or {class}; write * for text that does not matter."
            )

    @property
    def _shared(self) -> list[str]:
        """Fields of masks that are those of their image."""
        return [field for field in self.mask.fields if field != CLASS] if self.mask else []

    def records(self) -> list[Record]:
        """Return all images in the order of their paths, each with the masks that it has.

        Raises:
            DataError: If no image has a mask, a mask has none or several images, or as :meth:`images` does.
        """
        self.check_settings()
        found = self.images()
        if self.mask and not any(record.masks for record in found):
            raise DataError(self._nothing(self.mask, "data.mask", self._paths(), found[0]))
        self._require_one_image(found)
        return found

    def images(self) -> list[Record]:
        """Return the same where no image needs a mask.

        Raises:
            DataError: If the folder is missing, no image fits, or two of them share all fields.
        """
        if self._records is None:
            self._records = self._found(self._paths())
        return self._records

    def _paths(self) -> dict[str, Path]:
        """Return all files by their paths below the folder."""
        if not self.root.is_dir():
            raise DataError(
                f"{self.root} is missing or no folder; {listing(nearest(self.root))}.\n  Correct data.root."
            )
        found: dict[str, Path] = {}
        for path in sorted(files_below(self.root, each_folder_once=False)):
            name = unicodedata.normalize("NFC", path.relative_to(self.root).as_posix())
            if name in found:
                raise DataError(f"two files are called {path}, in two forms of Unicode; rename or remove one.")
            found[name] = path
        return found

    def _found(self, paths: Mapping[str, Path]) -> list[Record]:
        shared = self._shared if set(self._shared) <= set(self.image.fields) else []
        masks = self._masks(paths) if len(shared) == len(self._shared) else {}
        candidates = {path: fields for path in paths if (fields := self.image.match(path)) is not None}
        by_fields = {tuple(fields[name] for name in shared) for fields in candidates.values()}
        found: dict[tuple[str, ...], Record] = {}
        of_images = {mask.path for key, files in masks.items() for mask in files if key in by_fields}
        for path, fields in candidates.items():
            if paths[path] in of_images:  # a mask beside its image, whose name fits images too
                continue
            key, file = tuple(fields.values()), _readable(paths[path])
            name = "/".join(value for field, value in fields.items() if field != SPLIT)
            if key in found:
                raise DataError(
                    f"{found[key].image} and {file} both are image {name!r} of data.image {self.image.text!r}; add a "
                    "field for what tells them apart, or remove one."
                )
            files = masks.get(tuple(fields[field] for field in shared), ())
            found[key] = Record(name, file, tuple(files), fields.get(SPLIT))
        if not found:
            raise DataError(self._nothing(self.image, "data.image", paths))
        used = {record.image for record in found.values()} | of_images
        splits = {record.split for record in found.values()}
        at = shared.index(SPLIT) if SPLIT in shared else None
        lonely = [files for key, files in masks.items() if at is None or key[at] in splits]
        self._lonely = [mask.path for files in lonely for mask in files if mask.path not in used]
        return list(found.values())

    def _masks(self, paths: Mapping[str, Path]) -> dict[tuple[str, ...], list[MaskFile]]:
        """Return the files that are masks, by the fields that they share with their image."""
        found: dict[tuple[str, ...], list[MaskFile]] = {}
        for path, file in paths.items():
            fields = self.mask.match(path) if self.mask else None
            if fields is None:
                continue
            of_image = found.setdefault(tuple(fields[name] for name in self._shared), [])
            label = fields.get(CLASS)
            if self.mask and not self.mask.has_any and any(mask.label == label for mask in of_image):
                raise DataError(
                    f"{of_image[-1].path} and {file} both are the mask of one image by data.mask {self.mask.text!r}; "
                    "remove one, or give the extension."
                )
            of_image.append(MaskFile(file, label))
        return found

    def _require_one_image(self, records: Sequence[Record]) -> None:
        """Refuse masks of no image, and of several: most of the time a pattern takes other text than was meant."""
        owners: dict[Path, Path] = {}
        for record in records:
            for path in (mask.path for mask in record.masks if mask.path is not None):
                if path in owners:
                    raise DataError(
                        f"{path} is the mask of {owners[path]} and of {record.image}; add the field that tells them "
                        "apart to data.mask."
                    )
                owners[path] = record.image
        if self._lonely and self.mask and not self.mask.text.lower().endswith(SUFFIXES):
            lonely = few([str(path) for path in self._lonely])
            raise DataError(
                f"{len(self._lonely)} masks have no image that data.image {self.image.text!r} fits: {lonely}.\n  "
                "Correct the patterns, in which {name} takes as much as it can, or move these files out."
            )

    def _nothing(self, pattern: PathPattern, key: str, paths: Mapping[str, Path], record: Record | None = None) -> str:
        """Say that no file fits a pattern, or none that does belongs to an image such as ``record``."""
        fitting = next(filter(pattern.match, paths), None)
        if record is not None and fitting is not None:
            return (
                f"{key} got {pattern.text!r}, and no file that it fits belongs to an image: {fitting} not to "
                f"{record.image.relative_to(self.root).as_posix()}; a field must have the same text in both."
            )
        examples = {path.rpartition("/")[0]: path for path in reversed([*paths])}.values()  # the first of every folder
        shown = few(sorted(examples, key=lambda path: (-_alike(path, pattern.text), path)), _SHOWN) or "no files"
        return f"{key} got {pattern.text!r}, which fits no file below {self.root}; there are {shown}."


def _alike(path: str, pattern: str) -> int:
    """Return how many folders of a path a pattern names."""
    return len(set(path.split("/")[:-1]) & set(pattern.split("/")))


def _readable(path: Path) -> Path:
    """Return a path that records of the run can name."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise DataError(f"{path} has a name that is not UTF-8; rename it.") from None
    return path
