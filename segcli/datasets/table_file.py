"""Tables of Arrow and Parquet, whose cells are read one by one.

Arrow files, streams or such with a footer, are mapped into memory: all processes share the pages of the disk's cache.
Of Parquet, which is compressed, the row groups that were read last are kept by each process.
"""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path
from threading import Lock
from typing import Any

from segcli.config.errors import in_a_line
from segcli.sample import DataError, is_out_of_memory

PARQUET, ARROW = ".parquet", ".arrow"
LARGEST_GROUP_BYTES = 2**29
"""Of a column in a row group of Parquet, which is in memory as a whole."""
_KEPT_GROUPS = 2
_OPEN_TABLES = 128
_LFS = b"version https://git-lfs"
_Part = Any  # pyarrow.Table or pyarrow.RecordBatch: it has no types


class TableFile(ABC):
    """An opened table, in parts of some rows.

    Args:
        file: It.
        schema: Its columns, as pyarrow has them.
        lengths: Rows of every part.

    Attributes:
        columns: Names of the columns.
    """

    def __init__(self, file: Path, schema: Any, lengths: Sequence[int]) -> None:  # noqa: ANN401  (of pyarrow)
        self.file, self.schema = file, schema
        self.columns: list[str] = list(schema.names)
        self._starts = [0, *accumulate(lengths)]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self._starts[-1]

    def cell(self, column: str, row: int) -> Any:  # noqa: ANN401  (whatever the table holds)
        """Return a value; None where there is none.

        Raises:
            DataError: If the file is damaged.
        """
        number = bisect_right(self._starts, row) - 1
        with reading(self.file):
            return self._part(number, column)[row - self._starts[number]].as_py()

    def values(self, column: str) -> Iterator[Any]:
        """Yield the values of a column, from the first row to the last, None where there is none.

        Args:
            column: Its name; ``image.path`` for a part of a column that has parts.

        Raises:
            DataError: If the file is damaged.
        """
        name, field = self._split(column)
        with reading(self.file):
            for number in range(len(self._starts) - 1):
                part = self._part(number, name)
                yield from (_field(part, field) if field else part).to_pylist()

    def is_null(self, column: str) -> Iterator[bool]:
        """Yield for every row whether it has no value in a column, without reading values where that is known.

        Args:
            column: As for :meth:`values`.
        """
        name, field = self._split(column)
        with reading(self.file):
            for number, (start, end) in enumerate(zip(self._starts, self._starts[1:], strict=False)):
                if self._has_all(number, column):
                    yield from (False for _ in range(start, end))
                else:
                    part = self._part(number, name)
                    yield from (_field(part, field) if field else part).is_null().to_pylist()

    def _split(self, column: str) -> tuple[str, str]:
        """Return a column and the part of it that is meant; names of columns may have dots themselves."""
        name, _, field = column.partition(".")
        return (column, "") if column in self.columns else (name, field)

    def _has_all(self, number: int, column: str) -> bool:
        """Return whether a part is known to have a value in every row of a column."""
        return False

    @abstractmethod
    def _part(self, number: int, column: str) -> _Part:
        """Return the values of a column in a part."""


class _ArrowTable(TableFile):
    def __init__(self, file: Path) -> None:
        import pyarrow as pa

        source = pa.memory_map(str(file))
        try:
            table = pa.ipc.open_stream(source).read_all()
        except pa.ArrowInvalid:
            source.seek(0)
            if source.read(6) != b"ARROW1":
                raise
            table = pa.ipc.open_file(source).read_all()
        self._batches = table.to_batches()
        for batch in self._batches:
            batch.validate(full=True)  # a damaged offset would lead out of the file
        super().__init__(file, table.schema, [batch.num_rows for batch in self._batches])

    def _part(self, number: int, column: str) -> _Part:
        return self._batches[number].column(column)


class _ParquetTable(TableFile):
    def __init__(self, file: Path) -> None:
        import pyarrow.parquet as pq

        self._table = pq.ParquetFile(str(file), memory_map=True, page_checksum_verification=True)
        self._groups = [self._table.metadata.row_group(at) for at in range(self._table.num_row_groups)]
        super().__init__(file, self._table.schema_arrow, [group.num_rows for group in self._groups])
        self._kept, self._lock = dict[tuple[int, str], _Part](), Lock()

    def _leaves(self, number: int, column: str) -> list[Any]:
        """Return what the file says of the columns that make one up, in a row group."""
        group = self._groups[number]
        found = (group.column(at) for at in range(group.num_columns))
        return [leaf for leaf in found if f"{leaf.path_in_schema}.".startswith(f"{column}.")]

    def _has_all(self, number: int, column: str) -> bool:
        told = [leaf.statistics for leaf in self._leaves(number, column)]
        return all(each is not None and each.has_null_count and each.null_count == 0 for each in told) and bool(told)

    def _part(self, number: int, column: str) -> _Part:
        with self._lock:
            if (number, column) not in self._kept:
                size = sum(leaf.total_uncompressed_size for leaf in self._leaves(number, column))
                if size > LARGEST_GROUP_BYTES:
                    raise DataError(
                        f"{self.file} has {size / 2**20:.0f} MiB of {column} in one row group, which is read as a "
                        f"whole, expected at most {LARGEST_GROUP_BYTES / 2**20:.0f}; write it with row_group_size=100, "
                        "or by save_to_disk of datasets."
                    )
                columns_kept = [key for key in self._kept if key[1] == column]
                for key in columns_kept[: len(columns_kept) + 1 - _KEPT_GROUPS]:
                    del self._kept[key]
                found = self._table.read_row_group(number, columns=[column], use_threads=False).column(column)
                self._kept[number, column] = found.combine_chunks()
            return self._kept[number, column]


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """Turn whatever pyarrow raises on a file into :class:`DataError`."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:  # what decoders of damaged files raise
        if is_out_of_memory(error):
            raise
        raise DataError(f"{file} {_why(file, error)}") from error


def opened_table(file: Path) -> TableFile:
    """Return a table, which a process opens once while it stays as it is.

    Args:
        file: ``.parquet`` or ``.arrow``.

    Raises:
        DataError: If it cannot be read, or pyarrow is not installed.
    """
    if find_spec("pyarrow") is None:
        raise DataError(f"{file} needs pyarrow to be read: pip install 'segcli[huggingface]'")
    with reading(file):
        state = file.stat()
        return _opened(file, (state.st_size, state.st_mtime_ns))


@lru_cache(maxsize=_OPEN_TABLES)
def _opened(file: Path, _state: tuple[int, int]) -> TableFile:
    return _KINDS[file.suffix.lower()](file)


_KINDS: Mapping[str, Callable[[Path], TableFile]] = {PARQUET: _ParquetTable, ARROW: _ArrowTable}


def _field(part: _Part, name: str) -> _Part:
    """Return a part of a column that has parts; a row without the whole has none."""
    import pyarrow.compute as pc

    return pc.struct_field(part, name)


def _why(file: Path, error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read ({error.strerror}); correct data.root or data.listing."
    with file.open("rb") as stream:
        if stream.read(len(_LFS)) == _LFS:
            return "is a pointer of Git LFS; run `git lfs pull`."
    kind = "Parquet" if file.suffix.lower() == PARQUET else "Arrow"
    return f"cannot be read as {kind} ({in_a_line(error)}): it is damaged or cut off; fetch or write it anew."
