"""Find images and masks of a data set by the patterns of their paths."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from segcli.datasets.file_names import below, in_order, is_in_utf8
from segcli.datasets.listing import Listing, MaskKind
from segcli.datasets.pairing import few, image_files, listing, names_below, nearest
from segcli.datasets.path_pattern import CHANNEL, CLASS, SPLIT, PathPattern
from segcli.datasets.record import MaskFile, Record
from segcli.datasets.shapes import SUFFIXES
from segcli.sample import DataError

_SHOWN = 3
_Part = tuple[int, str]
"""Which files of an image: the number of their pattern, and the text of ``{channel}``."""


class PatternListing(Listing):
    """List the images that a pattern fits, each with the files that the pattern of masks fits with the same fields.

    The folder is walked once. Names compare in one form of Unicode: disks of macOS write umlauts as two characters.
    Where several patterns, or texts of ``{channel}``, make one image, its files are in their order, numbers by value.

    Args:
        root: Folder of the data set.
        image: Pattern of images; or several with the same fields, of the channels of an image.
        mask: Pattern of masks, with no other field than those of the image and ``{class}``; None where there are none.

    Raises:
        DataError: If a pattern of images has a field of masks, or patterns of images have different fields.
    """

    _lonely: Sequence[str] = ()
    _is_right = False

    def __init__(self, root: Path, image: PathPattern | Sequence[PathPattern], mask: PathPattern | None) -> None:
        self._images = (image,) if isinstance(image, PathPattern) else tuple(image)
        super().__init__(root)
        self.image, self.mask = self._images[0], mask
        self.has_masks, self.split_name = mask is not None, f"{{{SPLIT}}} of data.image"
        self.mask_kind = mask_kind(mask)
        self._records: list[Record] | None = None
        for pattern in self._images:
            if CLASS in pattern.fields:
                raise DataError(f"data.image got {pattern.text!r}, expected no {{class}}: that is a field of masks.")
            if set(pattern.fields) != set(self.image.fields):
                raise DataError(
                    f"data.image got {self.image.text!r} and {pattern.text!r}, expected the same fields in both: they "
                    "tell which files are of one image."
                )

    @property
    def has_several(self) -> bool:
        """Whether an image may be in several files."""
        return len(self._images) > 1 or CHANNEL in self.image.fields

    def check_settings(self) -> None:
        """Refuse fields of masks that images do not have.

        Raises:
            DataError: If there is one.
        """
        fields = [field for field in self.image.fields if field != CHANNEL]
        if self.mask is not None and (others := [field for field in self._shared if field not in fields]):
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
        if self._is_right:
            return found
        if self.mask and not any(record.masks for record in found):
            raise DataError(self._nothing(self.mask, "data.mask", self._paths(), found[0]))
        self._require_one_image(found)
        self._is_right = True
        return found

    def images(self) -> list[Record]:
        """Return the same where no image needs a mask.

        Raises:
            DataError: If the folder is missing, no image fits, or two of them share all fields.
        """
        if self._records is None:
            self._records = self._found(self._paths())
        return self._records

    def loose_images(self) -> list[Path]:
        """Return images in the folder itself, if those of the data set lie in folders and have one file each."""
        if self.has_several or "/" not in self.image.text or not self.root.is_dir():
            return []
        return [path for path in image_files(self.root) if path.parent == self.root]

    def _paths(self) -> dict[str, str]:
        """Return the names of all files by their paths below the folder."""
        if not self.root.is_dir():
            raise DataError(
                f"{self.root} is missing or no folder; {listing(nearest(self.root))}.\n  Correct data.root."
            )
        found: dict[str, str] = {}
        place = str(self.root)
        for path in in_order(names_below(self.root, each_folder_once=False)):
            name = below(path, place)
            name = name if name.isascii() else unicodedata.normalize("NFC", name)
            if name in found:
                raise DataError(f"two files are called {path}, in two forms of Unicode; rename or remove one.")
            found[name] = path
        return found

    def _found(self, paths: Mapping[str, str]) -> list[Record]:
        shared = self._shared if set(self._shared) <= set(self.image.fields) else []
        masks = self._masks(paths) if len(shared) == len(self._shared) else {}
        candidates = {path: image for path in paths if (image := self._image_of(path)) is not None}
        by_fields = {tuple([fields[name] for name in shared]) for _, fields in candidates.values()}
        of_images = {mask.file_name for key, files in masks.items() for mask in files if key in by_fields}
        found: dict[tuple[str, ...], dict[_Part, str]] = {}
        own = self._own
        for path, (number, fields) in candidates.items():
            if paths[path] in of_images:  # a mask beside its image, whose name fits images too
                continue
            key, file = tuple([fields[name] for name in own]), _readable(paths[path])
            of_image, part = found.setdefault(key, {}), (number, fields.get(CHANNEL, ""))
            if part in of_image:
                raise DataError(
                    f"{of_image[part]} and {file} both are image {self._name(key)!r} of data.image "
                    f"{self._images[number].text!r}; add a field for what tells them apart, or remove one."
                )
            of_image[part] = file
        used_patterns = {number for files in found.values() for number, _ in files}
        for number, pattern in enumerate(self._images):
            if number not in used_patterns:
                raise DataError(self._nothing(pattern, "data.image", paths))
        records = self._records_of(found, {key: tuple(files) for key, files in masks.items()}, shared)
        used = {record.image_name for record in records} | {str(file) for each in records for file in each.more}
        used |= {name for name in of_images if name is not None}
        splits = {record.split for record in records}
        at = shared.index(SPLIT) if SPLIT in shared else None
        lonely = [files for key, files in masks.items() if at is None or key[at] in splits]
        self._lonely = [str(mask.file_name) for files in lonely for mask in files if mask.file_name not in used]
        return records

    @property
    def _own(self) -> list[str]:
        """Fields that tell images apart."""
        return [field for field in self.image.fields if field != CHANNEL]

    def _name(self, key: Sequence[str]) -> str:
        return "/".join(value for field, value in zip(self._own, key, strict=True) if field != SPLIT)

    def _image_of(self, path: str) -> tuple[int, Mapping[str, str]] | None:
        """Return which pattern of images fits a path first, and the path's fields; None if none does."""
        for number, pattern in enumerate(self._images):
            if (fields := pattern.match(path)) is not None:
                return number, fields
        return None

    def _records_of(
        self,
        images: Mapping[tuple[str, ...], Mapping[_Part, str]],
        masks: Mapping[tuple[str, ...], tuple[MaskFile, ...]],
        shared: Sequence[str],
    ) -> list[Record]:
        """Return the records of images, each with files for the same channels.

        Raises:
            DataError: If an image lacks one that others have.
        """
        parts = sorted({part for files in images.values() for part in files}, key=_by_number)
        records = []
        own, single = self._own, parts[0] if len(parts) == 1 else None
        for key, files in images.items():
            if single is None and (lacking := [part for part in parts if part not in files]):
                number, channel = lacking[0]
                what = f"channel {channel!r}" if channel else f"file that {self._images[number].text!r} fits"
                raise DataError(
                    f"image {self._name(key)!r} ({next(iter(files.values()))}) has no {what}, which other images have; "
                    "add the file, or correct data.image."
                )
            fields = dict(zip(own, key, strict=True))
            of_image = masks.get(tuple([fields[field] for field in shared]), ())
            name = "/".join([value for field, value in fields.items() if field != SPLIT])
            more = tuple([Path(files[part]) for part in parts[1:]])
            records.append(Record(name, files[parts[0]], of_image, fields.get(SPLIT), more=more))
        return records

    def _masks(self, paths: Mapping[str, str]) -> dict[tuple[str, ...], list[MaskFile]]:
        """Return the files that are masks, by the fields that they share with their image."""
        found: dict[tuple[str, ...], list[MaskFile]] = {}
        shared = self._shared
        for path, file in paths.items():
            fields = self.mask.match(path) if self.mask else None
            if fields is None:
                continue
            of_image = found.setdefault(tuple([fields[name] for name in shared]), [])
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
        owners: dict[str, str] = {}
        for record in records:
            for path in [mask.file_name for mask in record.masks if mask.file_name is not None]:
                if path in owners:
                    raise DataError(
                        f"{path} is the mask of {owners[path]} and of {record.image}; add the field that tells them "
                        "apart to data.mask."
                    )
                owners[path] = record.image_name
        if self._lonely and self.mask and not self.mask.text.lower().endswith(SUFFIXES):
            lonely = few(self._lonely)
            raise DataError(
                f"{len(self._lonely)} masks have no image that data.image {self.image.text!r} fits: {lonely}.\n  "
                "Correct the patterns, in which {name} takes as much as it can, or move these files out."
            )

    def _nothing(self, pattern: PathPattern, key: str, paths: Mapping[str, str], record: Record | None = None) -> str:
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


def mask_kind(pattern: PathPattern | None) -> MaskKind:
    """Return what masks are that a pattern finds."""
    if pattern is not None and CLASS in pattern.fields:
        return "classes"
    return "shapes" if pattern is not None and pattern.text.lower().endswith(SUFFIXES) else "values"


def _alike(path: str, pattern: str) -> int:
    """Return how many folders of a path a pattern names."""
    return len(set(path.split("/")[:-1]) & set(pattern.split("/")))


def _by_number(part: _Part) -> tuple[int, list[tuple[int, str]]]:
    """Sort texts by the numbers in them: band 10 after band 9."""
    pieces = re.findall(r"\d+|\D+", part[1])
    return part[0], [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in pieces]


def _readable(path: str) -> str:
    """Return a path that records of the run can name."""
    if not is_in_utf8(path):
        raise DataError(f"{path} has a name that is not UTF-8; rename it.")
    return path
