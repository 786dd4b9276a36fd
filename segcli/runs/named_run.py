"""The run that somebody named; what is wrong with it is an error to be shown. Torch-free."""

from pathlib import Path

from segcli.config.errors import ConfigError, Problem
from segcli.runs.stored_run import StoredRun
from segcli.runs.unreadable_run import UnreadableRunError


def named_run(place: str | Path, trust: bool = True) -> StoredRun:
    """Read a run that was named.

    Args:
        place: Its folder.
        trust: Whether to refuse one whose files were changed; see :meth:`StoredRun.load`.

    Raises:
        ConfigError: If it is none, or not whole.
    """
    path = Path(place)
    if not path.is_dir():
        raise ConfigError([Problem(f"no folder {place}; name that of a run, such as runs/quickstart/1")])
    try:
        return StoredRun.load(path, trust)
    except UnreadableRunError as error:
        raise ConfigError([Problem(f"{place} {error}")]) from None
