"""Download a public data set: ``segcli data fetch NAME``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from segcli.cli.verb import FORMAT
from segcli.config.errors import ConfigError, Problem, did_you_mean
from segcli.config.escape import command, markdown, markdown_table
from segcli.config.output import say, say_text
from segcli.program import program

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.downloads.data_set import DataSet

_HEAD = ("name", "size", "folder", "source", "licence")
_EXAMPLE = Path("experiments/fpn_r50.yaml")


def run(typed: Typed) -> int:
    """Download, or list what there is.

    Returns:
        0, or 1 if the answer was no.

    Raises:
        ConfigError: For every mistake of the user, and if the data set cannot be had.
    """
    from segcli.downloads.download_error import DownloadError
    from segcli.downloads.fetch import fetch, is_free

    if len(typed.words) == 1:
        _print_list(typed)
        return 0
    data, root = _chosen(typed)
    if is_free(root):
        say(*data.describe(root))
        if not typed.has("--yes") and not _agrees(data, typed):
            say("nothing was downloaded")
            return 1
    try:
        is_new = fetch(data, root)
    except DownloadError as error:
        raise ConfigError([Problem(str(error))]) from None
    counts = ", ".join(f"{split} {count}" for split, count in data.images.items())
    say(f"{data.name} is {'' if is_new else 'already '}in {root}: images {counts}", f"next  {_next(data, root)}")
    return 0


def _chosen(typed: Typed) -> tuple[DataSet, Path]:
    """Return the data set that was named, and where it is to be put."""
    from segcli.downloads.known import DATA_SETS

    name, root = typed.words[1], typed.value("--root")
    if name not in DATA_SETS:
        message = f"data fetch does not know {name!r}{did_you_mean(name, DATA_SETS)}"
        raise ConfigError([Problem(message, options=tuple(DATA_SETS))])
    if typed.has(FORMAT.name):
        raise ConfigError([Problem(f"--format is of the list: {program()} data fetch --format {typed.format}")])
    return DATA_SETS[name], DATA_SETS[name].layout.root if root is None else Path(root)


def _agrees(data: DataSet, typed: Typed) -> bool:
    """Ask whether to download.

    Raises:
        ConfigError: If there is nobody to ask.
    """
    if not sys.stdin.isatty():
        line = f"{program()} data {command([*typed.line, '--yes'])}"
        raise ConfigError([Problem(f"data fetch asks before it downloads, and here is no terminal; to agree: {line}")])
    sys.stdout.write(f"download {data.shown_size}? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _next(data: DataSet, root: Path) -> str:
    """Return a line that trains on the data set."""
    words = ["-c", "segcli:own_folder", "-c", f"segcli:data/{data.name}"]
    if data.name == "camvid" and _EXAMPLE.is_file():
        words = ["-c", str(_EXAMPLE)]
    elsewhere = [] if root == data.layout.root else ["--data.root", str(root)]
    return f"{program()} fit {command([*words, *elsewhere])}"


def _print_list(typed: Typed) -> None:
    """Print all data sets.

    Raises:
        ConfigError: If options are given that are of one data set.
    """
    from segcli.config.tables import line_width, text_table
    from segcli.downloads.known import DATA_SETS

    if given := [name for name in ("--root", "--yes") if typed.has(name)]:
        raise ConfigError(
            [Problem(f"{given[0]} needs a data set: {program()} data fetch NAME {given[0]}", options=tuple(DATA_SETS))]
        )
    found = DATA_SETS.values()
    rows = [(each.name, each.shown_size, str(each.layout.root), each.source, each.licence) for each in found]
    if typed.format == "json":
        say_text(json.dumps([_as_json(each) for each in found], indent=2))
    elif typed.format == "markdown":
        say(*markdown_table(_HEAD, [[markdown(cell) for cell in row] for row in rows]))
    else:
        say(*text_table(rows, _HEAD, width=line_width()))
        say("", f"next  {program()} data fetch {next(iter(DATA_SETS))}")


def _as_json(data: DataSet) -> dict[str, object]:
    facts = {name: getattr(data, name) for name in ("name", "title", "licence", "source", "size", "is_size_estimated")}
    urls = [archive.url for archive in data.archives]
    return {**facts, "archives": urls, "folder": data.layout.root.as_posix(), "images": dict(data.images)}
