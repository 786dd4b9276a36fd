"""Show how a value of an experiment came about: ``segcli why FILE KEY``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from segcli.cli.verb import CONFIG, FORMAT, TRUSTED, Verb
from segcli.config.errors import ConfigError, Problem
from segcli.config.escape import fenced, visible
from segcli.config.output import say_text
from segcli.program import program

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.config.trace import Step, Trace

VERB = Verb(
    "why",
    "Show who set KEY, over which values, and by which interpolation; of a component or section, all that is in it.",
    ("FILE KEY",),
    (CONFIG, TRUSTED, FORMAT),
    (
        "experiments/unet_r50.yaml data.batch_size",
        "experiments/unet_r50.yaml model.decoder",
        "experiments/unet_r50.yaml trainer.max_epochs --vars.epochs 3",
    ),
    "Exit code: 0, or 2 if the experiment has mistakes or no such key.",
    words="FILE and KEY",
    overrides=True,
)


def run(typed: Typed) -> int:
    """Print the origins of one value.

    Raises:
        ConfigError: For every mistake in files and overrides, or an unknown key.
    """
    from segcli.config.compose import compose
    from segcli.config.experiment_file import experiment_file
    from segcli.config.trace import trace

    *first, key = typed.words or [""]
    files = [*first, *typed.files]
    if not key or not files or len(first) > 1:
        raise ConfigError([Problem(f"why needs an experiment and a key: {program()} why FILE model.decoder")])
    experiment = compose([experiment_file(word) for word in files], typed.overrides)
    found = trace(experiment, key)
    if typed.format == "json":
        say_text(json.dumps(found.as_dict(), indent=2))
        return 0
    lines = [visible(line) for line in _lines(found, named=False)]
    say_text(fenced("\n".join(lines)) if typed.format == "markdown" else "\n".join(lines))
    return 0


def _lines(found: Trace, named: bool) -> list[str]:
    from segcli.config.dumper import dump_inline

    is_container = isinstance(found.value, dict) and not any(step.text for step in found.steps)
    name = f"{found.key}: " if named else ""
    if not found.steps:
        first = [f"{name or found.key + ':'}".rstrip()] if found.parts else [f"{name}{dump_inline(found.value)}"]
    else:
        head, *rest = found.steps
        over = "".join(f", over {_said(step)}" for step in rest)
        value = "removed" if head.value == "removed" else head.value
        first = [f"{name}{value} — {_place(head)}{over}"]
    parts = [line for part in found.parts for line in _lines(part, named=True)]
    return [*first, *(f"  {line}" for line in parts)] if is_container or parts else first


def _said(step: Step) -> str:
    if step.value == "removed":
        return f"the !del at {step.source}"
    if step.source.startswith("default of "):
        name, _, where = step.source.removeprefix("default of ").partition(", ")
        return f"the default {step.value} of {name} ({where})"
    return f"{step.value} at {_place(step)}"


def _place(step: Step) -> str:
    return f"{step.source}, {step.text}" if step.text else step.source
