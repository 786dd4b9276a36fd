"""Get data sets: ``segcli data fetch NAME``."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from segcli.cli.verb import FORMAT, Option, Verb

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed

KINDS = {
    "fetch": "segcli.cli.data_fetch",
}
"""Each kind is a module with ``run``."""

VERB = Verb(
    "data",
    """
fetch: download a public data set into the folder that its preset names, segcli:data/NAME. Licence, size and source are
shown first. What was begun is continued, what came is compared with its checksum, and nothing is written outside of the
folder; a folder that holds something is left as it is. Without NAME, it lists what there is.
""",
    ("fetch [NAME] [--root FOLDER] [--yes]",),
    (
        FORMAT,
        Option("--root", "of fetch: where to put it, instead of where the preset says", "FOLDER", kind="fetch"),
        Option("--yes", "of fetch: do not ask; needed where there is no terminal", kind="fetch"),
    ),
    (
        ("fetch", "data sets, their sizes and licences"),
        "fetch camvid",
        "fetch pet --root /data/pets --yes",
    ),
    "Proxies are those of HTTPS_PROXY and NO_PROXY.",
    words="what to do",
    least=1,
    most=2,
    kinds=tuple(KINDS),
)


def run(typed: Typed) -> int:
    """Do what the first word says."""
    return int(import_module(KINDS[typed.words[0]]).run(typed))
