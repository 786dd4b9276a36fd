"""Let the shell complete verbs, keys, values and runs: ``segcli completion bash``."""

import contextlib
import os
from typing import Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    split_arg_string,
)

from segcli.cli.command_line import Typed
from segcli.cli.completer import FILES, FOLDERS, WORD, candidates
from segcli.cli.verb import Verb
from segcli.config.output import say_text

VARIABLE = "_SEGCLI_COMPLETE"
"""What the shell's script sets when it asks what may stand next."""
_KINDS = {WORD: "plain", FILES: "file", FOLDERS: "dir"}

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


class _Completes(ShellComplete):
    """Ask :mod:`segcli.cli.completer` in place of commands of click."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        return [
            CompletionItem(each.text, _KINDS[each.kind], each.about or None) for each in candidates(args, incomplete)
        ]


class _Bash(_Completes, BashComplete):
    """Bash, for which ``=`` and ``:`` end a word: it hands over the line, and gets what follows the last of them."""

    source_template = BashComplete.source_template.replace(
        'COMP_WORDS="${COMP_WORDS[*]}"', 'COMP_LINE="${COMP_LINE:0:COMP_POINT}"'
    )

    def get_completion_args(self) -> tuple[list[str], str]:
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)[1:]
        return (words, "") if not line or line[-1].isspace() else (words[:-1], words[-1] if words else "")

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        known = max(incomplete.rfind(end) for end in "=:") + 1
        return [CompletionItem(each.value[known:], each.type) for each in super().get_completions(args, incomplete)]


class _Zsh(_Completes, ZshComplete):
    pass


class _Fish(_Completes, FishComplete):
    pass


_SHELLS: dict[str, type[_Completes]] = {"bash": _Bash, "zsh": _Zsh, "fish": _Fish}


def run(typed: Typed) -> int:
    """Print the script of a shell."""
    say_text(_of(typed.words[0]).source())
    return 0


def complete(instruction: str) -> None:
    """Print what may stand next, for the script of a shell; nothing where that is not known.

    Args:
        instruction: Value of :data:`VARIABLE`, such as ``bash_complete``.
    """
    with contextlib.suppress(Exception):  # whatever was typed so far, a shell is no place for an error
        say_text(_of(instruction.partition("_")[0]).complete())


def _of(shell: str) -> _Completes:
    arguments: dict[str, Any] = {}
    return _SHELLS[shell](click.Command("segcli"), arguments, "segcli", VARIABLE)
