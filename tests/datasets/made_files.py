"""Image files of every kind, each with the integers that were put into it."""

import io
import random
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Values = NDArray[np.generic]


@dataclass(frozen=True)
class MadeFile:
    """A file and its truth.

    Attributes:
        kind: What it is, to be printed.
        suffix: Extension with its dot.
        data: Its bytes.
        values: ``(H, W)`` integers or floats that it holds; None where that is not sure, or it is in colour.
    """

    kind: str
    suffix: str
    data: bytes
    values: Values | None


def png(values: Values, bits: int, colour: int, palette: bytes = b"", extra: bytes = b"", adam7: bool = False) -> bytes:
    """Return a PNG of ``(H, W, C)`` integers, of any depth and colour type of the standard; palettes are of RGB."""
    height, width = values.shape[:2]
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    rows = b""
    for row, column, down, right in passes if adam7 else [(0, 0, 1, 1)]:
        for line in values[row::down, column::right]:
            if line.size:
                rows += b"\0" + packed(line.ravel(), bits, ">")
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, int(adam7))
    middle = chunk(b"PLTE", palette) if palette else b""
    body = chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + middle + extra + body


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def packed(line: Values, bits: int, order: str) -> bytes:
    """Return the bytes of integers of 1 to 32 bits, the first in the highest bits."""
    if bits >= 8:
        return line.astype(f"{order}{line.dtype.kind}{bits // 8}").tobytes()
    each = (line.astype(np.uint8)[:, None] >> np.arange(bits - 1, -1, -1)) & 1
    return np.packbits(each.ravel()).tobytes()


