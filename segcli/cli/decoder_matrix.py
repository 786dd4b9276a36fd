"""Print which decoders go with which kinds of backbones: ``segcli list decoders --matrix``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from segcli.config.escape import markdown, markdown_table
from segcli.config.output import say, say_text
from segcli.config.tables import line_width, text_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from segcli.experiment.decoder_matrix import Combination


def print_matrix(decoders: Sequence[str], form: str) -> None:
    """Try decoders on all kinds of backbones, and print what comes of it.

    Args:
        decoders: Short names.
        form: ``text``, ``markdown`` or ``json``.
    """
    from segcli.experiment.decoder_matrix import KINDS, decoder_matrix

    found = decoder_matrix(decoders)
    if form == "json":
        say_text(json.dumps([asdict(one) for one in found], indent=2))
        return
    reasons = list(dict.fromkeys(one.reason for one in found if one.reason))
    rows = [(name, *(_mark(one, reasons) for one in found if one.decoder == name)) for name in decoders]
    header = ("decoder", *KINDS)
    if form == "markdown":
        say(*markdown_table(header, [[markdown(cell) for cell in row] for row in rows]), "")
    else:
        say(*text_table([header, *rows]), "")
    notes = [(str(number), reason) for number, reason in enumerate(reasons, start=1)]
    say(*text_table(notes, width=line_width()))
    say("", f"Each with its defaults, on {', '.join(dict.fromkeys(kind['name'] for kind in KINDS.values()))}.")


def _mark(one: Combination, reasons: Sequence[str]) -> str:
    return f"no, {reasons.index(one.reason) + 1}" if one.reason else "yes"
