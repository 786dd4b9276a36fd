"""Write an experiment as one file without parents: ``segcli flatten FILE``."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from segcli.cli.files import save
from segcli.cli.verb import CONFIG, FORMAT, Option, Verb
from segcli.config.errors import ConfigError, Problem
from segcli.config.escape import fenced, visible
from segcli.config.output import say_text
from segcli.program import program

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.config.compose import Experiment

VERB = Verb(
    "flatten",
    """
Print the experiment that FILE, its parents and the overrides describe as one file that needs none of them, nor the
defaults: it composes to exactly the same, whatever happens to them. Interpolations are resolved; what is from
environment variables refers to them, unless run.store_environment is true.
""",
    ("FILE",),
    (
        CONFIG,
        Option("--output", "write there instead", "FILE"),
        replace(FORMAT, help="text (YAML, default), markdown or json, which has every key as text"),
    ),
    (
        "experiments/fpn_r50.yaml",
        "experiments/fpn_r50.yaml --model.decoder UNet --output experiments/frozen.yaml",
    ),
    "A key that ends in + cannot be written this way. FILE may be the folder of a run.",
    words="one FILE",
    most=1,
    overrides=True,
)


def run(typed: Typed) -> int:
    """Print or write one experiment.

    Raises:
        ConfigError: If not one file is given, for every mistake in it and the overrides, or if the result cannot be
            written.
    """
    from segcli.config.compose import compose
    from segcli.config.experiment_file import experiment_file

    if not (typed.words or typed.files):
        raise ConfigError([Problem(f"flatten needs one FILE: {program()} flatten FILE")])
    files = [experiment_file(word) for word in (*typed.words, *typed.files)]
    experiment = compose(files, typed.overrides)
    origin = shlex.join([*map(experiment.library.files.show, files), *typed.overrides])
    text = _formatted(experiment, " ".join(origin.split()), typed.format)
    output = typed.value("--output")
    if output is not None:
        save(Path(output), text)
    else:
        say_text(text)
    return 0


def _formatted(experiment: Experiment, origin: str, form: str) -> str:
    from segcli.config.dumper import dump_standalone
    from segcli.config.environment import with_references

    yaml = dump_standalone(experiment.root)
    if form == "json":
        return json.dumps({"defaults": "none", **with_references(experiment.root).plain()}, indent=2) + "\n"
    text = f"# flattened from {visible(origin)}\n{yaml}"
    return fenced(text, "yaml") if form == "markdown" else text