def tiff(values: Values, bits: int, sample_format: int, photometric: int, extra: tuple[int, ...] = ()) -> bytes:
    """Return an uncompressed TIFF of ``(H, W, C)`` numbers."""
    height, width, channels = values.shape
    rows = b"".join(packed(line.ravel(), bits, "<") for line in values)
    longs = {256: width, 257: height, 259: 1, 262: photometric, 273: 0, 277: channels, 278: height, 279: len(rows)}
    shorts = {258: (bits,) * channels, 339: (sample_format,) * channels} | ({338: extra} if extra else {})
    entries: list[tuple[int, int, tuple[int, ...]]] = [(tag, 4, (value,)) for tag, value in longs.items()]
    entries = sorted([*entries, *((tag, 3, value) for tag, value in shorts.items())])
    at = 8 + 2 + 12 * len(entries) + 4
    beyond, table = b"", b""
    start = at + sum(2 * len(value) for _, kind, value in entries if kind == 3 and len(value) > 2)
    for tag, kind, value in entries:
        value = (start,) if tag == 273 else value
        content = struct.pack(f"<{len(value)}{'HI'[kind - 3]}", *value)
        if len(content) > 4:
            content, beyond = struct.pack("<I", at + len(beyond)), beyond + content
        table += struct.pack("<HHI", tag, kind, len(value)) + content.ljust(4, b"\0")
    return struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + table + struct.pack("<I", 0) + beyond + rows


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    """Return what Pillow writes."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def _labels(rng: np.random.Generator, most: int) -> Values:
    shape = rng.integers(5, 20, 2)
    names = rng.integers(0, most, rng.integers(1, 5), endpoint=True)
    return rng.choice(names, shape)


def _png(rng: np.random.Generator) -> MadeFile:
    colour, bits = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8)][
        rng.integers(11)
    ]
    colour, bits = (rng.choice([4, 6]), rng.choice([8, 16])) if rng.random() < 0.2 else (colour, bits)
    values = _labels(rng, (1 << bits) - 1)
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    pixels = np.repeat(values[..., None], channels, 2)
    if colour in (4, 6):
        pixels[..., -1] = (1 << bits) - 1
    palette = rng.integers(0, 256, 3 << bits).astype(np.uint8)
    greys = rng.random() < 0.6
    palette = np.repeat(rng.permutation(256)[: 1 << bits], 3).astype(np.uint8) if greys else palette
    extra = b""
    if rng.random() < 0.3:
        extra += chunk(b"gAMA", struct.pack(">I", int(rng.integers(10000, 250000))))
    if rng.random() < 0.2 and colour == 3:
        extra += chunk(b"tRNS", bytes(rng.integers(0, 256, 1 << bits).astype(np.uint8)))
    adam7 = bool(rng.random() < 0.3)
    data = png(pixels, bits, colour, palette.tobytes() if colour == 3 else b"", extra, adam7)
    truth = None if colour == 3 and greys else values  # of greys either reading may be meant
    return MadeFile(f"PNG, colour type {colour}, {bits} bits, interlaced {adam7}", ".png", data, truth)


def _tiff(rng: np.random.Generator) -> MadeFile:
    kinds = [(1, "u"), (2, "u"), (4, "u"), (8, "u"), (16, "u"), (32, "u"), (8, "i"), (16, "i"), (32, "i"), (32, "f")]
    bits, kind = kinds[rng.integers(len(kinds))]
    signed = kind == "i"
    values = _labels(rng, (1 << bits - signed) - 1).astype(np.int64)
    if signed:
        values[0] = -1
    if kind == "f":
        values = rng.choice([0, 1, 1.5, 7, 300, np.nan, np.inf, 2.0**30], values.shape)
        values[1:] = np.where(rng.random() < 0.7, 3, values[1:])
    channels, photometric, extra = [(1, 1, ()), (1, 0, ()), (2, 1, (0,)), (2, 1, (2,)), (3, 2, ()), (4, 2, (0,))][
        min(int(rng.integers(12)), 5) if rng.random() < 0.6 else 0
    ]
    pixels = np.repeat(values[..., None], channels, 2)
    if extra:
        pixels[..., -1] = 255 if extra == (2,) and bits == 8 else rng.integers(0, 2)
    pixels = pixels.astype(f"{kind}{max(bits, 8) // 8}") if bits >= 8 else pixels
    data = tiff(pixels, bits, {"u": 1, "i": 2, "f": 3}[kind], photometric, extra)
    truth = None if photometric == 0 else values
    truth = 1 - values if photometric == 0 and bits == 1 else truth  # of 1 bit, 1 is white however it is stored
    return MadeFile(f"TIFF, {channels} channels of {kind}{bits}, photometric {photometric}", ".tif", data, truth)


def _netpbm(rng: np.random.Generator) -> MadeFile:
    white = int(rng.choice([1, 3, 15, 100, 255, 256, 1000, 65535]))
    values, channels, plain = _labels(rng, white), int(rng.choice([1, 3])), bool(rng.random() < 0.3)
    pixels = np.repeat(values.ravel(), channels)
    number = (2 if channels == 1 else 3) + (0 if plain else 3)
    header = f"P{number}\n# made\n{values.shape[1]} {values.shape[0]}\n{white}\n".encode()
    body = " ".join(map(str, pixels)).encode() if plain else pixels.astype("u1" if white < 256 else ">u2").tobytes()
    return MadeFile(f"PNM, white {white}, {channels} channels, plain {plain}", ".ppm", header + body, values)


def _by_opencv(rng: np.random.Generator) -> MadeFile:
    depth, channels = rng.choice([np.uint8, np.uint16]), int(rng.choice([1, 3, 4]))
    suffix = str(rng.choice([".png", ".tif", ".ppm", ".jp2", ".bmp", ".webp"]))
    depth = np.uint8 if suffix in (".bmp", ".webp") else depth
    values = _labels(rng, np.iinfo(depth).max).astype(depth)
    if suffix == ".jp2":
        values = np.tile(values, (8, 8))  # it takes no small pictures
    pixels = np.repeat(values[..., None], channels, 2)
    if channels == 4:
        pixels[..., 3] = np.iinfo(depth).max
    if suffix == ".ppm":
        pixels = np.repeat(values[..., None], 3, 2)
    options = {".webp": [cv2.IMWRITE_WEBP_QUALITY, 101], ".jp2": [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, 1000]}
    data = cv2.imencode(suffix, pixels, options.get(suffix, []))[1].tobytes()
    return MadeFile(f"OpenCV, {depth.__name__}, {channels} channels", suffix, data, values)


def _by_pillow(rng: np.random.Generator) -> MadeFile:
    kind = str(rng.choice(["PNG", "TIFF", "BMP", "GIF", "WEBP", "JPEG2000", "TGA", "PCX", "SGI", "PPM", "DIB"]))
    modes = ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I", "F", "CMYK", "YCbCr", "LAB", "HSV", "PA"]
    mode = str(rng.choice(_KEPT.get(kind, modes)))
    values = _labels(rng, 1 if mode == "1" else 255)
    grey = Image.fromarray(values.astype(np.uint8))
    if mode == "1":
        picture = Image.fromarray(values.astype(bool))
    elif mode in ("P", "PA"):
        picture = grey.convert("P")
        picture.putpalette(rng.integers(0, 256, 768).astype(np.uint8).tobytes())
        picture = picture.convert(mode) if mode == "PA" else picture
    elif mode == "I;16":
        values = _labels(rng, 65535)
        picture = Image.fromarray(values.astype(np.uint16))
    else:
        picture = Image.merge("LAB", [grey] * 3) if mode == "LAB" else grey.convert(mode)
    options = {"WEBP": {"lossless": True, "exact": True}, "TIFF": {"compression": str(rng.choice(_COMPRESSIONS))}}
    try:
        data = saved(picture, kind, **options.get(kind, {}))
    except (OSError, ValueError, SystemError, KeyError):  # Pillow does not write that
        return _png(rng)
    suffix = {"JPEG2000": ".jp2", "TIFF": ".tif"}.get(kind, f".{kind.lower()}")
    values = values * 255 if kind == "GIF" and mode == "1" else values  # Pillow saves it as grey
    kept = mode not in ("CMYK", "LAB", "HSV", "PA") and not (kind == "GIF" and mode == "P")  # in an order of its own
    return MadeFile(f"Pillow, {kind} of mode {mode}", suffix, data, values if kept else None)


_KEPT = {"WEBP": ["L", "LA", "RGB", "RGBA"], "JPEG2000": ["L", "LA", "RGB", "RGBA", "I;16"], "GIF": ["1", "L", "P"]}
"""Modes that Pillow saves without converting them; all, where a format is not here."""
_COMPRESSIONS = ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits")


def _black_and_white(rng: np.random.Generator) -> MadeFile:
    """Palettes of two greys in either order, and GIFs, whose order follows from the picture."""
    values = _labels(rng, 1)
    pair = rng.permutation([0, 255])
    picture = Image.fromarray(values.astype(np.uint8))
    picture.putpalette(np.repeat(pair, 3).astype(np.uint8).tobytes())
    kind = str(rng.choice(["PNG", "GIF", "TIFF", "BMP"]))
    if rng.random() < 0.5:
        picture = Image.fromarray(pair[values].astype(np.uint8)).convert("RGB").convert("P", palette=1, colors=2)
    white = pair[values] == 255
    one_is_white = white.astype(int) if kind == "BMP" else None  # it has 1 bit
    truth = np.zeros_like(values) if not white.any() else one_is_white  # all black is 0 in any reading
    return MadeFile(f"black and white, {kind}", f".{kind.lower()}", saved(picture, kind), truth)


_MAKERS: tuple[Callable[[np.random.Generator], MadeFile], ...] = (
    *(_png, _png, _tiff, _tiff, _netpbm),
    *(_by_opencv, _by_pillow, _by_pillow, _black_and_white),
)


def made_file(seed: int) -> MadeFile:
    """Return a file that follows from the seed."""
    return random.Random(seed).choice(_MAKERS)(np.random.default_rng(seed))


def damaged(data: bytes, seed: int) -> bytes:
    """Return a file cut off, or with a few bits flipped."""
    rng = np.random.default_rng(seed)
    if rng.random() < 0.5:
        return data[: int(rng.integers(0, len(data)))]
    changed = bytearray(data)
    for at in rng.integers(0, len(data), rng.integers(1, 4)):
        changed[at] ^= 1 << int(rng.integers(8))
    return bytes(changed)
