"""Score from Python what something else predicted."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from segcli.api.call import Given, Place, from_python, run_arguments
from segcli.api.run import Run
from segcli.runs.predictions import Predictions


def evaluate(
    predictions: str | os.PathLike[str],
    experiment: Given | Sequence[Place],
    *,
    overrides: Mapping[str, Any] | None = None,
    split: Literal["val", "test"] = "val",
    values: Literal["classes", "masks"] = "classes",
    pattern: str = "{name}",
    others: str | None = None,
) -> Run:
    """Score label maps that something else predicted, as ``segcli evaluate`` does; :func:`segcli.compare` takes them.

    Args:
        predictions: Folder with a file for each image, called like it.
        experiment: Gives images, masks, classes, groups and metrics; see :func:`segcli.fit`.
        overrides: Values over it; ``{"run.name": "nnunet"}`` says what predicted.
        split: Which images they are of.
        values: What files hold: indices of ``classes``, 0 to K - 1, or what ``masks`` of the data do.
        pattern: How a prediction is called without extension, such as ``"{name}_pred"``.
        others: Class of pixels of any other value, which are an error else.

    Returns:
        A run with scores, and without a model.

    Raises:
        ConfigError: For every mistake in the experiment, its data or the predictions.

    Example:
        >>> run = segcli.evaluate("nnunet/predictions", "experiments/quickstart.yaml")
        >>> segcli.compare(["runs/quickstart", run])
    """
    from segcli.experiment.evaluate import evaluate as score

    arguments = run_arguments("evaluate", experiment, overrides, None)
    given = Predictions(Path(predictions), split, values, pattern, others)
    arguments.line[:0] = given.words()
    with from_python():
        return Run(score(arguments, given).folder)
