"""The README and the topics of ``segcli guide``: their commands, files and links."""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

from segcli.cli.guide import FOLDER, INDEX, topics

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
DOCUMENTS = [README, FOLDER / f"{INDEX}.md", *(FOLDER / f"{topic}.md" for topic in topics())]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"# ([\w/.-]+\.(?:yaml|py|toml))(?::.*)?\n")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
PROGRAMS = (["segcli"], ["python", "-m", "segcli"])


class Block(NamedTuple):
    """A block of code, and what it is written in."""

    kind: str
    text: str


def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


BLOCKS = [Block(*found) for document in DOCUMENTS for found in _BLOCK.findall(text_of(document))]
_NAMED = {found[1]: block.text for block in BLOCKS if (found := _FILE.match(block.text))}
PACKAGE = {name: text for name, text in _NAMED.items() if "MyDecoder" in text}
"""What a document shows under the name of a file, of a package to be installed and of the experiment with it."""
FILES = {name: text for name, text in _NAMED.items() if name not in PACKAGE}
"""All others."""
PYTHON = "\n".join(block.text for block in BLOCKS if block.kind == "python" and not _FILE.match(block.text))
_TYPED = [
    line.split("  #")[0].strip()
    for block in BLOCKS
    if block.kind == "bash"
    for line in block.text.splitlines()
    if line.strip()
]
COMMANDS = list(dict.fromkeys(_TYPED))
"""Each once, in the order of reading."""
DISTRIBUTED = [command for command in COMMANDS if "--trainer.devices" in command]
CONSOLE = dict(
    pair
    for block in BLOCKS
    if block.kind == "console"
    for pair in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.text, re.MULTILINE)
)
"""What documents show of output, by the command that prints it."""


def words_of(command: str) -> list[str] | None:
    """Return what follows the program's name; None for another program."""
    words = shlex.split(command.partition(" > ")[0])
    return next((words[len(start) :] for start in PROGRAMS if words[: len(start)] == start), None)


def links(document: Path) -> list[str]:
    """Return the targets of all links and pictures that are no addresses."""
    text = _BLOCK.sub("", text_of(document))
    return [target for target in _LINK.findall(text) if not target.startswith("http")]


def anchors(document: Path) -> set[str]:
    """Return what a link may name in a document, as GitHub and the site call its headings."""
    titles = re.findall(r"^#+ (.*)$", _BLOCK.sub("", text_of(document)), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles}
