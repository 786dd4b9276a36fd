"""Image files that no writer makes."""

import struct
import zlib


def png_header(height: int, width: int) -> bytes:
    """Return a PNG that says of itself to have a size, with the pixels of a single row."""
    pixels = zlib.compress(bytes(1 + 3 * width), 9)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
