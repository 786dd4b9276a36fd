"""Which samples were found right by earlier runs, so that their masks are not read again before each.

One file per table of labels in the user's cache folder holds digests of content, 16 bytes each: whatever is changed,
moved or copied, only what is new is looked at.
"""

import contextlib
from collections.abc import Collection
from pathlib import Path

from segcli.disk import cache_folder, write_bytes

_BYTES = 16


def known_samples(key: str) -> set[bytes]:
    """Return the digests of samples that were found right; none if that cannot be read.

    Args:
        key: Of the table of labels, and the version of the reader.
    """
    try:
        content = _file(key).read_bytes()
    except OSError:
        return set()
    return {content[start : start + _BYTES] for start in range(0, len(content) - _BYTES + 1, _BYTES)}


def remember(key: str, digests: Collection[bytes]) -> None:
    """Add digests to what is known; a cache folder that cannot be written costs the next run time, and no more.

    Args:
        key: Of the table of labels, and the version of the reader.
        digests: Of 16 bytes each.
    """
    if digests:
        with contextlib.suppress(OSError):
            write_bytes(_file(key), b"".join(sorted({*known_samples(key), *digests})))


def _file(key: str) -> Path:
    return cache_folder() / "checked_masks" / f"{key}.bin"
