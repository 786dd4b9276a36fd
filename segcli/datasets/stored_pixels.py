"""How a file stores its pixels, where Pillow scales, inverts or cuts them without a word.

Sources: PNG (W3C, third edition, 11.2.1), TIFF 6.0 (sections 3 and 8), JPEG 2000 (ISO/IEC 15444-1, A.5.1), AV1 in ISO
files (AV1CodecConfigurationRecord), SGI (Haeberli's description), Netpbm (pgm(5)), BMP (BITMAPINFOHEADER), WebP (RFC
9649, 2.3 to 2.7).
"""

import re
from dataclasses import dataclass

from PIL import Image

_BITS, _PHOTOMETRIC, _SAMPLES, _COMPRESSION, _SAMPLE_FORMAT = 258, 262, 277, 259, 339  # tags of TIFF
_TIFF_LOSSY = {6: "JPEG", 7: "JPEG", 34712: "JPEG 2000", 34892: "JPEG", 50001: "WebP", 50002: "JPEG XL"}
_J2K_START = b"\xff\x4f\xff\x51"
_J2K_SIZE = re.compile(rb"\xff\x4f\xff\x51(.{36})(..)", re.DOTALL)
_J2K_IRREVERSIBLE = re.compile(rb"\xff\x52.{11}\x00", re.DOTALL)
_AV1_DEPTH = re.compile(rb"av1C..(.)", re.DOTALL)


@dataclass(frozen=True)
class StoredPixels:
    """What a file says of its pixels.

    Attributes:
        bits: Bits per channel, the most of any channel.
        kind: ``u`` for integers, ``i`` for integers with a sign, ``f`` for floats.
        channels: Number of channels, alpha included; None for as many as Pillow gives.
        white: Stored value of white; less than all bits set where values are scaled when read, 0 where inverted.
    """

    bits: int
    kind: str = "u"
    channels: int | None = None
    white: int | None = None

    @classmethod
    def of(cls, image: Image.Image, data: bytes) -> "StoredPixels":
        """Look into the header of an opened file.

        Args:
            image: The picture, not decoded yet.
            data: The file's content.

        Raises:
            ValueError: If Pillow would take the file for another kind than it is.
        """
        match image.format:
            case "PNG":
                return cls(data[24])
            case "TIFF":
                return _of_tiff(image)
            case "BMP" | "DIB":
                return _of_bitmap(image, data if image.format == "DIB" else data[14:])
            case "PPM":
                return _of_netpbm(image)
            case "JPEG2000":
                return _of_jpeg2000(data)
            case "SGI":
                return cls(8 * data[3])
            case "AVIF":
                flags = [found[0] for found in _AV1_DEPTH.findall(data)]
                return cls(max((8 + 2 * (flag >> 6 & 1) + 2 * (flag >> 5 & 1) for flag in flags), default=8))
        return cls(1 if image.mode == "1" else 8)

    @property
    def is_scaled(self) -> bool:
        """Whether readers change the stored integers: to fill all bits, or to make white large."""
        return self.white is not None and self.white != (1 << self.bits) - 1


def lossy_format(image: Image.Image, data: bytes) -> str | None:
    """Return the name of the format if it changes values when it saves them."""
    match image.format:
        case "JPEG" | "MPO":
            return "JPEG"
        case "WEBP":
            return None if _is_lossless_webp(data) else "lossy WebP"
        case "AVIF":
            return "AVIF"
        case "JPEG2000":
            start = data.find(_J2K_START)  # a profile of colours may stand before it
            return "lossy JPEG 2000" if _J2K_IRREVERSIBLE.search(data, start, start + 4096) else None
        case "TIFF":
            inner = _TIFF_LOSSY.get(_tag(image, _COMPRESSION, 1))
            return None if inner is None else f"TIFF with {inner} inside"
    return None


def _is_lossless_webp(data: bytes) -> bool:
    """Return whether the first chunk of pixels is a lossless one; profiles and such may stand before it."""
    start = 12
    while (name := data[start : start + 4]) not in (b"VP8 ", b"VP8L", b""):
        length = int.from_bytes(data[start + 4 : start + 8], "little")
        start += 8 + length + length % 2
    return name == b"VP8L"


def _tag(image: Image.Image, tag: int, default: int) -> int:
    value = image.tag_v2.get(tag, default)  # type: ignore[attr-defined]  # a TIFF has it
    return max(value) if isinstance(value, tuple) else int(value)


def _of_tiff(image: Image.Image) -> StoredPixels:
    bits = _tag(image, _BITS, 1)
    inverted = _tag(image, _PHOTOMETRIC, 1) == 0 and bits > 1  # 1 bit is black and white, whichever is stored as 0
    kind = {2: "i", 3: "f"}.get(_tag(image, _SAMPLE_FORMAT, 1), "u")
    return StoredPixels(bits, kind, _tag(image, _SAMPLES, 1), 0 if inverted else None)


def _of_bitmap(image: Image.Image, header: bytes) -> StoredPixels:
    bits = int.from_bytes(header[14:16] if header[0] >= 16 else header[10:12], "little")
    if (image.mode == "1" and bits != 1) or (image.mode == "L" and bits != 8):  # it goes by the number of greys
        raise ValueError(f"a grey palette of few colours in {bits} bits, which Pillow misreads")
    return StoredPixels(min(bits, 8))


def _of_netpbm(image: Image.Image) -> StoredPixels:
    if image.mode in ("1", "F"):
        return StoredPixels(1) if image.mode == "1" else StoredPixels(32, "f")
    arguments = image.tile[0].args  # type: ignore[attr-defined]  # a file has it
    found = [part for part in arguments if isinstance(part, int)] if isinstance(arguments, tuple) else []
    white = found[0] if found else 65535 if image.mode.startswith("I") else 255
    return StoredPixels(8 if white < 256 else 16, white=white)


def _of_jpeg2000(data: bytes) -> StoredPixels:
    found = _J2K_SIZE.search(data)
    if found is None:
        return StoredPixels(16)
    channels = int.from_bytes(found[2], "big")
    depths = data[found.end() : found.end() + 3 * channels : 3]
    bits = max((depth & 0x7F) + 1 for depth in depths)
    signed = max(depths) >= 0x80  # which Pillow shifts
    return StoredPixels(8 if bits <= 8 else 16, "i" if signed else "u", channels, 0 if signed else (1 << bits) - 1)
