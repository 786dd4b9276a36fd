"""Drop from an experiment what its parents say already: ``segcli minimize FILE``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from segcli.cli.files import save
from segcli.cli.verb import FORMAT, Option, Verb
from segcli.config.errors import ConfigError, Problem
from segcli.config.escape import code, fenced, markdown
from segcli.config.output import say, say_text

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.config.minimize import Dropped, Minimized

VERB = Verb(
    "minimize",
    """
Print FILE without the keys that change nothing in the experiment that it composes to, because a parent or the defaults
say the same. Comments, order and layout of the rest stay; what was dropped, and who says the same, goes to standard
error. Files that extend FILE are not looked at: for a shared fragment, follow up with `segcli diff`.
""",
    ("FILE",),
    (
        Option("--write", "replace FILE"),
        Option("--exit-code", "exit with 1 if something can be dropped"),
        FORMAT,
    ),
    (
        "experiments/fpn_r50.yaml",
        "experiments/fpn_r50.yaml --write",
        "experiments/fpn_r50.yaml --exit-code --format markdown",
    ),
    "Exit code: 0, 1 as --exit-code says, or 2 if FILE does not compose.",
    words="one FILE",
    least=1,
    most=1,
)


def run(typed: Typed) -> int:
    """Print or write what remains of one file.

    Raises:
        ConfigError: If the file does not compose, or it cannot be written.
    """
    from segcli.config.dumper import shown_yaml
    from segcli.config.experiment_file import experiment_file
    from segcli.config.minimize import minimize

    file, write = experiment_file(typed.words[0]), typed.has("--write")
    if write and Path(typed.words[0]).is_dir():
        raise ConfigError([Problem("--write takes a file; the config of a run stays as it was recorded")])
    result = minimize(file)
    if write:
        windows = b"\r\n" in file.read_bytes()
        save(file, result.text.replace("\n", "\r\n") if windows else result.text)
    if typed.format != "text":
        say_text(_markdown(result) if typed.format == "markdown" else _json(result))
    else:
        say(*map(_line, result.dropped), file=sys.stderr)
        say_text("" if write else shown_yaml(result.text))
    return int(typed.has("--exit-code") and bool(result.dropped))


def _line(dropped: Dropped) -> str:
    from segcli.config.dumper import dump_inline

    return f"dropped {dropped.key}: {dump_inline(dropped.value)}, {_reason(dropped)}"


def _reason(dropped: Dropped) -> str:
    return f"as {dropped.source}" if dropped.source is not None else "which changes nothing"


def _markdown(result: Minimized) -> str:
    from segcli.config.dumper import dump_inline, shown_yaml

    items = [f"- {code(f'{d.key}: {dump_inline(d.value)}')}, {markdown(_reason(d))}" for d in result.dropped]
    heading = ["", "Dropped:", ""] if items else ["", "Nothing can be dropped."]
    return "\n".join([fenced(shown_yaml(result.text), "yaml"), *heading, *items])


def _json(result: Minimized) -> str:
    dropped = [{"key": d.key, "value": d.value, "source": str(d.source) if d.source else None} for d in result.dropped]
    return json.dumps({"text": result.text, "dropped": dropped}, indent=2) + "\n"
