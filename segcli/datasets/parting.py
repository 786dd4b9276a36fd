"""Cut the files of samples into windows or slices, each of which is a sample."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from segcli.datasets.file_part import FilePart, opened_parts
from segcli.datasets.mask_check import refuse
from segcli.datasets.nifti_volume import is_volume
from segcli.datasets.packed_file import PackedFile
from segcli.datasets.parted_file import At, Grid
from segcli.datasets.record import MaskFile, Record
from segcli.datasets.shapes import SUFFIXES
from segcli.sample import DataError

Nodata = Literal["keep", "ignore"]

_READERS = 8
"""Threads that read headers."""


@dataclass(frozen=True)
class Parting:
    """Say which parts files have.

    Attributes:
        window: Side of the windows of scenes in pixels; None for files that are read whole.
        overlap: Pixels that neighbouring windows share.
        slice_axis: Axis of volumes along which slices lie, 0 to 2; None for files that are read whole.
        nodata: Whether pixels without data are kept as they are, or ignored.

    Raises:
        DataError: If they do not go together.
    """

    window: int | None = None
    overlap: int = 0
    slice_axis: int | None = None
    nodata: Nodata = "keep"

    def __post_init__(self) -> None:
        """Refuse what does not go together."""
        if self.window is not None and self.slice_axis is not None:
            raise DataError("data got window and slice_axis, expected one: windows are of scenes, slices of volumes.")
        if self.window is not None and self.window < 1:
            raise DataError(f"data.window got {self.window}, expected a side of at least 1 pixel.")
        if self.window is not None and not 0 <= self.overlap < self.window:
            raise DataError(f"data.overlap got {self.overlap}, expected 0 to below data.window, {self.window}.")
        if self.slice_axis not in (None, 0, 1, 2):
            raise DataError(
                f"data.slice_axis got {self.slice_axis}, expected 0, 1 or 2, the axis that slices lie along."
            )
        if self.window is None and self.overlap:
            raise DataError(f"data.overlap got {self.overlap}, expected data.window beside it.")
        if not self.has_parts and self.nodata == "ignore":
            raise DataError("data.nodata got ignore, expected data.window or data.slice_axis beside it.")

    @property
    def has_parts(self) -> bool:
        """Whether samples are parts of files."""
        return self.window is not None or self.slice_axis is not None

    def cut(self, records: Sequence[Record]) -> list[Record]:
        """Return the parts of all samples, in order; the samples themselves if files are read whole.

        Image and mask are cut alike. What groups parts is their file, unless something else does.

        Raises:
            DataError: If files are at fault, or those of a sample have other sizes or lie elsewhere; names all.
        """
        if not self.has_parts:
            return list(records)
        with ThreadPoolExecutor(_READERS) as pool:
            found = list(pool.map(self._cut, records))
        refuse(str(each) for each in found if isinstance(each, DataError))
        return [part for parts in found if not isinstance(parts, DataError) for part in parts]

    def _cut(self, record: Record) -> list[Record] | DataError:
        """Return the parts of a sample, or what is wrong with it."""
        masks = [mask.path for mask in record.masks if mask.path is not None]
        try:
            if record.packed or any(isinstance(mask.content, PackedFile) for mask in record.masks):
                raise DataError(f"{record.image} or its mask lies inside another file, of which no parts are read.")
            shape, grid = self._opened(record.image)
            for path in (*record.more, *masks):
                if path.name.lower().endswith(SUFFIXES):
                    raise DataError(f"{path} is of shapes, expected a raster or a volume as {record.image} is.")
                _require_alike(record.image, shape, grid, path, *self._opened(path))
        except DataError as error:
            return error
        group = record.name if record.group is None else record.group
        return [self._part(record, name, at, group) for name, at in self._places(shape)]

    def _part(self, record: Record, key: str, at: At, group: str) -> Record:
        ignores = self.nodata == "ignore"
        image = tuple(FilePart(file, key, at, ignores) for file in record.image_files)
        masks = list[MaskFile]()
        for mask in record.masks:
            part = None if mask.path is None else FilePart(mask.path, key, at, ignores, is_mask=True)
            masks.append(mask if part is None else replace(mask, path=part.path, content=part))
        return replace(
            record,
            name=f"{record.name}/{key}",
            image=image[0].path,
            masks=tuple(masks),
            group=group,
            more=tuple(part.path for part in image[1:]),
            packed=image,
        )

    def _opened(self, path: Path) -> tuple[tuple[int, ...], Grid]:
        if is_volume(path) != (self.slice_axis is not None):
            wanted = (
                "data.slice_axis for volumes" if is_volume(path) else "data.window, or neither, for files of pixels"
            )
            given = "data.window" if self.slice_axis is None else "data.slice_axis"
            raise DataError(f"{path} does not go with {given}, expected {wanted}.")
        with opened_parts(path) as file:
            return file.shape, file.grid

    def _places(self, shape: Sequence[int]) -> list[tuple[str, At]]:
        """Return what each part of a file is called, and where it lies."""
        if self.slice_axis is not None:
            axis, whole = self.slice_axis, [range(length) for length in shape]
            name = _numbered("xyz"[axis], shape[axis])
            at: list[At] = [(*whole[:axis], number, *whole[axis + 1 :]) for number in range(shape[axis])]
            return [(name(number), each) for number, each in enumerate(at)]
        assert self.window is not None
        row, column = (_numbered(axis, length) for axis, length in zip("rc", shape, strict=True))
        rows, columns = (_ranges(length, self.window, self.overlap) for length in shape)
        return [(f"{row(r.start)}_{column(c.start)}", (r, c)) for r in rows for c in columns]


def _ranges(length: int, window: int, overlap: int) -> list[range]:
    """Cover an axis; the last range ends with it, and may be shorter."""
    starts = range(0, max(1, length - overlap), window - overlap)
    return [range(start, min(start + window, length)) for start in starts]


def _numbered(axis: str, length: int) -> Callable[[int], str]:
    """Return what names numbers below a length, in their order as texts too."""
    digits = len(str(length - 1))
    return lambda number: f"{axis}{number:0{digits}d}"


def _require_alike(
    image: Path, shape: Sequence[int], grid: Grid, other: Path, other_shape: Sequence[int], other_grid: Grid
) -> None:
    if shape != other_shape:
        sizes = [" x ".join(map(str, each)) for each in (shape, other_shape)]
        raise DataError(f"{image} is {sizes[0]} px, {other} is {sizes[1]} px, expected equal sizes of both.")
    if how := grid.differs(other_grid, tuple(shape)):
        raise DataError(
            f"{image} and {other} do not lie on each other: {how}.\n  Resample the mask onto the image's grid, without "
            "interpolation, or correct what it states."
        )
