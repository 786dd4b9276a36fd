"""Scores of predictions that something else made, as they are written."""

import json
import math
from typing import TYPE_CHECKING

from segcli.config.escape import markdown, markdown_table

if TYPE_CHECKING:
    from segcli.experiment.evaluate import Evaluated


def evaluate_report(found: "Evaluated", form: str) -> str:
    """Return scores as markdown or json; on a terminal they are tables as ``validate`` prints them."""
    return {"markdown": _markdown, "json": _json}[form](found)


def _json(found: "Evaluated") -> str:
    return json.dumps(found.record(), indent=2)


def _markdown(found: "Evaluated") -> str:
    measured = list(found.scores.measured())
    columns = [(spec, values.tolist()) for spec, values in measured if spec.per_class]
    means = {spec.class_score: float(value) for spec, value in measured if spec.is_mean}
    pixels = found.scores.pixels.tolist()
    rows = [
        [markdown(name), *(_cell(values[at]) for _, values in columns), f"{pixels[at]:,}"]
        for at, name in enumerate(found.classes)
    ]
    averages = [_cell(means[spec.name]) if spec.name in means else "" for spec, _ in columns]
    rows.append(["**mean**", *averages, f"{sum(pixels):,}"])
    others = [(spec.title, float(value)) for spec, value in measured if not (spec.per_class or spec.is_mean)]
    about = f"{markdown(str(found.predictions.folder))}: {found.images} images of {found.predictions.split}"
    lines = [f"{about}, written to {markdown(str(found.folder))}", ""]
    lines += markdown_table(["class", *(spec.title for spec, _ in columns), "pixels"], rows)
    return "\n".join([*lines, "", *(f"- {markdown(title)} {_cell(value)}" for title, value in others)])


def _cell(value: float) -> str:
    return "absent" if math.isnan(value) else f"{value:.3f}"
