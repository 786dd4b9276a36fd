"""The folder that a verb writes to: a numbered one in that of a run, or one that is named; whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from segcli.config.errors import ConfigError, Problem
from segcli.runs.run_folder import RunFolder, RunFolderError


@dataclass
class Place:
    """A folder that is written to.

    Attributes:
        path: Of it; another one once it has appeared.
    """

    path: Path


@contextmanager
def appearing(output: Path | None, run: RunFolder | None, name: str) -> Iterator[Place | RunFolder]:
    """Yield a place whose folder has another name until the block has ended.

    Args:
        output: An empty or new folder; None for one in the run's.
        run: The folder of the run; None where there is none.
        name: Of the folder in the run's that holds the numbered ones.

    Raises:
        ConfigError: If it is not known where, or something is there already, or nothing can be written there.
    """
    if output is None and run is None:
        raise ConfigError([Problem("the checkpoint lies in no folder of a run; give --output FOLDER")])
    try:
        with _in_run(run.path / name) if output is None and run else _in_folder(Path(str(output)).resolve()) as place:
            yield place
    except RunFolderError as error:
        what = str(error).partition(";")[0]
        raise ConfigError([Problem(f"{what}; choose another place with --output FOLDER")]) from None


@contextmanager
def _in_run(parent: Path) -> Iterator[RunFolder]:
    folder = RunFolder.reserve(parent)
    with folder.appearing():
        yield folder
    folder.release()


@contextmanager
def _in_folder(output: Path) -> Iterator[Place]:
    """Yield a place in a folder that is new or empty, and move what is in there up at the end."""
    if output.exists() and not (output.is_dir() and not any(output.iterdir())):
        raise ConfigError([Problem(f"{output} is there already; --output takes a folder that is new or empty")])
    is_new = not output.exists()
    with _writing(output):
        output.mkdir(parents=True, exist_ok=True)
        place = Place(Path(tempfile.mkdtemp(dir=output, prefix=".output.")))
    staged = place.path
    try:
        yield place
        with _writing(output):
            for each in list(staged.iterdir()):
                each.replace(output / each.name)
        place.path = output
    finally:
        shutil.rmtree(staged, ignore_errors=True)
        if is_new and not any(output.iterdir()):
            output.rmdir()


@contextmanager
def _writing(output: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError([Problem(f"cannot write to {output}: {error.strerror or error}")]) from None
