"""Import a library that only some files need."""

import importlib
from pathlib import Path
from types import ModuleType

from segcli.sample import DataError


def optional_module(name: str, extra: str, path: Path) -> ModuleType:
    """Return a module of a library that comes with an extra of segcli.

    Args:
        name: Of the module.
        extra: That brings the library.
        path: The file that needs it, for errors.

    Raises:
        DataError: If the library is not installed, or cannot be imported.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        found = "is not installed" if error.name == package else f"cannot be imported ({error})"
        raise DataError(f"{path} is read by {package}, which {found}: pip install 'segcli[{extra}]'") from None
