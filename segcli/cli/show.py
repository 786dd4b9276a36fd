"""Print an experiment as it is composed: ``segcli show FILE``."""

import json

from segcli.cli.options import FORMATS, Options, experiment_file, parse_options
from segcli.config.compose import Experiment, compose
from segcli.config.errors import ConfigError, Problem
from segcli.config.node import Node, dotted
from segcli.config.render import flat, render
from segcli.config.resolve import resolve

HELP = """usage: python -m segcli show FILE [-c FILE ...] [--key value ...] [--sources] [--resolved] [--format FORMAT]

Print the experiment that FILE, its parents and the overrides describe: what `fit` with the same words would run.

  --sources    write beside each value which file and line, or flag, set it
  --resolved   with every default of the code as well
  --format     text (YAML), markdown or json

  python -m segcli show experiments/fpn_r50.yaml
  python -m segcli show experiments/fpn_r50.yaml --model.decoder UNet --sources
  python -m segcli show experiments/fpn_r50.yaml --resolved --format json

FILE may be the folder of a run. Exit code: 0, or 2 if the experiment has mistakes.
"""


def run(words: list[str]) -> int:
    """Print one experiment.

    Raises:
        ConfigError: For every mistake in files and overrides.
    """
    typed = parse_options(words, flags=("--sources", "--resolved"), values=FORMATS, takes_overrides=True)
    experiment = _composed(typed)
    root = resolve(experiment) if "--resolved" in typed.flags else experiment.root
    tree = flat(root, experiment.library.root)
    print(_formatted(tree, typed.format, sources="--sources" in typed.flags), end="")
    return 0


def _composed(typed: Options) -> Experiment:
    files = [*typed.words, *typed.files]
    if not files:
        raise ConfigError([Problem("show needs an experiment: segcli show FILE")])
    return compose([experiment_file(word) for word in files], typed.overrides)


def _formatted(tree: Node, form: str, sources: bool) -> str:
    if form == "json":
        values = tree.plain()
        found = {dotted(path): str(node.source) for path, node in tree.leaves()}
        return json.dumps({"experiment": values, "sources": found} if sources else values, indent=2) + "\n"
    text = render(tree, sources)
    return f"```yaml\n{text}```\n" if form == "markdown" else text
