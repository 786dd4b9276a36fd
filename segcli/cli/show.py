"""Print an experiment as it is composed: ``segcli show FILE``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from segcli.cli.verb import CONFIG, FORMAT, TRUSTED, Option, Verb
from segcli.config.errors import ConfigError, Problem
from segcli.config.escape import fenced
from segcli.config.output import say_text
from segcli.program import program

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.config.compose import Experiment
    from segcli.config.node import Node

VALUES = "--values"

VERB = Verb(
    "show",
    "Print the experiment that FILE, its parents and the overrides describe: what `fit` with the same words would run.",
    ("FILE",),
    (
        CONFIG,
        Option("--sources", "write beside each value which file and line, or flag, set it"),
        Option("--resolved", "with every default of the code as well"),
        Option(VALUES, "with the values of environment variables, not what refers to them"),
        TRUSTED,
        FORMAT,
    ),
    (
        "experiments/fpn_r50.yaml",
        "experiments/fpn_r50.yaml --model.decoder UNet --sources",
        "experiments/fpn_r50.yaml --resolved --format json",
    ),
    """
FILE may be the folder of a run. What is from environment variables is shown as what refers to them, as runs store it.
Exit code: 0, or 2 if the experiment has mistakes.
""",
    words="FILE",
    overrides=True,
)


def run(typed: Typed) -> int:
    """Print one experiment.

    Raises:
        ConfigError: For every mistake in files and overrides.
    """
    from segcli.config.environment import with_references
    from segcli.config.render import flat
    from segcli.config.resolve import resolve

    experiment = _composed(typed)
    root = resolve(experiment) if typed.has("--resolved") else experiment.root
    root = root if typed.has(VALUES) else with_references(root)
    tree = flat(root, experiment.library.root)
    say_text(_formatted(tree, typed.format, sources=typed.has("--sources")))
    return 0


def _composed(typed: Typed) -> Experiment:
    from segcli.config.compose import compose
    from segcli.config.experiment_file import experiment_file
    from segcli.runs.run_folder import CONFIG as RUN_CONFIG

    files = [*typed.words, *typed.files]
    if not files:
        raise ConfigError([Problem(f"show needs an experiment: {program()} show FILE")])
    reads = typed.has(VALUES) or not any((Path(word) / RUN_CONFIG).is_file() for word in files)
    return compose([experiment_file(word) for word in files], typed.overrides, reads_environment=reads)


def _formatted(tree: Node, form: str, sources: bool) -> str:
    from segcli.config.node import dotted
    from segcli.config.render import render

    if form == "json":
        values = tree.plain()
        found = {dotted(path): str(node.source) for path, node in tree.leaves()}
        return json.dumps({"experiment": values, "sources": found} if sources else values, indent=2) + "\n"
    text = render(tree, sources)
    return fenced(text, "yaml") if form == "markdown" else text
