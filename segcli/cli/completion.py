"""Let the shell complete verbs, keys, values and runs: ``segcli completion bash``."""

import contextlib
from typing import TYPE_CHECKING

from segcli.cli.verb import Verb
from segcli.config.output import say_text

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed

VARIABLE = "_SEGCLI_COMPLETE"
"""What the script of a shell sets when it asks what may stand next."""

VERB = Verb(
    "completion",
    """
Print what makes a shell complete the command segcli: verbs, options, keys of experiments with the arguments of the
components that are named, names of components, experiments, runs and checkpoints.
""",
    ("bash", "zsh", "fish"),
    (),
    (
        ("bash > ~/.segcli-completion.bash", "then, in ~/.bashrc: source ~/.segcli-completion.bash"),
        ("zsh > ~/.segcli-completion.zsh", "then, in ~/.zshrc after compinit: source ~/.segcli-completion.zsh"),
        ("fish > ~/.config/fish/completions/segcli.fish", "fish reads that by itself"),
    ),
    words="one of bash, zsh and fish",
    least=1,
    most=1,
    kinds=("bash", "zsh", "fish"),
)


def run(typed: "Typed") -> int:
    """Print the script of a shell."""
    from segcli.cli.shells import shell

    say_text(shell(typed.words[0], VARIABLE).source())
    return 0


def complete(instruction: str) -> None:
    """Print what may stand next, for the script of a shell; nothing where that is not known.

    Args:
        instruction: Value of :data:`VARIABLE`, such as ``bash_complete``.
    """
    with contextlib.suppress(Exception):  # whatever was typed so far, a shell is no place for an error
        from segcli.cli.shells import shell

        say_text(shell(instruction.partition("_")[0], VARIABLE).complete())
