"""Train the cells of a grid, one after the other."""

import time
from collections.abc import Sequence

from segcli.config.tables import UNLIMITED, line_width, text_table
from segcli.runs.stop_signals import StopSignals
from segcli.sweeps.cell import Cell
from segcli.sweeps.cell_trainer import AT_WORK, CellTrainer, Outcome, Say
from segcli.sweeps.curve import Objective
from segcli.sweeps.table import outcome_lines

NOT_BEGUN = "not begun"
PATIENCE_S, STEP_S = 10.0, 0.5
"""How long a cell at work elsewhere is waited for at the end: loaders of a killed run outlive it by seconds."""


def run_grid(
    cells: Sequence[Cell],
    trainer: CellTrainer,
    stop: StopSignals,
    objective: Objective | None,
    say: Say,
    patience_s: float = PATIENCE_S,
) -> list[Outcome]:
    """Bring every cell to its end; those that fail do not keep the others from it.

    Args:
        cells: In the order in which they are trained.
        trainer: Trains one.
        stop: What asks the sweep to stop.
        objective: What is told of each.
        say: Tells the user a line.
        patience_s: Seconds to wait at the end for cells that are at work elsewhere.

    Returns:
        What became of each, in the same order.
    """
    for cell in cells:
        cell.freeze()
    outcomes: dict[str, Outcome] = {}

    def train(number: int, cell: Cell) -> None:
        say(f"{number}/{len(cells)}  {cell.label}")
        outcomes[cell.hash] = trainer.train(cell)
        for line in outcome_lines(outcomes[cell.hash], objective):
            say(f"  {line}")

    for number, cell in enumerate(cells, 1):
        if stop.received is None:
            train(number, cell)
    end = time.monotonic() + patience_s
    for number, cell in enumerate(cells, 1):
        if cell.hash not in outcomes or outcomes[cell.hash].state != AT_WORK:
            continue
        while (is_at_work := trainer.is_at_work(cell)) and stop.received is None and time.monotonic() < end:
            time.sleep(STEP_S)
        if not is_at_work and stop.received is None:
            train(number, cell)
    return [outcomes.get(cell.hash, Outcome(cell.settings, NOT_BEGUN)) for cell in cells]


def dry_lines(cells: Sequence[Cell], trainer: CellTrainer) -> list[str]:
    """Return a table of what would be trained; nothing is written."""
    keys = [key for key, _ in cells[0].settings]
    rows = [(*(text for _, text in cell.settings), _prospect(cell, trainer)) for cell in cells]
    return text_table(rows, (*keys, f"{len(cells)} runs"), width=line_width(UNLIMITED))


def _prospect(cell: Cell, trainer: CellTrainer) -> str:
    done = trainer.finished(cell)
    if done is not None:
        return f"finished already: {done.run}"
    resumed = trainer.to_resume(cell)
    return f"to resume: {resumed.path}" if resumed is not None else "to begin"
