"""What was predicted, in a file that grows by a line for each image, so that a prediction can go on where it ended."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segcli.sample import DataError

FILE = "manifest.jsonl"
DONE, SKIPPED = "done", "skipped"


class Manifest:
    """The file ``manifest.jsonl``: a line on how, then one for each image; of an image with several, the last counts.

    Args:
        folder: That it lies in.
        how: By which model and settings it is predicted.
        resumes: Whether lines that are there are read, where they were written by the same.

    Attributes:
        lines: Of images that were predicted before, by name.

    Raises:
        DataError: If what is there was predicted otherwise, or the file is none of ours.
    """

    def __init__(self, folder: Path, how: Mapping[str, Any], resumes: bool = False) -> None:
        self._path = folder / FILE
        self.lines: dict[str, dict[str, Any]] = {}
        how = json.loads(json.dumps(how))
        if resumes and self._path.is_file():
            self._read(how)
        else:
            self._write(how)

    def add(self, line: Mapping[str, Any]) -> None:
        """Add what was done with an image; it lasts."""
        self.lines[line["input"]] = dict(line)
        self._write(line)

    def is_done(self, name: str, sha256: str | None) -> bool:
        """Return whether an image was predicted as it is now, and its files are there."""
        line = self.lines.get(name)
        if line is None or line["status"] != DONE or line["sha256"] != sha256:
            return False
        return all((self._path.parent / file).is_file() for file in line["files"])

    def _read(self, how: Mapping[str, Any]) -> None:
        try:
            first, *others = self._path.read_bytes().split(b"\n")
            before = json.loads(first)
        except (ValueError, OSError) as error:
            raise DataError(f"{self._path} cannot be read ({error}); predict into another folder") from None
        changed = [key for key in {**before, **how} if before.get(key) != how.get(key)]
        if changed:
            what = "; ".join(f"{key} was {_short(before.get(key))}, is {_short(how.get(key))}" for key in changed)
            raise DataError(f"{self._path.parent} was predicted otherwise: {what}. Resume as before, or elsewhere")
        for text in others:
            try:
                line = json.loads(text)
            except ValueError:  # the last, cut off when the process was killed
                continue
            self.lines[line["input"]] = line
        if others and others[-1]:
            self._append(b"\n")

    def _write(self, line: Mapping[str, Any]) -> None:
        self._append((json.dumps(line, ensure_ascii=False) + "\n").encode("utf-8", "surrogateescape"))

    def _append(self, content: bytes) -> None:
        with self._path.open("ab") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."
