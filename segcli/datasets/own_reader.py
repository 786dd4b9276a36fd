"""A reader of masks from elsewhere, of which nothing is known but the contract."""

import hashlib
import inspect
import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segcli.config.errors import in_a_line
from segcli.datasets.mask_reader import MaskReader
from segcli.sample import DataError, is_out_of_memory


class OwnReader(MaskReader):
    """Read masks by ``data.reader``: whatever it raises names the file, and what it returns is looked at.

    Args:
        reader: It.
    """

    def __init__(self, reader: MaskReader) -> None:
        self._reader, self.shown = reader, reader.shown

    def __call__(self, path: Path, data: bytes | None = None) -> NDArray[np.integer]:
        """Return ``(H, W)`` integers."""
        try:
            values = self._reader(path, data)
        except Exception as error:
            raise self._named(path, error) from error
        found = f"{values.dtype} {values.shape}" if isinstance(values, np.ndarray) else type(values).__name__
        if not isinstance(values, np.ndarray) or values.ndim != 2 or values.dtype.kind not in "iu":
            raise DataError(f"{path}: data.reader {self._name} returned {found}, expected an array (H, W) of integers.")
        return values

    def size(self, path: Path) -> tuple[int, int]:
        """Return height and width of a mask in pixels."""
        try:
            height, width = self._reader.size(path)
        except Exception as error:
            raise self._named(path, error) from error
        return height, width

    def __repr__(self) -> str:
        """Return the class with its attributes, and a hash of its module: another text may read otherwise."""
        try:
            held = _digest(vars(self._reader))  # a text would cut arrays off
        except Exception as error:
            if is_out_of_memory(error):
                raise
            raise DataError(
                f"data.reader {self._name} has an attribute that cannot be pickled ({in_a_line(error)}); make it a "
                "method, or a function or a class of the module."
            ) from error
        return f"{type(self._reader).__module__}.{self._name} {held} {_text_hash(type(self._reader))}"

    @property
    def _name(self) -> str:
        return type(self._reader).__qualname__

    def _named(self, path: Path, error: Exception) -> Exception:
        """Return an error of the reader as one that names the file; it stays what it is if memory is short."""
        if isinstance(error, DataError) or is_out_of_memory(error):
            return error
        return DataError(f"{path}: data.reader {self._name} failed, {type(error).__name__}: {in_a_line(error)}")


class _Pickler(pickle.Pickler):
    """Pickle sets by what is in them: their order is another one in every process."""

    def persistent_id(self, held: Any) -> list[str] | None:  # noqa: ANN401  (whatever a reader holds)
        """Return what stands for a set; None for all else."""
        return [type(held).__name__, *sorted(map(_digest, held))] if type(held) in (set, frozenset) else None


def _digest(held: object) -> str:
    """Return a hash of whatever can be pickled."""
    stream = io.BytesIO()
    _Pickler(stream).dump(held)
    return hashlib.blake2b(stream.getbuffer(), digest_size=8).hexdigest()


def _text_hash(kind: type) -> str:
    """Return a hash of the text of a class's module; nothing where it has none."""
    try:
        file = inspect.getsourcefile(kind)
        return "" if file is None else hashlib.blake2b(Path(file).read_bytes(), digest_size=8).hexdigest()
    except (TypeError, OSError):
        return ""
