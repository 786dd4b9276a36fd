"""Print what experiment files may hold, for editors: ``segcli schema --output FILE``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from segcli.cli.files import save
from segcli.cli.verb import FORMAT, Option, Verb
from segcli.config.escape import fenced
from segcli.config.output import say_text

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed

VERB = Verb(
    "schema",
    """
Print the JSON schema (draft 7) of experiment files, with which editors complete keys and names, show what an argument
is, and mark mistakes while you type. Print it again after a component was added.
""",
    ("",),
    (Option("--output", "write there instead", "FILE"), FORMAT),
    (
        "--output .segcli.schema.json",
        ("> /tmp/segcli.schema.json", "the same, to standard output"),
    ),
    """
VS Code (extension YAML by Red Hat) and other users of yaml-language-server: name it in the first line of a file,
relative to that file,

  # yaml-language-server: $schema=../.segcli.schema.json

or once for all files, and announce the two tags, in .vscode/settings.json:

  "yaml.schemas": {".segcli.schema.json": "experiments/**/*.yaml"},
  "yaml.customTags": ["!del scalar", "!replace mapping"]

PyCharm: Settings, Languages & Frameworks, Schemas and DTDs, JSON Schema Mappings.

An editor sees one file without its parents. It does not show what is missing, whether an argument without a class fits
the class that a parent names, or whether a value that `!del` removes exists, and it takes `!del` for an empty text:
where it marks one, trust `segcli check`, which composes the experiment.
""",
    most=0,
)


def run(typed: Typed) -> int:
    """Print the schema, or write it to a file.

    Raises:
        ConfigError: If the file cannot be written.
    """
    from segcli.config.library import installed
    from segcli.config.schema import experiment_schema

    output = typed.value("--output")
    text = json.dumps(experiment_schema(installed()), separators=(",", ":")) + "\n"
    if typed.format == "markdown":
        text = fenced(text, "json")
    if output is not None:
        save(Path(output), text)
    else:
        say_text(text)
    return 0
