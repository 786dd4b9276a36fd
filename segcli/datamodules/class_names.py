"""What classes may be called: tables, pages and plots tell them apart by their names alone."""

import unicodedata
from collections.abc import Sequence

from segcli.sample import DataError


def require_class_names(names: Sequence[str], key: str) -> None:
    """Refuse names that are blank, or that read alike.

    Args:
        names: Of all classes, each once.
        key: Where they were written, to name in the error.

    Raises:
        DataError: For the first such name.
    """
    seen: dict[str, int] = {}
    for position, name in enumerate(names):
        read = unicodedata.normalize("NFC", name).strip()
        if not read:
            raise DataError(f"{key} got {name!r} as the name of class {position}, expected a name that can be read.")
        if read in seen:
            raise DataError(
                f"{key} got the name {read!r} for classes {seen[read]} and {position}, expected every class once; "
                "several mask values share a class in data.mask_values."
            )
        seen[read] = position
