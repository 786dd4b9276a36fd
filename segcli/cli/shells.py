"""What each shell asks, and the script that makes it ask: click's, for words of :mod:`segcli.cli.completer`."""

import os

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    split_arg_string,
)

from segcli.cli.completer import FILES, FOLDERS, WORD, candidates

_KINDS = {WORD: "plain", FILES: "file", FOLDERS: "dir"}


def shell(name: str, variable: str) -> ShellComplete:
    """Return what a shell asks.

    Args:
        name: ``bash``, ``zsh`` or ``fish``.
        variable: What its script sets in the environment when it asks.

    Raises:
        KeyError: If it is another.
    """
    return _SHELLS[name](click.Command("segcli"), {}, "segcli", variable)


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
