"""Tables for a terminal or a log file, as every verb prints them; rich draws them.

What a terminal would act on in their cells is escaped. Lines are as wide as ``COLUMNS`` says, or the terminal is.
"""

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from io import StringIO

from segcli.config.escape import visible

WIDTH = 120
"""Characters of a line where there is no terminal, and ``COLUMNS`` does not say."""
UNLIMITED = 1_000_000
"""Characters of a line that is never folded."""
GAP = 2
"""Characters between two columns."""


def line_width(otherwise: int = WIDTH) -> int:
    """Return the characters of a line: what ``COLUMNS`` says, else the terminal's, else ``otherwise``."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal():
        return shutil.get_terminal_size((otherwise, 0)).columns or otherwise
    return otherwise


def text_table(
    rows: Iterable[Sequence[str]],
    head: Sequence[str] = (),
    *,
    widest: Sequence[int] = (),
    indent: int = 0,
    width: int = UNLIMITED,
) -> list[str]:
    """Return rows as lines, every column as wide as its widest cell, cells that are too long folded at spaces.

    Args:
        rows: Cells, as many in each row.
        head: Of the columns; without it there is no heading.
        widest: Characters that the first columns have at most.
        indent: Characters before each line.
        width: Characters of a line at most.
    """
    from rich.console import Console  # takes as long as to parse a small experiment
    from rich.table import Column, Table
    from rich.text import Text

    cells = [[visible(cell) for cell in row] for row in rows]
    if not cells and not head:
        return []
    number = len(head) or len(next(iter(cells), ()))
    limits = [*widest, *[None] * number]
    columns = [
        Column(Text(visible(head[i])) if head else "", overflow="fold", max_width=limits[i]) for i in range(number)
    ]
    table = Table(*columns, box=None, pad_edge=False, padding=(0, GAP, 0, 0), show_header=bool(head))
    for row in cells:
        table.add_row(*map(Text, row))
    # with a height too, as else a dumb terminal has 80 characters
    console = Console(file=StringIO(), width=max(1, width - indent), height=1, highlight=False, color_system=None)
    with console.capture() as captured:
        console.print(table)
    return [f"{' ' * indent}{line}".rstrip() for line in captured.get().splitlines()]
