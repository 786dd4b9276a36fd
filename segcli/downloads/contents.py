"""Whether what was downloaded is what it should be."""

import hashlib
from pathlib import Path

from PIL import Image

from segcli.downloads.download_error import DownloadError


def check_file(file: Path, checksum: str) -> None:
    """Delete a file that has another checksum.

    Args:
        file: What was downloaded.
        checksum: ``md5:`` or ``sha256:`` and hexadecimal digits; empty for whatever it is.

    Raises:
        DownloadError: If it has another one.
    """
    kind, _, expected = checksum.partition(":")
    if not kind:
        return
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, lambda: hashlib.new(kind, usedforsecurity=False)).hexdigest()
    if found != expected:
        file.unlink()
        raise DownloadError(
            f"{file.name} has {kind} {found}, expected {expected}; it was deleted. Try again; if it stays so, the file "
            "on the server is another one than this version of the program knows."
        )


def pixel_digest(folder: Path) -> str:
    """Return the SHA-256 of names, sizes and pixels of a folder's PNG files, however they are compressed.

    Args:
        folder: Of images, those in sub-folders left out.

    Raises:
        DownloadError: If one cannot be read.
    """
    found = hashlib.sha256()
    for path in sorted(folder.glob("*.png")):
        try:
            with Image.open(path) as image:
                pixels = hashlib.sha256(f"{image.width}x{image.height} ".encode() + image.tobytes()).hexdigest()
        except Exception as error:  # of whatever decodes it
            raise DownloadError(f"{path.name} that came is no image that can be read: {error}.") from None
        found.update(f"{path.name} {pixels}\n".encode())
    return found.hexdigest()
