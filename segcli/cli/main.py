"""The command ``segcli``: find the verb, run it, say what went wrong."""

import importlib
import os
import sys
from pathlib import Path

import segcli
from segcli.cli.arguments import parse
from segcli.cli.tell import tell, was_told
from segcli.config.errors import ConfigError, did_you_mean

VERBS = {
    "fit": "train an experiment",
    "validate": "measure a checkpoint on the validation split",
    "test": "measure a checkpoint on the test split",
    "predict": "apply a checkpoint to a folder of images",
    "tune": "find a learning rate or a batch size",
    "sweep": "train an experiment with several values of its keys",
    "compare": "tell which runs are better, faster and cheaper, and whether it is noise",
    "record": "keep the results of runs beside the experiments",
    "verify": "measure a run's checkpoint again and compare",
    "rerun": "repeat a run and tell what differs",
    "show": "print an experiment as composed, with sources or all defaults",
    "why": "tell which file or flag set a value, and over whom",
    "diff": "compare two experiments, or all with a revision of git",
    "check": "find mistakes in experiments without running them",
    "list": "list components, experiments and their arguments",
    "minimize": "drop from a file what its parents say already",
    "flatten": "write an experiment as one file without parents",
    "schema": "print a JSON schema of experiment files for editors",
}
USAGE = """usage: python -m segcli VERB ...

{verbs}

python -m segcli VERB --help shows arguments and examples; --version shows the version.
"""
USER_ERROR = 2


def main(argv: list[str] | None = None) -> int:
    """Run one command line.

    Args:
        argv: The words after the program's name; None takes those of the process.

    Returns:
        0, or 2 for a mistake of the user, which was printed to standard error.
    """
    words = sys.argv[1:] if argv is None else argv
    here = str(Path.cwd())
    if here not in sys.path:  # a user's own modules, also for the console script
        sys.path.insert(0, here)
    if not words or words[0] in ("-h", "--help"):
        print(USAGE.format(verbs="\n".join(f"  {verb:10}{what}" for verb, what in VERBS.items())), end="")
        return 0
    if words[0] == "--version":
        print(segcli.__version__)
        return 0
    try:
        code = _dispatch(words[0], words[1:])
        sys.stdout.flush()
        return code
    except ConfigError as error:
        tell(str(error))
        return USER_ERROR
    except RuntimeError:
        if not was_told():  # else the connection broke, since another process ended with an error
            raise
        return USER_ERROR
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _dispatch(verb: str, words: list[str]) -> int:
    if verb not in VERBS:
        tell(f"error: no verb {verb!r}{did_you_mean(verb, VERBS)}\n  verbs: {', '.join(VERBS)}")
        return USER_ERROR
    module = importlib.import_module(f"segcli.cli.{verb}")
    typed = parse(words)
    if typed.help_for:
        help_module = importlib.import_module("segcli.cli.component_help")
        print(help_module.component_help(*typed.help_for), end="")
        return 0
    if typed.wants_help:
        print(module.HELP, end="")
        return 0
    return int(module.run(words))
