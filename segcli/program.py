"""How the command was typed, so that a line that is to be typed next begins alike."""

import shlex
import shutil
import sys
from itertools import pairwise
from pathlib import Path

PROGRAM = "python -m segcli"
"""In what is stored, such as the command of a recorded result, and where it was not typed, such as in a notebook."""
_NAME = "segcli"


def program() -> str:
    """Return what a command line begins with, such as ``segcli`` or ``python3 -m segcli``."""
    started = Path(sys.argv[0] if sys.argv else "")
    if started.stem == _NAME:
        return shlex.quote(_as_typed(str(started)))
    if (started.parent.name, started.stem) == (_NAME, "__main__"):
        words = sys.orig_argv
        end = next((index for index, pair in enumerate(pairwise(words)) if pair == ("-m", _NAME)), None)
        if end is not None:
            return shlex.join([_as_typed(words[0]), *words[1:end], "-m", _NAME])
    return PROGRAM


def _as_typed(path: str) -> str:
    """Return the name alone where the shell found the path by that: it is then passed on whole."""
    name = Path(path).stem if Path(path).suffix == ".exe" else Path(path).name
    return name if shutil.which(name) in (path, f"{path}.exe") else path
