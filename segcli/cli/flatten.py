"""Write an experiment as one file without parents: ``segcli flatten FILE``."""

import json
import shlex
from pathlib import Path

from segcli.cli.options import FORMATS, experiment_file, only_file, parse_options, save
from segcli.config.compose import Experiment, compose
from segcli.config.dumper import dump_standalone

HELP = """usage: python -m segcli flatten FILE [-c FILE ...] [--key value ...] [--output FILE] [--format FORMAT]

Print the experiment that FILE, its parents and the overrides describe as one file that needs none of them, nor the
defaults: it composes to exactly the same, whatever happens to them. Interpolations are resolved, environment variables
too.

  --output FILE  write there instead
  --format       text (YAML), markdown or json, which has every key as text

  python -m segcli flatten experiments/fpn_r50.yaml
  python -m segcli flatten experiments/fpn_r50.yaml --model.decoder UNet --output experiments/frozen.yaml

A key that ends in + cannot be written this way. FILE may be the folder of a run.
"""


def run(words: list[str]) -> int:
    """Print or write one experiment.

    Raises:
        ConfigError: If not one file is given, for every mistake in it and the overrides, or if the result cannot be
            written.
    """
    typed = parse_options(words, values={**FORMATS, "--output": ()}, takes_overrides=True)
    if len(typed.words) > 1 or not (typed.words or typed.files):
        only_file("flatten", typed.words)  # raises, and says what is wanted
    files = [experiment_file(word) for word in (*typed.words, *typed.files)]
    experiment = compose(files, typed.overrides)
    origin = shlex.join([*map(experiment.library.files.show, files), *typed.overrides])
    text = _formatted(experiment, " ".join(origin.split()), typed.format)
    if "--output" in typed.values:
        save(Path(typed.values["--output"]), text)
    else:
        print(text, end="")
    return 0


def _formatted(experiment: Experiment, origin: str, form: str) -> str:
    yaml = dump_standalone(experiment.root)
    if form == "json":
        return json.dumps({"defaults": "none", **experiment.plain()}, indent=2) + "\n"
    text = f"# flattened from {origin}\n{yaml}"
    return f"```yaml\n{text}```\n" if form == "markdown" else text
