"""``~`` is the home folder wherever a path stands, on the command line and in files. Torch-free."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from segcli.config.keys import is_path

_BEGINNING = re.compile(r"(--[\w-]+=)?(~[\w.-]*/.*|~)", re.DOTALL)
_KEY = re.compile(r"--\w+\..*", re.DOTALL)


def words_from_home(words: Sequence[str]) -> list[str]:
    """Return a command line with ``~`` replaced in files and values of options.

    What is given to a key of the experiment stays: whether it is a path depends on the key (:func:`paths_from_home`).
    """
    before = ["", *words]
    return [
        word if _KEY.match(word) or (_KEY.match(last) and "=" not in last) else from_home(word)
        for last, word in zip(before, words, strict=False)
    ]


def from_home(word: str) -> str:
    """Return a text with a ``~`` at its beginning, or behind ``--option=``, replaced as shells do."""
    found = _BEGINNING.fullmatch(word)
    if found is None:
        return word
    try:
        return f"{found[1] or ''}{Path(found[2]).expanduser()}"
    except RuntimeError:  # nobody of that name
        return word


def paths_from_home(value: Any, key: str = "") -> Any:
    """Return plain values of an experiment with ``~`` replaced where the key's name says that it is a path.

    Args:
        value: Scalar, list or mapping.
        key: Last part of its key.
    """
    if isinstance(value, dict):
        return {name: paths_from_home(part, str(name)) for name, part in value.items()}
    if isinstance(value, list):
        return [paths_from_home(part, key) for part in value]
    return from_home(value) if isinstance(value, str) and is_path(key) else value
