"""Print the manual: ``segcli guide [TOPIC]``."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import segcli
from segcli.cli.verb import Verb
from segcli.config.output import say, say_text
from segcli.config.tables import line_width, text_table
from segcli.program import program

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed

FOLDER = Path(segcli.__file__).parent / "guide"
"""Of the Markdown files, which the site is built from as well."""
INDEX = "index"
_ENTRY = re.compile(r"^- \[.*\]\((\S+)\.md\): (.*)$", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]+)\]\(([\w-]+)\.md(?:#[\w-]+)?\)")


def topics() -> dict[str, str]:
    """Return every topic with a line about it, in the order in which they are read."""
    return dict(_ENTRY.findall((FOLDER / f"{INDEX}.md").read_text(encoding="utf-8")))


def text_of(topic: str) -> str:
    """Return a topic in Markdown; a link to another one names the command that prints it."""
    text = (FOLDER / f"{topic}.md").read_text(encoding="utf-8")
    return _LINK.sub(lambda link: f"{link[1]} (`{program()} guide {link[2]}`)", text)


VERB = Verb(
    "guide",
    "Print a topic of the manual: formatted on a terminal, else as Markdown. Without TOPIC, list the topics.",
    ("[TOPIC]",),
    (),
    (
        ("", "topics, with a line about each"),
        ("first-experiment", "where to begin"),
        ("errors > errors.md", "the Markdown of a topic"),
    ),
    "COLUMNS sets the width, NO_COLOR leaves out colours.",
    words="one TOPIC",
    most=1,
    kinds=tuple(topics()),
)


def run(typed: "Typed") -> int:
    """Print a topic, or what topics there are."""
    if not typed.words:
        listed = topics()
        say(*text_table(listed.items(), width=line_width()))
        say("", f"{program()} guide {next(iter(listed))}")
        return 0
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    text = text_of(typed.words[0])
    console = Console(theme=Theme({"markdown.code": "bold cyan"}))  # without a background, for light terminals too
    if console.is_terminal:
        console.print(Markdown(text, code_theme="ansi_dark", hyperlinks=False))
    else:
        say_text(text)
    return 0
