"""Find the images of a data set of Hugging Face's (https://huggingface.co/docs/datasets) in its files on disk."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segcli.datasets.listing import Listing
from segcli.datasets.packed_file import PackedFile
from segcli.datasets.pairing import few, files_below, listing, nearest
from segcli.datasets.record import MaskFile, Record
from segcli.datasets.split_folders import NAMES
from segcli.datasets.table_columns import columns_of_images, require_column
from segcli.datasets.table_file import ARROW, PARQUET, TableFile, opened_table
from segcli.sample import DataError

_SPLITS, _STATE = "dataset_dict.json", "state.json"
"""What ``save_to_disk`` writes into the folder of several splits, and into that of one."""
_SHARD = re.compile(r"(.+?)(-\d+-of-\d+)?(-[0-9a-f]{16})?")
_Held = tuple[Sequence[bool], Sequence[str | None]]


@dataclass(frozen=True)
class TableCell(PackedFile):
    """An image or a mask in a table.

    Attributes:
        column: Of the table.
        row: Counted from 0.
    """

    column: str
    row: int

    def read(self) -> bytes:
        """Return its content."""
        value = opened_table(self.container).cell(self.column, self.row)
        content = value["bytes"] if isinstance(value, Mapping) else value
        if not isinstance(content, bytes):
            raise DataError(f"{self.path} holds no bytes of a file; replace or remove the row.")
        return content


class HuggingFace(Listing):
    """List the rows of a data set of Hugging Face's ``datasets`` on disk; images stay where they are, in its files.

    ``data.root`` is the folder that ``save_to_disk`` wrote, of one split or of several, or a folder with Parquet files
    such as a repository of the hub has, ``data/train-00000-of-00001.parquet``: files, or else their folders, are called
    like splits. Nothing is downloaded.

    Args:
        root: Folder of the data set.
        image_column: Column of images; null for the only one that may be.
        mask_column: Column of masks; null for the only one that may be.
        group_column: Column of what images belong to, such as the patient; null for none.
    """

    split_name = "the split of the files"

    def __init__(
        self,
        root: Path,
        image_column: str | None = None,
        mask_column: str | None = None,
        group_column: str | None = None,
    ) -> None:
        super().__init__(root)
        self._image, self._mask, self._group = image_column, mask_column, group_column

    def images(self) -> list[Record]:
        """Return all rows, split by split.

        Raises:
            DataError: If there is no file, one is damaged, or it is not sure which columns are meant.
        """
        found, rows = list[Record](), dict[str, int]()
        for split, file in self._files():
            for record in self._rows(file, split, rows.setdefault(split, 0)):
                found.append(record)
                rows[split] += 1
        if not found:
            raise DataError(f"{self.root} has files without rows; correct data.root.")
        return found

    def records(self) -> list[Record]:
        """Return the same, of which some have masks.

        Raises:
            DataError: If no column has any, or as :meth:`images` does.
        """
        found = self.images()
        if not any(record.masks for record in found):
            _, file = next(self._files())
            columns = few(opened_table(file).columns)
            raise DataError(
                f"{file} has columns {columns}, and it is not sure which of these holds masks, or it is "
                "empty; set data.listing.mask_column."
            )
        return found

    def _files(self) -> Iterator[tuple[str, Path]]:
        """Yield every file with its split, empty where nothing names one."""
        if not self.root.is_dir():
            raise DataError(
                f"{self.root} is missing or no folder; {listing(nearest(self.root))}.\n  Correct data.root."
            )
        if (self.root / _SPLITS).is_file():
            for split in _json(self.root / _SPLITS, "splits"):
                yield from ((str(split), file) for file in self._saved(self.root / str(split)))
        elif (self.root / _STATE).is_file():
            yield from (("", file) for file in self._saved(self.root))
        else:
            files = sorted(files_below(self.root))
            tables = [file for file in files if file.suffix.lower() in (PARQUET, ARROW)]
            if not tables:
                raise DataError(
                    f"{self.root} has neither {_SPLITS} or {_STATE}, as save_to_disk writes, nor files of Parquet; "
                    f"{listing(nearest(self.root))}.\n  Correct data.root."
                )
            yield from ((_split_of(file, self.root), file) for file in tables)

    def _saved(self, folder: Path) -> list[Path]:
        """Return the files of one split that ``save_to_disk`` wrote, in order."""
        try:
            return [folder / str(each["filename"]) for each in _json(folder / _STATE, "_data_files")]
        except (TypeError, KeyError):
            raise DataError(f"{folder / _STATE} names no files as save_to_disk does; write it anew.") from None

    def _rows(self, file: Path, split: str, first: int) -> Iterator[Record]:
        """Yield the rows of a file, numbered on from those of its split before."""
        table = opened_table(file)
        image, mask = columns_of_images(table, self._image, self._mask)
        images, masks = _held(table, image), None if mask is None else _held(table, mask)
        groups = None if self._group is None else list(table.values(require_column(self._group, table, "group_column")))
        for row in range(table.rows):
            source = self._file(table, image, row, images)
            if source is None:
                raise DataError(f"{file}, row {row}: {image} holds no image; fill it, or remove the row.")
            packed = (source,) if isinstance(source, PackedFile) else ()
            own = None if mask is None or masks is None else self._file(table, mask, row, masks)
            group = None if groups is None else groups[row]
            if groups is not None and group is None:
                raise DataError(f"{file}, row {row}: {self._group} is empty; fill it.")
            yield Record(
                f"{split}/{first + row:06d}" if split else f"{first + row:06d}",
                source if isinstance(source, Path) else source.path,
                () if own is None else (MaskFile(own) if isinstance(own, Path) else MaskFile(own.path, content=own),),
                split or None,
                None if group is None else str(group),
                packed=packed,
            )

    def _file(self, table: TableFile, column: str, row: int, held: _Held) -> PackedFile | Path | None:
        """Return the file of a row: inside the table, or one of its own that it names."""
        lacks, paths = held
        if not lacks[row]:
            return TableCell(table.file, f"{column}/{row:06d}", column, row)
        if not (named := paths[row] if paths else None):
            return None
        if not (file := self.root / named).is_file():
            raise DataError(f"{table.file}, row {row}: {column} names {named}, which is no file below {self.root}.")
        return file


def _held(table: TableFile, column: str) -> _Held:
    """Return for every row whether it lacks bytes, and the paths where one does."""
    is_struct = str(table.schema.field(column).type).startswith("struct<")
    lacks = list(table.is_null(f"{column}.bytes" if is_struct else column))
    return lacks, list(table.values(f"{column}.path")) if is_struct and any(lacks) else ()


def _split_of(file: Path, root: Path) -> str:
    """Return what calls a split: the name of a file, or of a folder around it; empty where none does."""
    found = _SHARD.fullmatch(file.stem)
    folders = file.relative_to(root).parts[-2::-1]
    return next((text for text in (found[1] if found else file.stem, *folders) if text.casefold() in NAMES), "")


def _json(file: Path, key: str) -> Any:  # noqa: ANN401  (JSON)
    try:
        return json.loads(file.read_text(encoding="utf-8"))[key]
    except OSError as error:
        raise DataError(f"{file} cannot be read ({error.strerror}); correct data.root.") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DataError(f"{file} holds no {key}, as save_to_disk writes; write it anew.") from None
