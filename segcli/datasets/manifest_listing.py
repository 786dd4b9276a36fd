"""Find images and masks of a data set by a table of their paths."""

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from segcli.config.errors import did_you_mean
from segcli.datasets.listing import Listing, require_once
from segcli.datasets.record import MaskFile, Record
from segcli.datasets.table_file import PARQUET, opened_table
from segcli.sample import DataError

IMAGE, MASK, SPLIT = "image", "mask", "split"
_LONGEST = 1000
"""Characters of a path; disks know none that are much longer."""


class ManifestListing(Listing):
    """List the rows of a CSV file with a header, or of a Parquet file.

    The column ``image`` names files; ``mask``, which may be empty, and ``split`` are used where there are such, and so
    is that of groups. Others are not read.

    Args:
        root: Folder that paths are relative to.
        file: The table.
        group: Column of what images belong to; None for none.
    """

    def __init__(self, root: Path, file: Path, group: str | None = None) -> None:
        super().__init__(root)
        self._file, self._group, self.split_name = file, group, f"the column {SPLIT} of {file}"
        self._records: list[Record] | None = None

    def images(self) -> list[Record]:
        """Return all rows in their order.

        Raises:
            DataError: If the table is missing or no table, lacks a column, or names a file that is not there or twice.
        """
        if self._records is None:
            records = list(self._found())
            names = (mask.file_name for record in records for mask in record.masks)
            require_once((name for name in names if name is not None), str(self._file))
            self._records = records
        return self._records

    def _found(self) -> Iterator[Record]:
        seen: dict[str, int] = {}
        for line, row in self._rows_of_parquet() if self._is_parquet else self._rows():
            image = self._path(row, IMAGE, line)
            if image is None:
                raise DataError(f"{self._file}, {self._line} {line}: names no image; fill the column, or remove it.")
            if image in seen:
                raise DataError(f"{self._file}, {self._line}s {seen[image]} and {line}: both name {image}; remove one.")
            seen[image] = line
            mask = self._path(row, MASK, line) if MASK in row else None
            masks = () if mask is None else (MaskFile(mask),)
            name = row[IMAGE].rpartition(".")[0] or row[IMAGE]
            yield Record(name, image, masks, row.get(SPLIT) or None, self._group_of(row, line))
        if not seen:
            raise DataError(f"{self._file} has no rows below its header.")

    @property
    def _is_parquet(self) -> bool:
        return self._file.suffix.lower() == PARQUET

    @property
    def _line(self) -> str:
        """What is numbered."""
        return "row" if self._is_parquet else "line"

    def _rows_of_parquet(self) -> Iterator[tuple[int, Mapping[str, str]]]:
        """Yield the number of every row, from 0, and its cells by column."""
        if not self._file.is_file():
            raise DataError(f"data.manifest got {self._file}, which is missing or no file; correct it.")
        table = opened_table(self._file)
        self._require_columns(table.columns)
        known = [name for name in (IMAGE, MASK, SPLIT, self._group) if name in table.columns]
        for number, cells in enumerate(zip(*map(table.values, known), strict=True)):
            texts = ("" if cell is None else str(cell).strip() for cell in cells)
            yield number, dict(zip(known, texts, strict=True))

    def _rows(self) -> Iterator[tuple[int, Mapping[str, str]]]:
        """Yield the number of every line, and its cells by column."""
        try:
            text = self._file.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise DataError(f"data.manifest got {self._file}, which cannot be read ({error.strerror}).") from None
        except UnicodeDecodeError:
            raise DataError(f"data.manifest got {self._file}, which is no text in UTF-8; save it as CSV.") from None
        reader = csv.DictReader(text.splitlines(), skipinitialspace=True)
        try:
            yield from self._cells(reader)
        except csv.Error as error:
            raise DataError(f"{self._file}, line {reader.line_num}: is no CSV ({error}); correct it.") from None

    def _cells(self, reader: "csv.DictReader[str]") -> Iterator[tuple[int, Mapping[str, str]]]:
        columns = reader.fieldnames or ()
        if len(columns) == 1 and ";" in columns[0]:
            raise DataError(f"{self._file} separates cells by semicolons, expected commas; save it so.")
        self._require_columns(columns)
        for row in reader:
            if None in row or None in row.values():
                raise DataError(
                    f"{self._file}, line {reader.line_num}: has another number of cells than the header; correct it."
                )
            yield reader.line_num, {column: cell.strip() for column, cell in row.items()}

    def _require_columns(self, columns: Sequence[str]) -> None:
        for wanted in (IMAGE, *([self._group] if self._group else ())):
            if wanted not in columns:
                raise DataError(
                    f"{self._file} has no column {wanted!r}{did_you_mean(wanted, columns)}, but "
                    f"{', '.join(columns) or 'nothing'}; expected a header with image, mask, split."
                )

    def _path(self, row: Mapping[str, str], column: str, line: int) -> str | None:
        if not row[column]:
            return None
        path = os.path.normpath(os.path.join(self.root, row[column]))  # noqa: PTH118  (of text: paths are many)
        if len(row[column]) > _LONGEST or not os.path.isfile(path):  # noqa: PTH113  (of text: paths are many)
            shown = path[:_LONGEST]
            raise DataError(f"{self._file}, {self._line} {line}: {shown} is missing; paths are relative to data.root.")
        return path

    def _group_of(self, row: Mapping[str, str], line: int) -> str | None:
        if self._group is None:
            return None
        if not row[self._group]:
            raise DataError(f"{self._file}, {self._line} {line}: the column {self._group} is empty; fill it.")
        return row[self._group]
