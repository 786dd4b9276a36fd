"""Write a proposal as the file of an experiment, with the reason behind every value."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from segcli.config.dumper import dump_inline, escaped
from segcli.config.escape import visible
from segcli.survey.proposal import Proposal
from segcli.survey.setting import Setting, count

_WIDTH = 120
_COLUMN, _LEAST = 58, 50
"""Where comments begin at most, and characters that they have at least."""


def experiment_text(proposal: Proposal) -> str:
    """Return the text of the file.

    Args:
        proposal: What it is to say.
    """
    used = sum(proposal.splits.values())
    splits = f"{proposal.splits['train']} to train with, {proposal.splits['val']} to validate with"
    head = f"{count(used, 'image')}, {proposal.sizes} px: {splits}. Written by the verb new."
    guesses = count(len(proposal.guesses), "value")
    told = f"{guesses} {'is' if len(proposal.guesses) == 1 else 'are'} a guess; look for `guess:`."
    lines = [*_comment(head, 0), *(_comment(told, 0) if proposal.guesses else [])]
    rows: list[tuple[str, str]] = [("extends:", "")]
    rows += [(f"  - {_yaml(parent)}", brings) for parent, brings in proposal.extends.items()]
    section = ""
    for setting in proposal.settings:
        top, _, key = setting.key.partition(".")
        if top != section:
            rows.append((f"{top}:", ""))
            section = top
        rows += _rows(key, setting)
    return "\n".join([*lines, *_with_comments(rows)]) + "\n"


def _rows(key: str, setting: Setting) -> Iterator[tuple[str, str]]:
    """Yield lines of YAML with what is said behind each."""
    why = setting.why + (f"; guess: {setting.guess}" if setting.guess else "")
    value = escaped(setting.value)
    if isinstance(value, Mapping) and setting.each:
        yield f"  {key}:", why
        for name, child in value.items():
            yield f"    {_yaml(name)}: {_yaml(child)}", setting.each.get(name, "")
        return
    yield f"  {key}: {_yaml(value)}", why


def _yaml(value: object) -> str:
    """Return a value in one line, with letters as they are unless a terminal would act on them."""
    text = dump_inline(value, allow_unicode=True)
    return text if visible(text) == text else dump_inline(value)


def _with_comments(rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    fitting = [len(line) for line, comment in rows if comment and len(line) < _COLUMN]
    column = max(fitting, default=0) + 2
    for line, comment in rows:
        if not comment:
            yield line
        elif len(line) + 2 + _LEAST > _WIDTH:  # on lines of its own, before what it is about
            indent = len(line) - len(line.lstrip())
            yield from _comment(comment, indent)
            yield line
        else:
            start = max(column, len(line) + 2)
            first, *others = _comment(comment, start)
            yield line.ljust(start) + first.lstrip()
            yield from others


def _comment(text: str, indent: int) -> list[str]:
    """Return a text as lines of a comment."""
    wrapped = textwrap.wrap(visible(" ".join(text.split())), _WIDTH - indent - 2, break_on_hyphens=False)
    return [f"{' ' * indent}# {line}" for line in wrapped]
