"""What was found in a folder, and how it is written."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from segcli.config.dumper import dump_inline
from segcli.config.escape import code, command, markdown, markdown_table, visible
from segcli.config.tables import line_width, text_table
from segcli.program import program
from segcli.survey.setting import Setting, count

if TYPE_CHECKING:
    from segcli.survey.proposal import Proposal

_WIDEST = (20, 44)
"""Characters of a key, and of its value."""


def proposal_report(proposal: "Proposal", file: str, form: str) -> str:
    """Return what was found as text, markdown or json; the last lines say what to run next.

    Args:
        proposal: What was found.
        file: The experiment that was written.
        form: ``text``, ``markdown`` or ``json``.
    """
    return {"text": _text, "markdown": _markdown, "json": _json}[form](proposal, file)


def _text(proposal: "Proposal", file: str) -> str:
    rows = [(setting.key, dump_inline(setting.value), _why(setting)) for setting in _shown(proposal)]
    lines = [visible(_head(proposal))]
    lines += text_table(rows, widest=_WIDEST, indent=2, width=line_width())
    lines += [visible(f"note: {' '.join(note.split())}") for note in proposal.notes]
    return "\n".join([*lines, visible(_written(proposal, file)), *(f"  {line}" for line in _next(file))])


def _markdown(proposal: "Proposal", file: str) -> str:
    rows = [
        (code(setting.key), code(dump_inline(setting.value)), markdown(_why(setting))) for setting in _shown(proposal)
    ]
    notes = [f"- {markdown(' '.join(note.split()))}" for note in proposal.notes]
    lines = [markdown(_head(proposal)), "", *markdown_table(("key", "value", "why"), rows), ""]
    lines += [*notes, ""] if notes else []
    return "\n".join([*lines, markdown(_written(proposal, file)), "", *(f"- {code(line)}" for line in _next(file))])


def _json(proposal: "Proposal", file: str) -> str:
    record = {
        "file": file,
        "root": proposal.root,
        "extends": list(proposal.extends),
        "images": proposal.images,
        "sizes": proposal.sizes,
        "splits": dict(proposal.splits),
        "classes": list(proposal.classes),
        "shares": dict(proposal.shares),
        "settings": [setting.as_dict() for setting in proposal.settings],
        "guesses": [setting.key for setting in proposal.guesses],
        "notes": list(proposal.notes),
    }
    return json.dumps(record, indent=2, ensure_ascii=False)


def _shown(proposal: "Proposal") -> Sequence[Setting]:
    parents = [Setting("extends", parent, brings) for parent, brings in proposal.extends.items()]
    return [*parents, *proposal.settings]


def _why(setting: Setting) -> str:
    return setting.why + (f"; guess: {setting.guess}" if setting.guess else "")


def _head(proposal: "Proposal") -> str:
    splits = ", ".join(f"{split} {number}" for split, number in proposal.splits.items())
    return f"{proposal.root}: {count(sum(proposal.splits.values()), 'image')}, {proposal.sizes} px; {splits}"


def _written(proposal: "Proposal", file: str) -> str:
    guesses = [setting.key for setting in proposal.guesses]
    told = f", with {count(len(guesses), 'guess').replace('guesss', 'guesses')}: {', '.join(guesses)}"
    return f"written to {file}{told if guesses else ''}. Next:"


def _next(file: str) -> list[str]:
    lines = ("check", file), ("data", "preview", "-c", file), ("fit", "-c", file)
    return [f"{program()} {command(words)}" for words in lines]
