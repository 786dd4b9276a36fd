"""Read an image in DICOM by pydicom: grey values rescaled as the file says, or colours as RGB."""

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from segcli.config.errors import in_a_line
from segcli.datasets.optional_module import optional_module
from segcli.sample import DataError, is_out_of_memory

if TYPE_CHECKING:
    from pydicom import Dataset

HEAD_BYTES = 132
SUFFIX = ".dcm"
_GREYS = ("MONOCHROME1", "MONOCHROME2")
_COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")


def is_dicom(path: Path, head: bytes) -> bool:
    """Return whether a file is called DICOM, or begins as such.

    Args:
        path: The file.
        head: Its first bytes, at least ``HEAD_BYTES`` where it has so many.
    """
    return head[128:HEAD_BYTES] == b"DICM" or path.suffix.lower() == SUFFIX


class DicomImage:
    """A file that was opened.

    Args:
        dataset: As pydicom reads it; its pixels may be left out where :meth:`pixels` is not asked for.
        path: The file, for errors.

    Attributes:
        size: Height and width in pixels.
        channels: 1, or 3.
        dtype: Of what :meth:`pixels` returns.

    Raises:
        DataError: If it holds no image, several, or values that stand for others.
    """

    def __init__(self, dataset: "Dataset", path: Path) -> None:
        self._dataset, self._path = dataset, path
        if "Rows" not in dataset or "Columns" not in dataset:
            raise DataError(f"{path} is DICOM without an image ({_kind(dataset)}); move it out.")
        frames = int(dataset.get("NumberOfFrames") or 1)
        if frames > 1:
            raise DataError(f"{path} holds {frames} frames, expected 1; split it into files, or save it as NIfTI.")
        photometric = str(dataset.get("PhotometricInterpretation", ""))
        if photometric not in (*_GREYS, *_COLOURS) or "ModalityLUTSequence" in dataset:
            what = f"values of {photometric or 'no photometric interpretation'}"
            raise DataError(
                f"{path} holds {what if photometric not in (*_GREYS, *_COLOURS) else 'values that a table translates'}"
                ", expected greys or RGB; convert it."
            )
        self.size, self.channels = (int(dataset.Rows), int(dataset.Columns)), 1 if photometric in _GREYS else 3
        self._is_inverted = photometric == "MONOCHROME1"
        self._is_signed, self._bits = int(dataset.get("PixelRepresentation", 0)) == 1, int(dataset.BitsStored)
        slope, intercept = dataset.get("RescaleSlope"), dataset.get("RescaleIntercept")
        self._slope = 1.0 if slope is None else float(slope)
        self._intercept = 0.0 if intercept is None else float(intercept)
        is_as_stored = (self._slope, self._intercept) == (1, 0) and not self._is_signed and self._bits <= 16
        self.dtype = np.dtype((np.uint8 if self._bits <= 8 else np.uint16) if is_as_stored else np.float32)

    def pixels(self) -> NDArray[Any]:
        """Return ``(H, W, C)``: white is the greatest value.

        Raises:
            DataError: If no decoder of its compression is installed.
        """
        self._require_decoder()
        pixels = self._dataset.pixel_array.reshape(*self.size, self.channels)
        if self._is_inverted:
            pixels = (-1 if self._is_signed else (1 << self._bits) - 1) - pixels.astype(np.int64)
        if self.dtype == np.float32:
            return (pixels * self._slope + self._intercept).astype(np.float32)
        return pixels.astype(self.dtype)

    def _require_decoder(self) -> None:
        syntax = self._dataset.file_meta.TransferSyntaxUID
        if not syntax.is_compressed or syntax.is_deflated:
            return
        decoder = optional_module("pydicom.pixels", "medical", self._path).get_decoder(syntax)
        if not decoder.is_available:
            packages = [each for each in decoder.missing_dependencies if each.startswith("pylibjpeg")]
            needed = " ".join(packages or decoder.missing_dependencies).partition("requires ")[2]
            names = " ".join(f"'{name}'" for name in needed.replace(" and ", " ").split())
            raise DataError(
                f"{self._path} is compressed by {syntax.name}, for which no decoder is installed: pip install {names}"
            )


@contextmanager
def opened_dicom(path: Path, data: bytes | None, with_pixels: bool) -> Iterator[DicomImage]:
    """Open a file, turning errors, also those of later decoding, into :class:`DataError`.

    Args:
        path: The file.
        data: Its content, where that was read already; None reads what is needed.
        with_pixels: Whether more than its header is needed.
    """
    pydicom = optional_module("pydicom", "medical", path)
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)  # what breaks the pixels raises as well
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # odd values of what is not looked at
            source = path if data is None else io.BytesIO(data)
            yield DicomImage(pydicom.dcmread(source, stop_before_pixels=not with_pixels), path)
    except DataError:
        raise
    except Exception as error:  # whatever broken files raise
        if is_out_of_memory(error):
            raise
        raise DataError(f"{path} cannot be read as DICOM ({in_a_line(error)}); replace or remove it.") from error


def _kind(dataset: "Dataset") -> str:
    syntax = dataset.get("SOPClassUID")
    return "of no kind" if syntax is None else str(getattr(syntax, "name", syntax))
