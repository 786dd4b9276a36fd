"""Keys that are going: what says the same, and until which version they are read."""

from collections.abc import Iterator
from dataclasses import dataclass

from segcli.config.compose import Experiment
from segcli.config.errors import Problem


@dataclass(frozen=True)
class Deprecated:
    """A key on its way out, for one minor version.

    Attributes:
        key: Dotted.
        instead: What to write.
        since: The version that deprecates it.
        until: The version that does not read it any more.
    """

    key: str
    instead: str
    since: str
    until: str


DEPRECATED = (
    Deprecated(
        "model.average_precision_thresholds",
        "model.metrics: [{class_path: AveragePrecision, thresholds: N}]",
        since="0.5.0",
        until="0.6.0",
    ),
)


def deprecations(experiment: Experiment) -> Iterator[Problem]:
    """Yield what to write for every deprecated key that an experiment gives a value."""
    for each in DEPRECATED:
        if experiment.get(each.key) is not None:
            message = f"deprecated since {each.since}, gone in {each.until}; write {each.instead}"
            yield Problem(message, each.key, experiment.source(each.key))
