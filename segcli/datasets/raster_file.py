"""Open a picture with Pillow, only in formats of pixels, and say plainly why a file cannot be read.

Formats that are drawn stay closed whatever a file is called: Pillow would start Ghostscript on PostScript.
EXIF orientation is applied, to images and masks alike: the arrays are what a viewer shows and what an annotation tool
let people draw on. (In a PNG, where it stands before the pixels, as writers put it: to look behind them is to decode.)
"""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from segcli.config.errors import in_a_line
from segcli.sample import DataError

Image.init()  # registers all formats that this Pillow knows
FORMATS = sorted(
    {"PNG", "JPEG", "TIFF", "BMP", "DIB", "GIF", "WEBP", "AVIF", "JPEG2000", "PPM", "TGA", "PCX", "SGI", "SUN", "QOI"}
    & set(Image.OPEN)
)
"""What is opened: formats that Pillow decodes itself, and whose depth is known (segcli/datasets/stored_pixels.py)."""
VOLUMES = (".nii", ".nii.gz")
"""Extensions of volumes, of which slices are images."""
EXTENSIONS = frozenset(
    (*(end for end, name in Image.registered_extensions().items() if name in (*FORMATS, "MPO")), *VOLUMES, ".dcm")
)
"""Files with other extensions in a folder of images are not images."""

ORIENTATION = 0x0112  # EXIF tag; 1 is upright, 5 to 8 swap height and width
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")

_OTHERS = {
    b"%!PS": "PostScript",
    b"\xc5\xd0\xd3\xc6": "PostScript",
    b"%PDF": "PDF",
    b"\xd7\xcd\xc6\x9a": "a Windows metafile",
    b"8BPS": "a Photoshop document",
    b"\x89HDF": "HDF5",
    b"\x93NUMPY": "a NumPy array",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    b"DICM": "DICOM (data.image_mode native reads it as an image)",
    b"SIMPLE": "FITS",
    b"DDS ": "a DirectDraw surface",
    b"<svg": "SVG",
    b"<?xml": "XML",
    b"<!DOCTYPE": "HTML",
    b"<html": "HTML",
    b"version https://git-lfs": "a pointer of Git LFS (run `git lfs pull`)",
}
"""First bytes of files that are often called images."""


@contextmanager
def opened(path: Path, data: bytes | None = None) -> Iterator[Image.Image]:
    """Open a picture, turning Pillow's errors, also those of later decoding, into :class:`DataError`.

    Args:
        path: The file.
        data: Its content, where that was read already; None reads what is needed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # odd metadata; what breaks the pixels raises as well
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # large, but Pillow still decodes it
            with Image.open(path if data is None else io.BytesIO(data), formats=FORMATS) as image:
                frames = getattr(image, "n_frames", 1)
                if frames > 1 and image.format != "MPO":  # MPO: a photo with its preview
                    raise DataError(f"{path} holds {frames} pictures, expected 1; split it into files.")
                if image.format == "TIFF" and _is_misread(image):
                    raise DataError(
                        f"{path} is a TIFF without compression that is stored turned (orientation "
                        f"{image.getexif()[ORIENTATION]}), which Pillow misreads; save it upright."
                    )
                if 0 in image.size:
                    raise DataError(f"{path} has no pixels ({image.height} x {image.width}); replace or remove it.")
                yield image
    except DataError:
        raise
    except Image.DecompressionBombError as error:
        raise DataError(
            f"{path} is too large, or made to exhaust the memory ({in_a_line(error)}); cut it into tiles."
        ) from error
    except UnidentifiedImageError as error:
        raise DataError(f"{path} {_unidentified(path, data)}") from error
    except (OSError, SyntaxError, ValueError, EOFError, TypeError, LookupError, ArithmeticError, struct.error) as error:
        # what Pillow's plugins raise on broken files
        raise DataError(f"{path} cannot be read as an image ({in_a_line(error)}); replace or remove it.") from error


def read_bytes(path: Path) -> bytes:
    """Return the content of a file.

    Raises:
        DataError: If it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}).") from error


def read_head(path: Path, length: int = 16) -> bytes:
    """Return the first bytes of a file, which tell its format.

    Args:
        path: The file.
        length: How many.

    Raises:
        DataError: If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(length)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}).") from error


def require_whole(path: Path, data: bytes) -> None:
    """Refuse a PNG with a chunk cut off or damaged: Pillow looks at no checksum of the pixels.

    Raises:
        DataError: If its checksums are not those of its content.
    """
    if not data.startswith(PNG_SIGNATURE):
        return
    for name, start in png_chunks(data):
        length = int.from_bytes(data[start : start + 4], "big")
        end = start + 8 + length
        stored = data[end : end + 4]
        damaged = name in _CRITICAL and zlib.crc32(data[start + 4 : end]) != int.from_bytes(stored, "big")
        if len(stored) < 4 or damaged:
            reason = f"its chunk {name.decode('latin-1')!r} is damaged" if len(stored) == 4 else "it is cut off"
            raise DataError(f"{path} cannot be read as an image ({reason}); replace or remove it.")


def png_chunks(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield the name of every chunk of a PNG and where it starts; what is cut off has an empty name."""
    start, name = len(PNG_SIGNATURE), b""
    while name != b"IEND" and start <= len(data):
        length, name = struct.unpack(">I4s", data[start : start + 8].ljust(8, b"\0"))
        yield name, start
        start += 12 + length


def turned_upright(image: Image.Image) -> Image.Image:
    """Return the picture as its EXIF orientation says it should be seen."""
    return image if orientation(image) == 1 else ImageOps.exif_transpose(image)


def orientation(image: Image.Image) -> int:
    """Return how the picture is to be turned, 1 to 8, where Pillow leaves that to us."""
    if image.format == "TIFF":
        return 1  # Pillow itself turns them, and tells the upright size
    if image.format == "PNG" and "exif" not in image.info:
        return 1  # getexif() would decode the whole picture to look behind the pixels
    return image.getexif().get(ORIENTATION, 1)


def _is_misread(image: Image.Image) -> bool:
    """Return whether Pillow, as of 13.0, takes rows of a TIFF for columns: where it has rows copied, not decoded."""
    return image.getexif().get(ORIENTATION, 1) >= 5 and image.info.get("compression") == "raw"


def _unidentified(path: Path, data: bytes | None) -> str:
    """Say what a file is that Pillow does not recognise."""
    head = (data if data is not None else read_bytes(path))[:132]
    if not head:
        return "cannot be read as an image (it is empty); replace or remove it."
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return (
            "cannot be read as an image: it is a TIFF with other channels, bits or compression than are read here "
            "(1, 3 or 4 channels of 8 bits; masks of one channel up to 32 bits); set data.image_mode to native for all "
            "of an image's channels, or convert it."
        )
    start = head.lstrip().removeprefix(b"\xef\xbb\xbf")
    if path.name.lower().endswith(VOLUMES):
        return "is a volume, of which slices are images; set data.slice_axis, and data.image_mode to native."
    found = [name for magic, name in _OTHERS.items() if magic in (start[: len(magic)], head[128:132])]
    if found:
        return f"cannot be read as an image: it is {found[0]}; convert it to PNG, or remove it."
    return "cannot be read as an image: it is damaged, or in none of the formats that are read; replace or remove it."
