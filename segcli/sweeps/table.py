"""The cells of a sweep in a table."""

from collections.abc import Sequence

from segcli.config.loader import scalar
from segcli.config.tables import UNLIMITED, line_width, text_table
from segcli.sweeps.cell_trainer import Outcome
from segcli.sweeps.curve import Objective
from segcli.sweeps.grid import Settings

_GAP = "  "
LONGEST = 10
"""Characters of a number that are shown as they are."""


def outcome_lines(outcome: Outcome, objective: Objective | None) -> list[str]:
    """Return what became of a cell, and in lines of their own what else is to be told of it."""
    state = f"{outcome.state} already" if outcome.was_known else outcome.state
    value = f"{objective.metric} {outcome.value:.4f}" if objective and outcome.value is not None else ""
    took = _duration(outcome.minutes) if outcome.minutes is not None else ""
    run = str(outcome.run) if outcome.run is not None else ""
    head = _GAP.join(part for part in (state, run, value, took) if part)
    return [head, *(f"  {line}" for line in outcome.note.splitlines())]


def label(settings: Settings) -> str:
    """Return settings in one line, long numbers shortened."""
    return " ".join(f"{key}={_short(text)}" for key, text in settings)


def table(outcomes: Sequence[Outcome], objective: Objective | None) -> list[str]:
    """Return one line per cell: its settings, its run, its state, the metric, minutes; and a heading."""
    keys = list(dict.fromkeys(key for outcome in outcomes for key, _ in outcome.settings))
    heading = [*keys, "run", "status", *([objective.metric] if objective else []), "minutes"]
    rows = []
    for outcome in outcomes:
        settings = dict(outcome.settings)
        value = [_number(outcome.value, ".4f")] if objective else []
        run = str(outcome.run) if outcome.run is not None else "-"
        rows.append(
            [
                *(_short(settings.get(key, "")) for key in keys),
                run,
                outcome.state,
                *value,
                _number(outcome.minutes, ".2f"),
            ]
        )
    return text_table(rows, heading, width=line_width(UNLIMITED))


def _short(text: str) -> str:
    value = scalar(text)
    return f"{value:.4g}" if isinstance(value, float) and len(text) > LONGEST else text


def _number(value: float | None, form: str) -> str:
    return format(value, form) if value is not None else "-"


def _duration(minutes: float) -> str:
    return f"{minutes:.1f} min" if minutes >= 1 else f"{60 * minutes:.0f} s"
